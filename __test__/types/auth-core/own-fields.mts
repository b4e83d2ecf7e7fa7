// An application that adds fields to its users and sessions, as the Auth.js documentation shows.
import type { AuthConfig } from "@auth/core"
import type { Adapter } from "@auth/core/adapters"
import { RustAdapter } from "rust-auth-adapter"

declare module "@auth/core/types" {
  interface User {
    role: string
  }
}
declare module "@auth/core/adapters" {
  interface AdapterUser {
    phone: string | null
  }
}

const adapter: Required<Adapter> = RustAdapter("postgres://localhost/app")
export const config: AuthConfig = { adapter: RustAdapter("postgres://localhost/app"), providers: [] }
export const role = async () => (await adapter.getUser("id"))?.role.toUpperCase()
// @ts-expect-error -- the added field is really required
const user: Awaited<ReturnType<Required<Adapter>["createUser"]>> = { id: "", email: "", emailVerified: null, phone: "" }
export { user }
