import rustAuthAdapter = require("rust-auth-adapter")
import type { AuthOptions } from "next-auth"

const adapter: AuthOptions["adapter"] = rustAuthAdapter.RustAdapter("postgres://localhost/app")
// @ts-expect-error
const notAnAdapter: AuthOptions["adapter"] = { createUser: 1 }
export = { adapter, notAnAdapter }
