import rustAuthAdapter = require("rust-auth-adapter")
import type { NextAuthConfig } from "next-auth" with { "resolution-mode": "import" }

const adapter: NextAuthConfig["adapter"] = rustAuthAdapter.RustAdapter("postgres://localhost/app")
// @ts-expect-error
const notAnAdapter: NextAuthConfig["adapter"] = { createUser: 1 }
export = { adapter, notAnAdapter }
