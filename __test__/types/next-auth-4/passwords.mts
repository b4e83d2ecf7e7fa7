// next-auth v4: a sign-in with a password, and tokens kept fresh.
import type { AuthOptions } from "next-auth"
import credentialsProvider from "next-auth/providers/credentials"
import { RustAdapter } from "rust-auth-adapter"
import { credentials } from "rust-auth-adapter/credentials"
import { accountTokens } from "rust-auth-adapter/tokens"

const adapter = RustAdapter("postgres://localhost/app")
const passwordSignIn = credentials(adapter, {
  session: { maxAge: 3600 },
  ip: (request) => request.headers["x-real-ip"],
})
const fields = { email: { type: "email" }, password: { type: "password" } }
export const options: AuthOptions = {
  adapter,
  ...passwordSignIn,
  providers: [credentialsProvider.default({ credentials: fields, authorize: passwordSignIn.authorize })],
  events: { signIn: accountTokens(adapter) },
}
// @ts-expect-error -- the target is a real type, not `any`
export const wrong: AuthOptions["events"] = { signIn: accountTokens }
