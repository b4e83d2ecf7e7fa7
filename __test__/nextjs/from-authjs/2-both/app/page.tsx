import { headers } from "next/headers"
import { redirect } from "next/navigation"
import { auth } from "@/auth-next"
import { Email } from "./email"
import { SignOut } from "./sign-out"

export default async function Page() {
  const session = await auth.api.getSession({ headers: await headers() })
  if (!session) redirect("/sign-in")
  return (
    <main>
      <h1>Hello, {session.user.name}</h1>
      <Email />
      <SignOut />
    </main>
  )
}
