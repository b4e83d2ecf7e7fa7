// `require` of the adapter; @auth/core itself is ESM only.
import rustAuthAdapter = require("rust-auth-adapter")
import type { Adapter } from "@auth/core/adapters" with { "resolution-mode": "import" }

const adapter: Required<Adapter> = rustAuthAdapter.RustAdapter("postgres://localhost/app", { pool: { max: 5 } })
// @ts-expect-error
const notAnAdapter: Adapter = { createUser: 1 }
export = { adapter, notAnAdapter }
