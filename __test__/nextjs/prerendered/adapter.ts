import { RustAdapter } from "rust-auth-adapter"

export const adapter = RustAdapter(process.env.DATABASE_URL)
export const ADA = "ada@example.com"
