"use strict"

// The methods about passwords. `core` performs the operations of these names, which judge what they are given.

const { RustAdapterError } = require("./error.js")
const { isArray, reading } = require("./reading.js")

const only = (count, record) => (count === 0 ? null : record())
const nothing = () => undefined
const any = (count, record) => count > 0 && record().count > 0
const marked = (count, record) => (count === 0 ? null : { user: record(), mark: record().mark })

/** The operations these methods need: what their records become, and the method that errors name. */
const OPERATIONS = {
  registerUser: { assemble: only, method: "passwords.register" },
  verifyPassword: { assemble: marked, method: "passwords.verify" },
  findPassword: { assemble: only, method: "passwords.verify" },
  openSession: { assemble: only, method: "createSession" },
  setPassword: { assemble: nothing, method: "passwords.set" },
  removePassword: { assemble: any, method: "passwords.remove" },
}

/** The options of a call, read once. */
function settings(method, given) {
  if (given === undefined) return {}
  if (typeof given === "object" && given !== null && !isArray(given)) return reading(method, () => ({ ...given }))
  throw new RustAdapterError("ERR_INVALID_ARGUMENT", `${method} takes its options as an object`, { method })
}

const methods = (core) =>
  Object.freeze({
    async register(user) {
      return core.registerUser(user)
    },

    async verify(given) {
      return (await core.verifyPassword(given))?.user ?? null
    },

    async set(userId, password, options) {
      const { currentToken, endSessions } = settings("passwords.set", options)
      return core.setPassword({ userId, password, currentToken, endSessions })
    },

    async remove(userId) {
      return core.removePassword(userId)
    },
  })

module.exports = { OPERATIONS, methods }
