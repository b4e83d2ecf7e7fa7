// A database with adapters of each mode on it.
import { randomUUID } from "node:crypto"
import { RustAdapter } from "../../index.js"
import { inDays, newUser } from "../contract/rows.js"

/** What the option `sessionTokens` can be, in the order of a roll-out; the first is without it. */
export const modes = [undefined, "accept-hashed", "hashed", "hashed-only"]
export const nameOf = (mode) => mode ?? "without the option"

/** Which stored forms a mode finds, and which one it writes. */
export const finds = {
  [undefined]: ["plain"],
  "accept-hashed": ["plain", "hash"],
  hashed: ["plain", "hash"],
  "hashed-only": ["hash"],
}
export const writes = { [undefined]: "plain", "accept-hashed": "plain", hashed: "hash", "hashed-only": "hash" }

export async function openLane(t, database, options) {
  const lane = await database.create()
  const adapters = new Map()
  const open = (mode, more) => {
    const adapter = RustAdapter(lane.url, { migrate: true, ...options, ...more, sessionTokens: mode })
    t.after(() => adapter.close())
    return adapter
  }
  t.after(lane.close)
  /** The adapter of this mode. */
  const of = (mode) => {
    if (!adapters.has(mode)) adapters.set(mode, open(mode))
    return adapters.get(mode)
  }
  const user = await of(undefined).createUser(newUser())
  /** A session whose token is stored as `form` says, and the token. */
  const session = async (form, userId = user.id) => {
    const sessionToken = randomUUID()
    const mode = form === "hash" ? "hashed-only" : undefined
    await of(mode).createSession({ sessionToken, userId, expires: inDays(1) })
    return sessionToken
  }
  const stored = async () => (await lane.stored("session")).map(({ sessionToken }) => sessionToken).sort()
  return { ...lane, open, of, user, session, stored }
}
