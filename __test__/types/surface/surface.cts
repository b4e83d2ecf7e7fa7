import rustAuthAdapter = require("rust-auth-adapter")
const { RustAdapter, RustAdapterError } = rustAuthAdapter

const adapter: rustAuthAdapter.RustAdapter = RustAdapter(undefined, { migrate: true })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { migrat: true })
export = { adapter, RustAdapterError }
