import type { Adapter } from "next-auth/adapters"
import { RustAdapter, RustAdapterError } from "rust-auth-adapter"

export const adapter: Adapter = RustAdapter(process.env.DATABASE_URL)
export const isTaken = (error: unknown) => error instanceof RustAdapterError && error.code === "ERR_UNIQUE"
