"use strict"

// The methods for what Auth.js leaves to the application: a user's devices and accounts, and what has expired. `core`
// performs the operations of these names. Each method rejects what it cannot mean before the database is asked.

const { types } = require("node:util")
const { RustAdapterError } = require("./error.js")
const { isArray, reading } = require("./reading.js")

const { isDate } = types
const timeOf = Date.prototype.getTime

const all = (count, record) => Array.from({ length: count }, record)
const counted = (count, record) => (count === 0 ? 0 : record().count)

const only = (count, record) => (count === 0 ? null : record())

/** The operations these methods need: what their records become, and the method that errors name if it is another one. */
const OPERATIONS = {
  listSessions: { assemble: all },
  listAccounts: { assemble: all },
  revokeSession: { assemble: counted },
  revokeOtherSessions: { assemble: counted },
  revokeAllSessions: { assemble: counted },
  claimVerificationToken: { assemble: only },
  listVerificationTokens: { assemble: all },
  deleteVerificationTokens: { assemble: counted },
  findAccounts: { assemble: all, method: "getAccessToken" },
  updateAccount: { assemble: only },
  swapAccount: { assemble: counted, method: "getAccessToken" },
  pruneSessions: { assemble: only, method: "pruneExpired" },
  pruneVerificationTokens: { assemble: only, method: "pruneExpired" },
}

/** What expires: under which name it is counted, and what deletes it. */
const PRUNED = { sessions: "pruneSessions", verificationTokens: "pruneVerificationTokens" }

const MAX_BATCH = 10_000

function invalid(method, what, given) {
  const kinds = {
    string: given === "" ? "an empty string" : "a string",
    object: isArray(given) ? "an array" : "an object",
  }
  const got =
    given === null || given === undefined
      ? String(given)
      : typeof given === "number"
        ? given
        : (kinds[typeof given] ?? `a ${typeof given}`)
  return new RustAdapterError("ERR_INVALID_ARGUMENT", `${method} takes ${what}, not ${got}`, { method })
}

/** Ids are strings, or numbers where the tables count users and the option `ids` says so. */
function userId(method, given) {
  if (given !== "" && ["string", "number", "bigint"].includes(typeof given)) return given
  throw invalid(method, "the id of a user", given)
}

function text(method, what, given) {
  if (typeof given === "string" && given !== "") return given
  throw invalid(method, what, given)
}

/** What `read` makes of the options of a method. */
function settings(method, given, read) {
  if (given === undefined) return read({})
  if (typeof given === "object" && given !== null && !isArray(given)) return read(reading(method, () => ({ ...given })))
  throw invalid(method, "its options as an object", given)
}

function pruning({ batchSize, now = new Date(), onProgress = () => {} }) {
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= MAX_BATCH)) {
    throw invalid("pruneExpired", `a whole number from 1 to ${MAX_BATCH} as batchSize`, batchSize)
  }
  if (!isDate(now) || Number.isNaN(timeOf.call(now))) throw invalid("pruneExpired", "a Date as now", now)
  if (typeof onProgress !== "function") throw invalid("pruneExpired", "a function as onProgress", onProgress)
  // 0: as many as suits the database.
  return { limit: batchSize ?? 0, now, onProgress }
}

const methods = (core) => ({
  async listSessions(user, options) {
    const current = settings("listSessions", options, ({ currentToken }) => currentToken ?? null)
    if (current !== null && typeof current !== "string") {
      throw invalid("listSessions", "a session token as currentToken", current)
    }
    return core.listSessions(userId("listSessions", user), current)
  },

  async revokeSession(user, id) {
    return (
      (await core.revokeSession(
        userId("revokeSession", user),
        text("revokeSession", "the id of a listed session", id),
      )) > 0
    )
  },

  async revokeOtherSessions(user, currentToken) {
    return core.revokeOtherSessions(
      userId("revokeOtherSessions", user),
      text("revokeOtherSessions", "the token of the session that stays", currentToken),
    )
  },

  async revokeAllSessions(user) {
    return core.revokeAllSessions(userId("revokeAllSessions", user))
  },

  async listAccounts(user) {
    return core.listAccounts(userId("listAccounts", user))
  },

  async pruneExpired(options) {
    const { limit, now, onProgress } = settings("pruneExpired", options, pruning)
    const deleted = { sessions: 0, verificationTokens: 0 }
    for (const [name, operation] of Object.entries(PRUNED)) {
      let step = { stage: 0, skip: 0, done: false }
      while (!step.done) {
        step = await core[operation]({ now, limit, stage: step.stage, skip: step.skip })
        if (step.deleted === 0) continue
        deleted[name] += step.deleted
        await onProgress({ ...deleted })
      }
    }
    return deleted
  },
})

module.exports = { OPERATIONS, methods }
