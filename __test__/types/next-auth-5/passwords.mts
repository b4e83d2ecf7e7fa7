// next-auth v5 (beta): a sign-in with a password, and tokens kept fresh.
import NextAuth, { type NextAuthConfig } from "next-auth"
import Credentials from "next-auth/providers/credentials"
import GitHub from "next-auth/providers/github"
import { RustAdapter } from "rust-auth-adapter"
import { credentials } from "rust-auth-adapter/credentials"
import { accountTokens } from "rust-auth-adapter/tokens"

const adapter = RustAdapter("postgres://localhost/app")
const passwordSignIn = credentials(adapter, { ip: (request) => request.headers.get("x-real-ip") ?? undefined })
const fields = { email: { type: "email" }, password: { type: "password" } }

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter,
  ...passwordSignIn,
  session: { strategy: "database" },
  providers: [GitHub, Credentials({ credentials: fields, authorize: passwordSignIn.authorize })],
  events: { signIn: accountTokens(adapter) },
})
export const own: NextAuthConfig = {
  adapter,
  ...credentials(adapter),
  providers: [Credentials({ credentials: fields, authorize: passwordSignIn.guard(({ email }) => ({ id: email })) })],
}
// @ts-expect-error -- the target is a real type, not `any`
export const wrong: NextAuthConfig = { ...credentials(adapter), providers: [Credentials({ authorize: 1 })] }
