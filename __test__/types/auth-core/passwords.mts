// @auth/core: a sign-in with a password, and tokens kept fresh.
import { Auth, type AuthConfig } from "@auth/core"
import Credentials from "@auth/core/providers/credentials"
import { RustAdapter } from "rust-auth-adapter"
import { credentials } from "rust-auth-adapter/credentials"
import { accountTokens } from "rust-auth-adapter/tokens"

const adapter = RustAdapter("postgres://localhost/app")
const passwordSignIn = credentials(adapter)
export const config: AuthConfig = {
  adapter,
  ...passwordSignIn,
  providers: [Credentials({ authorize: passwordSignIn.authorize })],
  events: { signIn: accountTokens(adapter) },
}
export const answer = (request: Request) => Auth(request, config)
// @ts-expect-error -- the target is a real type, not `any`
export const wrong: AuthConfig["events"] = { signIn: accountTokens }
