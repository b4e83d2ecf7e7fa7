"use strict"

// What an adapter object can do besides its methods, for the parts of this package that take one.

const { RustAdapterError } = require("./error.js")

/** Shared between copies of this package in one process. */
const CORE = Symbol.for("rust-auth-adapter.core")

function lend(adapter, core) {
  Object.defineProperty(adapter, CORE, { value: core })
}

/** The operations of `adapter`, or an error of `taker` that takes it. */
function coreOf(adapter, taker) {
  const core = adapter?.[CORE]
  if (core === undefined) {
    throw new RustAdapterError(
      "ERR_CONFIG",
      `${taker} takes what RustAdapter() has returned, and no copy of it: a spread copy has Auth.js's methods only`,
    )
  }
  return core
}

module.exports = { coreOf, lend }
