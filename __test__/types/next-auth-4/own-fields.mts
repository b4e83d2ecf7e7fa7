// An application that adds a field to its users, as next-auth v4's documentation shows.
import type { AuthOptions } from "next-auth"
import { RustAdapter } from "rust-auth-adapter"

declare module "next-auth" {
  interface User {
    role: string
  }
}

export const options: AuthOptions = { adapter: RustAdapter("postgres://localhost/app"), providers: [] }
export const role = async () => (await options.adapter?.getUser?.("id"))?.role.toUpperCase()
