"use strict"

// A valid access token for a user, refreshed by one caller of all processes. Who refreshes says so in the account's own row, in the place
// of an expiry that has passed: every layout has that column, and to all others the token stays what it is, expired.

const { setTimeout: sleep } = require("node:timers/promises")
const { isDate } = require("node:util").types
const { RustAdapterError } = require("../error.js")
const { isArray, reading } = require("../reading.js")

const METHOD = "getAccessToken"

/** A lease is written as an expiry before September 2001, which no token has: its end, less this. Good until 2052. */
const BASE = 1_600_000_000
const LATEST_LEASE = 1_000_000_000

const DEFAULTS = { leewaySeconds: 30, leaseSeconds: 60 }
const POLL_MS = 150

/** A database that may be back in a moment. */
const AWAY = new Set(["ERR_CONNECT", "ERR_TIMEOUT", "ERR_READ_ONLY"])

const now = () => Date.now() / 1000
const isLease = (expiresAt) => expiresAt > 0 && expiresAt < LATEST_LEASE
const endOf = (lease) => lease + BASE

function invalid(what) {
  return new RustAdapterError("ERR_INVALID_ARGUMENT", `${METHOD} takes ${what}`, { method: METHOD })
}

function settings(given) {
  if (given === undefined) return DEFAULTS
  if (typeof given !== "object" || given === null || isArray(given)) throw invalid("its options as an object")
  const read = { ...DEFAULTS, ...reading(METHOD, () => ({ ...given })) }
  for (const name of Object.keys(DEFAULTS)) {
    if (!Number.isInteger(read[name]) || read[name] < 0 || read[name] > 3600) throw invalid(`${name} as whole seconds`)
  }
  return read
}

/** A number, or its digits; what is none is null. */
function numberOf(given) {
  const isNumber = ["number", "bigint"].includes(typeof given) || (typeof given === "string" && given.trim() !== "")
  return isNumber && Number.isFinite(Number(given)) ? Number(given) : null
}

/** When a token expires, in seconds since 1970: given as such, as a date or as a date's text. */
function secondsOf(given) {
  const number = numberOf(given)
  if (number !== null) return Math.floor(number)
  const moment = isDate(given)
    ? Date.prototype.getTime.call(given)
    : typeof given === "string"
      ? Date.parse(given)
      : NaN
  return Number.isNaN(moment) ? null : Math.floor(moment / 1000)
}

const isGiven = (value) => value !== undefined && value !== null && value !== ""

/**
 * When a token expires, by what its provider says of it; `null`: never. Where that cannot be read, the provider is asked again soon: the token may
 * not be good for ever.
 */
function expiryOf(expires_at, expires_in) {
  const seconds = numberOf(expires_in)
  const read = secondsOf(expires_at) ?? (seconds === null ? null : Math.floor(now() + seconds))
  if (read !== null || !(isGiven(expires_at) || isGiven(expires_in))) return read
  return Math.floor(now()) + DEFAULTS.leewaySeconds + DEFAULTS.leaseSeconds
}

/** What a provider's answer is to the row. */
function tokensOf(answer) {
  const read = reading(METHOD, () => ({ ...answer }))
  const { access_token, refresh_token, token_type, scope, id_token, expires_in } = read
  if (typeof access_token !== "string" || access_token === "") {
    throw invalid("a function refresh that resolves to an object with access_token")
  }
  const expires_at = expiryOf(read.expires_at, expires_in)
  const others = Object.entries({ refresh_token, token_type, scope, id_token }).filter(([, value]) => value != null)
  return { access_token, expires_at, ...Object.fromEntries(others) }
}

const endless = (why) => new RustAdapterError("ERR_TIMEOUT", why, { method: METHOD })

/** The outcome of `work`, unless it takes until `end`, in seconds: it then goes on by itself, and what comes of it is stored. `why` says what it waits for. */
async function before(end, work, why) {
  const timer = new AbortController()
  const late = sleep(Math.max(0, (end - now()) * 1000), undefined, { signal: timer.signal, ref: false }).then(
    () => Promise.reject(endless(why())),
    () => undefined,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    work.catch(() => {})
  }
}

