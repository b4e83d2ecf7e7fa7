"use strict"

// What a sign-in's request says: v5 hands over a Request, v4 an object with plain headers.

/** The names under which Auth.js keeps its session, most particular first. */
const COOKIES = [
  "__Secure-authjs.session-token",
  "authjs.session-token",
  "__Secure-next-auth.session-token",
  "next-auth.session-token",
]

/** Reads one header. */
function headersOf(request) {
  const headers = request?.headers
  if (typeof headers?.get === "function") return (name) => headers.get(name) ?? undefined
  return (name) => (typeof headers?.[name] === "string" ? headers[name] : undefined)
}

/** The token of the session that the browser has, if it sent one. */
function sessionTokenOf(header, cookieName) {
  const cookies = new Map()
  for (const pair of (header("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=")
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
  }
  const name = (cookieName === undefined ? COOKIES : [cookieName]).find((each) => cookies.has(each))
  if (name === undefined) return undefined
  const value = cookies.get(name).replace(/^"(.*)"$/, "$1")
  try {
    return decodeURIComponent(value) || undefined
  } catch {
    return undefined
  }
}

module.exports = { headersOf, sessionTokenOf }
