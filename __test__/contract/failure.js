import assert from "node:assert/strict"
import { RustAdapterError } from "../../index.js"

/** For `assert.rejects`: an error of the adapter with this code and these details; a regular expression has to match. */
export const failure =
  (code, details = {}) =>
  (error) => {
    assert.ok(error instanceof RustAdapterError, `${error?.stack ?? error}`)
    assert.equal(error.code, code, error.stack)
    for (const [name, expected] of Object.entries(details)) {
      if (expected instanceof RegExp) assert.match(error[name], expected)
      else assert.deepEqual(error[name], expected, `.${name} of ${error.stack}`)
    }
    return true
  }
