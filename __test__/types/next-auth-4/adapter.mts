// next-auth v4, with the copy of @auth/core that it pins as its optional peer.
import type { Adapter as CoreAdapter } from "@auth/core/adapters"
import type { AuthOptions } from "next-auth"
import type { Adapter, AdapterSession, AdapterUser, VerificationToken as Token } from "next-auth/adapters"
import { RustAdapter, type Session, type User, type VerificationToken } from "rust-auth-adapter"

const adapter: Adapter = RustAdapter("postgres://localhost/app")
const everyMethod: Required<Adapter> = RustAdapter("postgres://localhost/app")
const pinnedCore: CoreAdapter = RustAdapter("postgres://localhost/app")
export const options: AuthOptions = {
  adapter: RustAdapter("postgres://localhost/app", { migrate: true }),
  session: { strategy: "database" },
  providers: [],
}
const ofOptions: AuthOptions["adapter"] = RustAdapter("postgres://localhost/app")
const spread: Adapter = { ...RustAdapter("postgres://localhost/app"), createUser: adapter.createUser }
export { adapter, everyMethod, pinnedCore, ofOptions, spread }

// What a direct call gives is what next-auth calls so, but for the address that may be missing.
export const asUser = (user: User & { email: string }): AdapterUser => user
export const asSession = (session: Session): AdapterSession => session
export const asToken = (token: VerificationToken): Token => token

// @ts-expect-error -- the target is a real type, not `any`
const notAnAdapter: AuthOptions["adapter"] = { createUser: 1 }
export { notAnAdapter }
