// Better Auth's own cookie of a session: what it says, and how a request gets it.

import { createHmac, timingSafeEqual } from "node:crypto"
import { cookiesOf } from "./authjs-cookies.mjs"

export const signature = (secret, text) => createHmac("sha256", secret).update(text).digest()

/** The token in Better Auth's own cookie, if it has signed that. */
export function ownToken({ authCookies, secret }, headers) {
  const [, token, signed] = /^(.+)\.([^.]+)$/.exec(cookiesOf(headers).get(authCookies.sessionToken.name) ?? "") ?? []
  if (token === undefined) return undefined
  const [given, wanted] = [Buffer.from(signed, "base64"), signature(secret, token)]
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? token : undefined
}

/** The request's headers with Better Auth's cookie for a session, in the place of what it has of another one. */
export function withSession(headers, { authCookies, secret }, token) {
  const { name } = authCookies.sessionToken
  const data = authCookies.sessionData.name
  const isOther = (pair) => {
    const given = pair.slice(0, pair.indexOf("=")).trim()
    return given === name || given === data || given.startsWith(`${data}.`)
  }
  const value = encodeURIComponent(`${token}.${signature(secret, token).toString("base64")}`)
  const pairs = headers
    .get("cookie")
    .split(";")
    .filter((pair) => !isOther(pair))
  const changed = new Headers(headers)
  changed.set("cookie", [...pairs, ` ${name}=${value}`].join(";"))
  return changed
}
