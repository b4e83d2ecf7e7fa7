import { NextResponse } from "next/server"
import { auth } from "./auth"

/**
 * Runs before every page of the account, on Node: the session is looked up in the database, so that a device that was
 * signed out is out at once. The pages ask again (see session.ts), as Next.js advises.
 */
export default auth((request) => {
  if (request.auth) return
  const signIn = new URL("/signin", request.nextUrl.origin)
  signIn.searchParams.set("from", request.nextUrl.pathname)
  return NextResponse.redirect(signIn)
})

export const config = { matcher: ["/account/:path*"] }
