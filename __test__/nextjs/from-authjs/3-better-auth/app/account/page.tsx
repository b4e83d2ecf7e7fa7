import { headers } from "next/headers"
import { redirect } from "next/navigation"
import { auth } from "@/auth-next"

export default async function Account() {
  const session = await auth.api.getSession({ headers: await headers() })
  if (!session) redirect("/sign-in")
  return <h1>The account of {session.user.name}</h1>
}
