// What blocks without a name of their own take for granted, and what an application has that pages only mention.
import type { RustAdapter as Adapter, RustAdapterOptions } from "rust-auth-adapter"

declare global {
  const adapter: Adapter<{ user: { role: string } }>
  const RustAdapter: typeof import("rust-auth-adapter").RustAdapter
  const url: string
  const options: RustAdapterOptions
  const userId: string
  const client_id: string
  const client_secret: string
}
