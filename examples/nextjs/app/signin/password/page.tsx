import type { Metadata } from "next"
import Link from "next/link"
import { PasswordSignIn } from "./form"

export const metadata: Metadata = { title: "Sign in with a password" }

export default async function SignInWithPassword({ searchParams }: PageProps<"/signin/password">) {
  const { from } = await searchParams
  return (
    <section className="card narrow">
      <h1>Sign in with a password</h1>
      <PasswordSignIn from={typeof from === "string" ? from : ""} />
      <p className="quiet">
        No account yet? <Link href="/register">Register</Link>. No password?{" "}
        <Link href="/signin">Sign in by a link</Link>.
      </p>
    </section>
  )
}
