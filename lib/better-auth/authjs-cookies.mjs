// The cookies in which Auth.js keeps its session: how they are called, how a long one is cut up, and how they are removed.

const BASES = ["authjs.session-token", "next-auth.session-token"]

/** On https, only names that a browser takes from https alone: not from a page that was changed on its way. */
const PREFIXES = { true: ["__Host-", "__Secure-"], false: [""] }

/** Auth.js cuts a long value into pieces of 4 kilobytes; a browser keeps no more than so many cookies. */
const MAX_PIECES = 50

/** The names of the session's cookie, the ones that are likely first. `own`: one that the application has chosen. */
export const names = (isSecure, own) =>
  own ? [own] : BASES.flatMap((base) => PREFIXES[isSecure].map((prefix) => prefix + base))

/** The cookies of a request, by name, decoded. */
export function cookiesOf(headers) {
  const cookies = new Map()
  for (const pair of (headers?.get("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=")
    const name = pair.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, decoded(pair.slice(at + 1).trim()))
  }
  return cookies
}

function decoded(value) {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, "$1"))
  } catch {
    return value
  }
}

/** The session's cookie among those of a request: `{ name, value, pieces }`, with the names of all its pieces. */
export function find(cookies, candidates) {
  for (const name of candidates) {
    const whole = cookies.get(name)
    if (whole) return { name, value: whole, pieces: piecesOf(cookies, name) }
    const values = []
    while (values.length < MAX_PIECES && cookies.get(`${name}.${values.length}`)) {
      values.push(cookies.get(`${name}.${values.length}`))
    }
    if (values.length > 0) return { name, value: values.join(""), pieces: piecesOf(cookies, name) }
  }
  return undefined
}

const piecesOf = (cookies, name) =>
  [...cookies.keys()].filter(
    (each) => each === name || (each.startsWith(`${name}.`) && /^\d+$/.test(each.slice(name.length + 1))),
  )

/** How a browser is told to remove a cookie that was set with these attributes. */
export const removal = (name, { domain, path = "/" } = {}) => ({
  path,
  ...(domain && !name.startsWith("__Host-") && { domain }),
  maxAge: 0,
  httpOnly: true,
  sameSite: "lax",
  secure: /^__(Secure|Host)-/.test(name),
})
