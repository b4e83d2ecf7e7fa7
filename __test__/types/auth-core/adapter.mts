// `import` of the adapter in an application on @auth/core.
import { Auth, type AuthConfig } from "@auth/core"
import type {
  Adapter,
  AdapterAuthenticator,
  AdapterSession,
  AdapterUser,
  VerificationToken as CoreToken,
} from "@auth/core/adapters"
import Passkey from "@auth/core/providers/passkey"
import { RustAdapter, type Authenticator, type Session, type User, type VerificationToken } from "rust-auth-adapter"

const adapter: Adapter = RustAdapter("postgres://localhost/app")
const everyMethod: Required<Adapter> = RustAdapter("postgres://localhost/app")
const spread: Adapter = { ...RustAdapter("sqlite:./app.db"), createUser: adapter.createUser }
const ofConfig: AuthConfig["adapter"] = RustAdapter("mysql://localhost/app", { migrate: true })

export const config: AuthConfig = {
  adapter: RustAdapter({ url: "sqlite:./app.db", migrate: true }),
  session: { strategy: "database" },
  providers: [Passkey({})],
  experimental: { enableWebAuthn: true },
}
export const answer = (request: Request) => Auth(request, config)
export { adapter, everyMethod, spread, ofConfig }

// What a direct call gives is what Auth.js calls so, but for the address that may be missing.
export const asUser = (user: User & { email: string }): AdapterUser => user
export const asSession = (session: Session): AdapterSession => session
export const asToken = (token: VerificationToken): CoreToken => token
export const asAuthenticator = (authenticator: Authenticator): AdapterAuthenticator => authenticator

// @ts-expect-error -- the target is a real type, not `any`
const notAnAdapter: Adapter = { createUser: 1 }
// @ts-expect-error
const notAnAdapterEither: AuthConfig["adapter"] = { getUser: (id: number) => id }
export { notAnAdapter, notAnAdapterEither }
