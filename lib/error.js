"use strict"

/** Every failure of the adapter. `code` is stable; the details are own properties. */
class RustAdapterError extends Error {
  constructor(code, message, { cause, ...details } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, details)
  }
}

// On the prototype and not enumerable, as built-in errors have it.
Object.defineProperty(RustAdapterError.prototype, "name", {
  value: "RustAdapterError",
  configurable: true,
  writable: true,
})

module.exports = { RustAdapterError }
