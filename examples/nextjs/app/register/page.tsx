import type { Metadata } from "next"
import Link from "next/link"
import { RegisterForm } from "./form"

export const metadata: Metadata = { title: "Register" }

export default function Register() {
  return (
    <section className="card narrow">
      <h1>Register</h1>
      <RegisterForm />
      <p className="quiet">
        Registered already? <Link href="/signin/password">Sign in with your password</Link>.
      </p>
    </section>
  )
}
