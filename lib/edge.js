"use strict"

// What bundlers take for the Edge runtime, where native code does not run: it says so, and what to do, when it is used.

const { RustAdapterError } = require("./error.js")

/** Stands for all that the package does, for Auth.js and for Better Auth. */
function refuse() {
  throw new RustAdapterError(
    "ERR_CONFIG",
    "rust-auth-adapter needs Node.js, and this code runs on the Edge runtime. In Next.js 16, rename middleware.ts to " +
      'proxy.ts, which runs on Node.js; in a route, remove runtime = "edge"; before Next.js 16, keep the adapter out of ' +
      "what middleware.ts imports",
  )
}

module.exports = {
  RustAdapter: refuse,
  rustAdapter: refuse,
  migrate: refuse,
  credentials: refuse,
  accountTokens: refuse,
  password: { hash: refuse, verify: refuse },
  passwordHashing: refuse,
  RustAdapterError,
}
