import { cookies } from "next/headers"
import { redirect } from "next/navigation"
import { cache } from "react"
import { auth } from "./auth"

/** Who is signed in, looked up once per request; whoever is not goes to the sign-in page. */
export const currentUser = cache(async () => {
  const session = await auth()
  if (!session) redirect("/signin")
  return session.user
})

/** The token of this browser's session. It stays on the server. */
export async function currentToken() {
  const jar = await cookies()
  return (jar.get("__Secure-authjs.session-token") ?? jar.get("authjs.session-token"))?.value ?? ""
}
