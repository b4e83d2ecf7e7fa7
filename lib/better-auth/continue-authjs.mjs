// Sessions that Auth.js opened go on with Better Auth.
//
// A request that has Auth.js's cookie, and no good one of Better Auth's, is given, before its endpoint sees it, the signed cookie that
// Better Auth would have set for the same session. Better Auth then looks the session up as ever: that it is there and has not expired is
// decided there alone. Afterwards the browser gets that cookie, where a cookie can be set.

import { createHash } from "node:crypto"
import { createAuthMiddleware } from "better-auth/api"
import { setCookieCache } from "better-auth/cookies"
import reading from "../reading.js"
import { cookiesOf, find, names, removal } from "./authjs-cookies.mjs"
import { aboutHashes, isHash } from "./authjs-hashed.mjs"
import { decrypt, isJwt } from "./authjs-jwt.mjs"
import { ownToken, signature, withSession } from "./own-cookie.mjs"

const { misconfigured } = reading

/**
 * Begins the tokens of sessions that Better Auth opens while Auth.js's go on. Auth.js's cookie is taken for one of its own tokens alone: Better
 * Auth's are good only with its signature, which a reader of the table cannot make.
 */
const OWN = "better-auth_"

/** Requests that open a session by themselves, or need none: no token is exchanged for them. */
const WITHOUT_SESSION = /^\/(sign-in|sign-up|callback|oauth2\/callback|magic-link|email-otp|error|ok)(\/|$)/

const SIGN_OUT = "/sign-out"

/**
 * A plugin for `betterAuth`: who is signed in with Auth.js stays signed in. `secret`: Auth.js's, or several of them, for sessions that
 * are JWTs. `finish`: Auth.js is not there any more, and its cookie goes. `cookie`: what Auth.js's configuration says of its own.
 */
export function continueAuthjsSessions(options = {}) {
  const { secrets, finish, cookie } = configured(options)
  // What came of a request's cookie, until its answer is made.
  const going = new WeakMap()
  const isSecure = ({ authCookies }) => authCookies.sessionToken.attributes.secure === true
  const theirs = (context, headers) => {
    const found = find(cookiesOf(headers), names(isSecure(context), cookie.name))
    // A reader of the table does not sign in by what is stored there.
    const isTheirs = found && !isHash(found.value) && !found.value.startsWith(OWN)
    // Who sends a token of its own is known by that.
    return isTheirs && !/^bearer /i.test(headers.get("authorization") ?? "") ? found : undefined
  }
  const headersOf = ({ request, headers }) => headers ?? request?.headers
  const has = (call) => theirs(call.context, headersOf(call)) !== undefined

  return {
    id: "continue-authjs-sessions",
    init: () => ({
      options: {
        databaseHooks: {
          session: {
            create: {
              before: async (session) => {
                const { token } = session
                if (typeof token === "string" && !token.startsWith(OWN))
                  return { data: { ...session, token: OWN + token } }
              },
            },
          },
        },
      },
    }),
    hooks: {
      before: [
        {
          matcher: has,
          handler: createAuthMiddleware(async (call) => {
            const { context, path } = call
            const headers = headersOf(call)
            const found = theirs(context, headers)
            const own = ownToken(context, headers)
            let token
            if (path === SIGN_OUT) {
              token = await ending(context, found, secrets)
              // The endpoint ends one session. Where it has its own cookie, the other one is ended here.
              if (own && token) await context.internalAdapter.deleteSession(token)
            } else if (!WITHOUT_SESSION.test(path ?? "") && !(await isGoodFor(context, own, found))) {
              token = isJwt(found.value) ? await exchanged(context, found, secrets) : found.value
            }
            if (token || finish || path === SIGN_OUT) going.set(context, { found, token })
            const isGiven = token && !(own && path === SIGN_OUT)
            return isGiven ? { context: { headers: withSession(headers, context, token) } } : undefined
          }),
        },
      ],
      after: [
        aboutHashes,
        {
          matcher: ({ context }) => going.has(context),
          handler: createAuthMiddleware(async (call) => {
            const { context, path } = call
            const { found, token } = going.get(context)
            const clear = () => {
              for (const name of found.pieces) call.setCookie(name, "", removal(name, cookie))
            }
            if (path === SIGN_OUT) return clear()
            const { session, user } = context.session ?? {}
            if (!(session?.expiresAt > new Date())) return
            if (!token) return clear()
            if (session.token !== token) return
            const { name, attributes } = context.authCookies.sessionToken
            if (!isSet(context.responseHeaders, name)) {
              // As long as the session itself, which Auth.js may have opened for longer than Better Auth does.
              const maxAge = Math.floor((session.expiresAt - Date.now()) / 1000)
              await call.setSignedCookie(name, token, context.secret, { ...attributes, maxAge })
              await setCookieCache(call, { session, user }, false)
            }
            if (finish || isJwt(found.value)) clear()
          }),
        },
      ],
    },
  }
}

