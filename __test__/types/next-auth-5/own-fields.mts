// An application that adds a field to its users through next-auth's own module.
import type { NextAuthConfig } from "next-auth"
import { RustAdapter } from "rust-auth-adapter"

declare module "next-auth" {
  interface User {
    role: string
  }
}

export const config: NextAuthConfig = { adapter: RustAdapter("postgres://localhost/app"), providers: [] }
export const role = async () => (await config.adapter?.getUser?.("id"))?.role.toUpperCase()
