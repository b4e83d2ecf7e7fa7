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

/** So long an address from which an account was signed in to is known as one of its owner's. */
const KNOWN_MS = 30 * 24 * 60 * 60_000

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
   * Of those that come in the time of one delay, one goes on. An account itself is never shut to the addresses of its owner.
   */
  async begin(name, address) {
    const { windowMs, perAccountAndAddress, perAddress, freePerAccount, longestDelayMs } = this.#limits
    const of = name.trim().toLowerCase()
    const account = { key: identifier("account", of), most: Infinity }
    const counters = [account]
    const known = typeof address === "string" && address !== "" ? identifier("known", of, address) : undefined
    if (known !== undefined) {
      counters.push(
        { key: identifier("pair", of, address), most: perAccountAndAddress },
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
    if (beyond > 0 && !(await this.#isKnown(known))) {
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (beyond - 1), longestDelayMs)
      if (!(await this.#waitForTurn(of, delay, longestDelayMs))) {
        await forget(counters)
        return { retryAfterMs: delay }
      }
      await sleep(delay)
    }
    if (counted[0].count > MOST_COUNTED) await forget([account])
    return {
      retryAfterMs: 0,
      succeeded: async () => {
        // The owner is there: the attempts before at this address were slips of the finger. Those of others still count.
        const [own, pair, ...others] = counters
        await Promise.all([
          forget([own, ...others]),
          pair && this.#core.deleteVerificationTokens(pair.key),
          this.#remember(known),
        ])
      },
    }
  }

  /** Whether this attempt gets a turn within `longest` milliseconds. */
  async #waitForTurn(of, delay, longest) {
    for (const until = Date.now() + longest; ; ) {
      if (await this.#takeTurn(of, delay)) return true
      if (Date.now() + delay > until) return false
      await sleep(delay)
    }
  }

  /** Whether this attempt is the one that goes on in its time, in all processes: the row of a time is made once. */
  async #takeTurn(of, delay) {
    const key = identifier("turn", of)
    const time = Math.floor(Date.now() / delay)
    // As long as Auth.js's own tokens.
    const token = createHash("sha256")
      .update(JSON.stringify(["turn", of, delay, time]))
      .digest("hex")
    try {
      await this.#core.claimVerificationToken({ identifier: key, token, expires: new Date((time + 2) * delay) })
    } catch (error) {
      if (error.code === "ERR_UNIQUE") return false
      throw error
    }
    await this.#unexpired(key)
    return true
  }

  async #isKnown(key) {
    return key !== undefined && (await this.#unexpired(key)).length > 0
  }

  /** The owner was at this address: what strangers do elsewhere does not slow them there. */
  async #remember(key) {
    if (key === undefined) return
    const soon = Date.now() + KNOWN_MS / 2
    const rows = await this.#unexpired(key)
    if (rows.some(({ expires }) => expires.valueOf() > soon)) return
    const expires = new Date(Date.now() + KNOWN_MS)
    await this.#adapter.createVerificationToken({ identifier: key, token: randomUUID(), expires })
  }

  /** The rows of a key that count. Some of the others are deleted. */
  async #unexpired(key) {
    const now = Date.now()
    const rows = await this.#core.listVerificationTokens(key)
    const isOver = ({ expires }) => expires.valueOf() <= now
    const gone = rows.filter(isOver).slice(0, MOST_CLEARED)
    await Promise.all(gone.map(({ token }) => this.#adapter.useVerificationToken({ identifier: key, token })))
    return rows.filter((row) => !isOver(row))
  }

  /**
   * How many attempts there have been, with those that came at the same time; and for how long no further one may be made. An
   * order among those by their dates would let more of them through: not all columns know milliseconds.
   */
  async #count({ key, most }) {
    const rows = await this.#unexpired(key)
    if (rows.length <= most) return { count: rows.length, retryAfterMs: 0 }
    const first = Math.min(...rows.map(({ expires }) => expires.valueOf()))
    return { count: rows.length, retryAfterMs: Math.max(1, first - Date.now()) }
  }
}

module.exports = { Attempts }
