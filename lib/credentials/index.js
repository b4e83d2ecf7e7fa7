"use strict"

// Sign-in with a password that opens a database session, in Auth.js v5 and NextAuth v4: by `jwt.encode`, the one step of a
// sign-in with credentials that Auth.js leaves to the application.

const { randomUUID } = require("node:crypto")
const { RustAdapterError } = require("../error.js")
const { coreOf } = require("../core-of.js")
const { Attempts } = require("./attempts.js")
const { Pending } = require("./pending.js")
const { headersOf, sessionTokenOf } = require("./request.js")

const THIRTY_DAYS = 30 * 24 * 60 * 60

const OPTIONS = ["callbacks", "events", "jwt", "session", "ip", "rateLimit", "onLimited", "cookieName"]

const isObject = (value) => typeof value === "object" && value !== null

function wrong(message) {
  return new RustAdapterError("ERR_CONFIG", message)
}

/** A copy of the options, each of its type. */
function judged(options) {
  if (!isObject(options)) throw wrong("credentials: the options must be an object")
  const given = { ...options }
  for (const [name, value] of Object.entries(given)) {
    if (!OPTIONS.includes(name)) throw wrong(`credentials: unknown option: ${name}`)
    const isFunction = ["ip", "onLimited"].includes(name)
    const fits =
      value === undefined ||
      (name === "cookieName"
        ? typeof value === "string"
        : isFunction
          ? typeof value === "function"
          : isObject(value)) ||
      (name === "rateLimit" && value === false)
    if (!fits) throw wrong(`credentials: the option ${name} is of the wrong type`)
  }
  if (given.session?.strategy === "jwt") {
    throw wrong('credentials: it opens database sessions, and session.strategy is "jwt"')
  }
  return given
}

/**
 * What a configuration of Auth.js needs besides: `{ adapter, ...credentials(adapter), providers }`. The result also has `authorize`,
 * for the provider, and `guard`, which makes one of the application's own; neither is enumerable.
 */
function credentials(adapter, options = {}) {
  const core = coreOf(adapter, "credentials")
  core.keepPasswords()
  const { callbacks, events, jwt, session, ip, rateLimit, onLimited, cookieName } = judged(options)
  const attempts = rateLimit === false ? undefined : new Attempts(adapter, core, rateLimit)
  const pending = new Pending()

  /** Makes the session's row, and gives its token to the cookie. */
  async function encode({ token, maxAge }) {
    const userId = token?.sub
    if (typeof userId !== "string" || userId === "") {
      throw new RustAdapterError(
        "ERR_INVALID_ARGUMENT",
        "credentials: a sign-in without the id of a user (token.sub)",
        {
          method: "createSession",
        },
      )
    }
    const sessionToken = (await session?.generateSessionToken?.()) ?? randomUUID()
    const seconds = session?.maxAge ?? maxAge ?? THIRTY_DAYS
    const row = { sessionToken, userId, expires: new Date(Date.now() + seconds * 1000) }
    const { compared, torn, mark, previous } = pending.take(userId)
    if (torn) {
      throw new RustAdapterError("ERR_NOT_FOUND", "the password was changed while sign-ins were under way", {
        method: "createSession",
        table: "user",
      })
    }
    // Only for a person whose password is still the one that was compared.
    const made = compared ? await core.openSession({ ...row, mark }) : await adapter.createSession(row)
    // What was planted in this browser before is worth nothing afterwards.
    if (previous !== undefined && previous !== sessionToken) await adapter.deleteSession(previous)
    return made.sessionToken
  }

  /** Is asked only where a cookie is to be a JWT. */
  async function decode() {
    throw wrong('credentials: it opens database sessions; leave session.strategy unset, or set it to "database"')
  }

  /** `check`, which resolves to a user and what is known of the hash, within the limits: the user, or null. */
  async function guarded(name, request, check) {
    const headers = headersOf(request)
    const attempt = await attempts?.begin(name, ip === undefined ? undefined : await ip(request))
    if (attempt?.retryAfterMs > 0) {
      await onLimited?.({ retryAfterMs: attempt.retryAfterMs, request })
      return null
    }
    const { user, mark } = (await check()) ?? {}
    if (!user) return null
    await attempt?.succeeded()
    const previous = sessionTokenOf(headers, cookieName)
    if (mark !== undefined || previous !== undefined) pending.add(String(user.id), { mark, previous })
    return user
  }

  /** A comparison of the application's own. Of the hash, it is seen only whether there was one before. */
  async function compared(name, authorize) {
    const before = name.includes("@") ? await core.findPassword(name) : null
    const user = await authorize()
    return { user, mark: user && before && String(user.id) === String(before.id) ? null : undefined }
  }

  const result = {
    ...(callbacks && { callbacks }),
    ...(events && { events }),
    ...(session && { session }),
    jwt: { ...jwt, encode, decode },
  }
  const besides = {
    async authorize(given, request) {
      const { email, password } = given ?? {}
      if (typeof email !== "string" || typeof password !== "string") return null
      return guarded(email, request, () => core.verifyPassword({ email, password }))
    },
    guard: (authorize, nameOf = (given) => given?.email ?? given?.username) => {
      if (typeof authorize !== "function") throw wrong("credentials: guard takes a function")
      return async (given, request) => {
        const name = String(nameOf(given) ?? "")
        return guarded(name, request, () => compared(name, () => authorize(given, request)))
      }
    },
  }
  for (const [name, value] of Object.entries(besides)) Object.defineProperty(result, name, { value })
  return result
}

module.exports = { credentials }
