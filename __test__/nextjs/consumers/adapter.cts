import rustAuthAdapter = require("rust-auth-adapter")

export const adapter = rustAuthAdapter.RustAdapter(process.env.DATABASE_URL, { migrate: true })
