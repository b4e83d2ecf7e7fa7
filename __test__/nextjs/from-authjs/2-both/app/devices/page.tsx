import { headers } from "next/headers"
import { redirect } from "next/navigation"
import { auth } from "@/auth-next"
import { SignOutOthers } from "./sign-out-others"

export default async function Devices() {
  const request = { headers: await headers() }
  const current = await auth.api.getSession(request)
  if (!current) redirect("/sign-in")
  const sessions = await auth.api.listSessions(request)
  return (
    <main>
      <h1>Devices</h1>
      <ul>
        {sessions.map(({ id, token }) => (
          <li key={id}>{token === current.session.token ? "This device" : "Another device"}</li>
        ))}
      </ul>
      <SignOutOthers />
    </main>
  )
}
