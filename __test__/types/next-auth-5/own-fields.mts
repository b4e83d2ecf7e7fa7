// An application that adds a field to its users through next-auth's own module.
import type { NextAuthConfig } from "next-auth"
import type { Adapter } from "next-auth/adapters"
import { RustAdapter } from "rust-auth-adapter"

declare module "next-auth" {
  interface User {
    role: string
  }
}

export const config: NextAuthConfig = { adapter: RustAdapter("postgres://localhost/app"), providers: [] }

// docs/sessions.md: a session says which device it is.
const adapter = RustAdapter("postgres://localhost/app")
const custom: Adapter = {
  ...adapter,
  createSession: async (session) => adapter.createSession({ ...session, userAgent: "Firefox" }),
  updateSession: async (session) => adapter.updateSession({ ...session, lastSeen: new Date() }),
}
export const devices: NextAuthConfig = { adapter: custom, providers: [] }
export const role = async () => (await config.adapter?.getUser?.("id"))?.role.toUpperCase()
