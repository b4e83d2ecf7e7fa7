import { redirect } from "next/navigation"
import { auth } from "@/auth"

export default async function Account() {
  const session = await auth()
  if (!session) redirect("/sign-in")
  return <h1>The account of {session.user?.name}</h1>
}
