// The people and sessions that every contestant is asked for: row number -> row, alike in JavaScript and in SQL.
import { createHash } from "node:crypto"

/** A UUID that SQL can compute too: `md5(text)` with dashes. */
export function uuid(text) {
  const hash = createHash("md5").update(text).digest("hex")
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

/** Whole seconds: some documented layouts keep nothing finer. */
export const verified = new Date("2024-02-29T12:34:56Z")

export const user = (number) => ({
  id: uuid(`user ${number}`),
  name: `User ${number}`,
  email: `user-${number}@example.com`,
  emailVerified: verified,
  image: `https://example.com/${number}.png`,
})

/** Session `number` belongs to user `number % users`. */
export const sessionToken = (number) => uuid(`session ${number}`)

export const providerAccountId = (number) => uuid(`account ${number}`)

/** Auth.js renews a session that is a day old: these stay fresh for the whole run. */
export const inThirtyDays = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * 86_400_000)

/** What one process knows of the rows: `{ users, sessions, expires }` in, look-ups out. */
export function openData({ users, sessions, expires }) {
  let tokens
  let state = 0x9e3779b9
  return {
    users,
    sessions,
    expires: new Date(expires),
    /** By row number; made when first asked for, because not every process needs them. */
    get tokens() {
      return (tokens ??= Array.from({ length: sessions }, (_, number) => sessionToken(number)))
    },
    /** Session `number` and its user, as an adapter has to answer. */
    expected: (number) => {
      const owner = user(number % users)
      return {
        session: { sessionToken: sessionToken(number), userId: owner.id, expires: new Date(expires) },
        user: owner,
      }
    },
    /** A random row number (xorshift: quick, and the same sequence in every process). */
    random: () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) % sessions
    },
  }
}