function configured(options) {
  const { secret, finish = false, cookie = {}, ...more } = { ...options }
  const [unknown] = Object.keys(more)
  if (unknown) throw misconfigured(`continueAuthjsSessions has no option ${unknown}; it has secret, finish and cookie`)
  const secrets = secret === undefined ? [] : [secret].flat()
  if (secrets.some((each) => typeof each !== "string" || each === "")) {
    throw misconfigured("the option secret of continueAuthjsSessions must be Auth.js's secret, or a list of them")
  }
  if (typeof finish !== "boolean") throw misconfigured("the option finish of continueAuthjsSessions must be a boolean")
  return { secrets, finish, cookie: cookieOf(cookie) }
}

function cookieOf(cookie) {
  const wrong = ["name", "domain", "path"].find((part) => !["undefined", "string"].includes(typeof cookie?.[part]))
  if (typeof cookie !== "object" || cookie === null || wrong) {
    throw misconfigured("the option cookie of continueAuthjsSessions must have texts: { name?, domain?, path? }")
  }
  return cookie
}

/**
 * Whether the session of Better Auth's own cookie is the one to go on with: it is Auth.js's, too, or it has not ended. A person whom Auth.js has
 * signed in since it ended has a cookie of each.
 */
async function isGoodFor({ internalAdapter }, own, found) {
  if (own === undefined) return false
  if (own === found.value) return true
  const there = await internalAdapter.findSession(own)
  return there?.session.expiresAt > new Date()
}

const isSet = (headers, name) => headers?.getSetCookie().some((line) => line.startsWith(`${name}=`)) === true

/** By what it is remembered that a token has been exchanged: it does not tell the token. */
const markOf = (jti) => `authjs-jwt:${createHash("sha256").update(jti).digest("base64url")}`

/** The token of the session that a JWT is exchanged for: always the same, and known to no holder of the JWT. */
const tokenOf = ({ secret }, jti) => OWN + signature(secret, `authjs-jwt ${jti}`).toString("base64url")

const claimsOf = ({ name, value }, secrets) => (isJwt(value) ? decrypt(value, { secrets, name }) : undefined)

/**
 * The token of the session that stands for a JWT, which is opened the first time. `undefined` if there is no such user. The session is there
 * before it is remembered that the JWT has been exchanged: who is told of the one finds the other, and what fails in between is done again.
 */
async function exchanged(context, found, secrets) {
  const claims = claimsOf(found, secrets)
  if (!claims) return undefined
  const { adapter, internalAdapter } = context
  const token = tokenOf(context, claims.jti)
  if ((await marks(adapter, claims)).length > 0) return token
  const user = await internalAdapter.findUserById(claims.sub)
  if (!user || !(await opened(context, user, claims, token))) return undefined
  await mark(adapter, claims, EXCHANGED)
  const told = await marks(adapter, claims)
  if (!told.some(({ value }) => value === ENDED)) return token
  // The person has signed out meanwhile.
  await internalAdapter.deleteSession(token)
  return undefined
}

/** Whether the session is there, of several requests at once opened by one of them. */
async function opened({ adapter, internalAdapter, sessionConfig }, user, claims, token) {
  const expiresAt = new Date(Math.max(claims.exp * 1000, Date.now() + sessionConfig.expiresIn * 1000))
  // When the person has signed in, the JWT does not say. What wants a fresh session must not take this one for it.
  // MySQL's TIMESTAMP begins with the first second of 1970.
  const session = { token, expiresAt, createdAt: new Date(24 * 60 * 60 * 1000) }
  try {
    return (await internalAdapter.createSession(user.id, false, session, true)) !== null
  } catch (error) {
    const there = await adapter.findOne({ model: "session", where: [{ field: "token", value: token }] })
    if (there === null) throw error
    return true
  }
}

/** What is remembered of a JWT. */
const EXCHANGED = ""
const ENDED = "ended"

const marks = (adapter, { jti }) =>
  adapter.findMany({ model: "verification", where: [{ field: "identifier", value: markOf(jti) }] })

/** Remembers something of a JWT until it expires, once. */
async function mark(adapter, claims, value) {
  const { jti, exp } = claims
  const now = new Date()
  const id = createHash("sha256")
    .update(`id of ${markOf(jti)} ${value}`)
    .digest("base64url")
  const expiresAt = new Date((exp + 60) * 1000)
  const data = { id, identifier: markOf(jti), value, expiresAt, createdAt: now, updatedAt: now }
  try {
    await adapter.create({ model: "verification", data, forceAllowId: true })
  } catch (error) {
    const told = await marks(adapter, claims)
    if (!told.some((each) => each.value === value)) throw error
  }
}

/**
 * The token of the session that ends with Auth.js's cookie. A JWT is used up by it: a person who signs out does not come back.
 */
async function ending(context, found, secrets) {
  if (!isJwt(found.value)) return found.value
  const claims = claimsOf(found, secrets)
  if (!claims) return undefined
  const isFirst = (await marks(context.adapter, claims)).length === 0
  await mark(context.adapter, claims, ENDED)
  return isFirst ? undefined : tokenOf(context, claims.jti)
}