function accessTokens(core) {
  /** The refreshes of this process that are under way, by user and provider. */
  const underWay = new Map()

  const find = async (userId, provider) =>
    (await core.findAccounts(userId)).find((account) => account.provider === provider) ?? null

  const swap = async ({ provider, providerAccountId }, expected, fields) =>
    (await core.swapAccount({ ...fields, provider, providerAccountId, expected })) > 0

  /** The stored token, if it is valid for as long as is wanted. */
  const valid = (account, leeway) => {
    const { access_token, expires_at } = account
    if (typeof access_token !== "string") return undefined
    if (expires_at === null) return access_token
    return !isLease(expires_at) && expires_at > now() + leeway ? access_token : undefined
  }

  /** Stores what the provider has answered, also where the lease has run out meanwhile: the newest tokens are those that are valid. */
  async function store(userId, account, lease, tokens) {
    for (let expected = lease; ; ) {
      if (await swap(account, expected, tokens)) return
      const found = await find(userId, account.provider)
      // Signed in anew meanwhile, or gone: there is nothing to store.
      if (found === null || found.expires_at === null) return
      // Another process took over the lease, and failed with the old tokens: these are newer.
      if (!isLease(found.expires_at) && found.expires_at !== LATEST_LEASE) return
      expected = found.expires_at
    }
  }

  /**
   * The same, come what may: the provider takes back the tokens of before. What does not fit its column is left
   * out, of the access and the refresh token one at most; a database that is away is waited for until `end`, in seconds.
   */
  async function keep(userId, account, lease, tokens, end) {
    const { access_token, refresh_token, expires_at } = tokens
    const renewed = refresh_token === undefined ? {} : { refresh_token }
    const less = [
      { access_token, expires_at, ...renewed },
      { access_token, expires_at },
      { expires_at: LATEST_LEASE, ...renewed },
    ]
    let failure
    for (let given = tokens; given !== undefined; ) {
      try {
        await store(userId, account, lease, given)
        if (given.access_token === undefined) throw failure
        return
      } catch (error) {
        if (error === failure) throw error
        if (AWAY.has(error.code) && now() < end) await sleep(POLL_MS)
        else {
          failure ??= error
          given = error.code === "ERR_INVALID_VALUE" ? less.shift() : undefined
        }
      }
    }
    // Others need not wait for what is left of the lease.
    await swap(account, lease, { expires_at: LATEST_LEASE }).catch(() => 0)
    throw failure
  }

  async function refreshed(userId, provider, refresh, { leewaySeconds, leaseSeconds }) {
    const giveUp = now() + 2 * leaseSeconds + 1
    for (;;) {
      const account = await find(userId, provider)
      if (account === null) return null
      const token = valid(account, leewaySeconds)
      if (token !== undefined) return token
      const expected = account.expires_at
      const free = expected !== null && (!isLease(expected) || endOf(expected) <= now())
      const lease = Math.ceil(now() + leaseSeconds) - BASE
      if (free && (await swap(account, expected, { expires_at: lease === expected ? lease + 1 : lease }))) {
        const held = lease === expected ? lease + 1 : lease
        let why = "the provider does not answer"
        const asked = async () => {
          let tokens
          try {
            tokens = tokensOf(await refresh(account))
          } catch (error) {
            // As it was; a lease that another process has left behind becomes an expiry that has passed.
            await swap(account, held, { expires_at: isLease(expected) ? LATEST_LEASE : expected })
            throw error
          }
          why = "the database does not store what the provider has answered"
          await keep(userId, account, held, tokens, giveUp)
          return tokens.access_token
        }
        return before(giveUp, asked(), () => why)
      }
      if (expected === null) return null
      if (now() > giveUp) throw endless("another process is refreshing the token, and does not come to an end")
      await sleep(POLL_MS)
    }
  }

  return async function getAccessToken(userId, provider, refresh, options) {
    if (userId === "" || !["string", "number", "bigint"].includes(typeof userId)) throw invalid("the id of a user")
    if (typeof provider !== "string" || provider === "") throw invalid("the id of a provider")
    if (typeof refresh !== "function") throw invalid("a function refresh")
    const wanted = settings(options)
    const key = JSON.stringify([String(userId), provider])
    let waiting = underWay.get(key)
    if (waiting === undefined) {
      waiting = refreshed(userId, provider, refresh, wanted).finally(() => underWay.delete(key))
      underWay.set(key, waiting)
    }
    return waiting
  }
}

module.exports = { accessTokens }
