"use strict"

// The rate limit of sign-ins, kept in the table of verification tokens, which every layout has: each attempt is a row that
// expires. An attempt is counted before the password is compared, so that those that come at once count each other.

const { createHash, randomUUID } = require("node:crypto")
const { setTimeout: sleep } = require("node:timers/promises")
const { RustAdapterError } = require("../error.js")

const DEFAULTS = {
  windowMs: 15 * 60_000,
  perAccountAndAddress: 10,
  perAddress: 100,
  freePerAccount: 10,
  longestDelayMs: 5_000,
}

/** More rows than this say no more about an account. */
const MOST_COUNTED = 200

/** So many rows that have expired go with one attempt, or the table would grow with each. */
const MOST_CLEARED = 20

const FIRST_DELAY_MS = 250

/** The identifier of the rows: it has no `@`, so that it is no address, and tells nothing of the one that it stands for. */
const identifier = (...parts) =>
  `rust-auth-adapter:attempt:${createHash("sha256").update(JSON.stringify(parts)).digest("base64url")}`

class Attempts {
  #adapter
  #core
  #limits

  constructor(adapter, core, limits = {}) {
    this.#adapter = adapter
    this.#core = core
    for (const [name, value] of Object.entries(limits)) {
      if (!(name in DEFAULTS) || !(Number.isInteger(value) && value >= 1)) {
        throw new RustAdapterError(
          "ERR_CONFIG",
          `credentials: the option rateLimit.${name} is unknown, or no whole number from 1`,
        )
      }
    }
    this.#limits = { ...DEFAULTS, ...limits }
  }

  /**
   * Counts an attempt to sign in as `name` from `address`. `retryAfterMs`: how long no further attempt of this address is worth
   * anything; 0 if this one may go on, which it does after the delay that the account's attempts from all addresses ask for.
   * An account itself is never shut.
   */
  async begin(name, address) {
    const { windowMs, perAccountAndAddress, perAddress, freePerAccount, longestDelayMs } = this.#limits
    const account = { key: identifier("account", name.trim().toLowerCase()), most: Infinity }
    const counters = [account]
    if (typeof address === "string" && address !== "") {
      counters.push(
        { key: identifier("pair", name.trim().toLowerCase(), address), most: perAccountAndAddress },
        { key: identifier("address", address), most: perAddress },
      )
    }
    const expires = new Date(Date.now() + windowMs)
    // In many tables a token is unique by itself.
    for (const counter of counters) counter.token = randomUUID()
    await Promise.all(
      counters.map(({ key, token }) => this.#adapter.createVerificationToken({ identifier: key, token, expires })),
    )
    const counted = await Promise.all(counters.map((counter) => this.#count(counter)))
    const retryAfterMs = Math.max(...counted.map(({ retryAfterMs }) => retryAfterMs))
    const forget = (counters) =>
      Promise.all(counters.map(({ key, token }) => this.#adapter.useVerificationToken({ identifier: key, token })))
    if (retryAfterMs > 0) {
      // What is refused does not count: as the first of the counted ones expires, the next attempt may be made.
      await forget(counters)
      return { retryAfterMs }
    }
    const beyond = counted[0].count - freePerAccount
    if (counted[0].count > MOST_COUNTED) await forget([account])
    if (beyond > 0) await sleep(Math.min(FIRST_DELAY_MS * 2 ** (beyond - 1), longestDelayMs))
    return {
      retryAfterMs: 0,
      succeeded: async () => {
        // The owner is there: the attempts before at this address were slips of the finger. Those of others still count.
        const [of, pair, ...others] = counters
        await Promise.all([forget([of, ...others]), pair && this.#core.deleteVerificationTokens(pair.key)])
      },
    }
  }

  /** How many attempts there have been, this one included, and for how long no further one may be made. */
  async #count({ key, most }) {
    const now = Date.now()
    const rows = await this.#core.listVerificationTokens(key)
    const gone = rows.filter(({ expires }) => expires.valueOf() <= now).slice(0, MOST_CLEARED)
    await Promise.all(gone.map(({ token }) => this.#adapter.useVerificationToken({ identifier: key, token })))
    const times = rows.map(({ expires }) => expires.valueOf()).filter((expires) => expires > now)
    if (times.length <= most) return { count: times.length, retryAfterMs: 0 }
    return { count: times.length, retryAfterMs: Math.max(1, Math.min(...times) - now) }
  }
}

module.exports = { Attempts }
