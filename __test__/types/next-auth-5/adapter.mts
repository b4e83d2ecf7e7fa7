// next-auth v5 (beta): `auth.ts` of the README.
import NextAuth, { type NextAuthConfig } from "next-auth"
import type { Adapter } from "next-auth/adapters"
import GitHub from "next-auth/providers/github"
import { RustAdapter } from "rust-auth-adapter"

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter: RustAdapter("postgres://localhost/app"),
  session: { strategy: "database" },
  providers: [GitHub],
})
export const lazily = NextAuth(() => ({ adapter: RustAdapter("postgres://localhost/app"), providers: [GitHub] }))

const adapter: Adapter = RustAdapter("postgres://localhost/app")
const everyMethod: Required<Adapter> = RustAdapter("postgres://localhost/app")
const ofConfig: NextAuthConfig["adapter"] = RustAdapter("postgres://localhost/app")
export { adapter, everyMethod, ofConfig }

// @ts-expect-error -- the target is a real type, not `any`
const notAnAdapter: NextAuthConfig["adapter"] = { createUser: 1 }
export { notAnAdapter }
