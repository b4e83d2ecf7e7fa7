"use strict"

// The sign-ins between the comparison of a password and the session. Auth.js tells `jwt.encode` no more than the user, so that
// of several which are under way nothing tells which one it is: what any of them has seen counts for all, and the youngest is
// taken for the one that goes on. Some never do: a callback of the application's said no, or nothing but the password was asked.

/** A sign-in takes no longer than this from one step to the other. */
const PENDING_MS = 60_000

class Pending {
  /** By user, the oldest first. */
  #byUser = new Map()

  /**
   * A password of this user has been compared. `mark`: of its hash; `null` if it is known only that there was one; `undefined` if
   * nothing is known. `previous`: the session that the browser had.
   */
  add(userId, { mark, previous }) {
    this.#forgetOld()
    const of = this.#byUser.get(userId) ?? []
    of.push({ mark, previous, since: Date.now() })
    this.#byUser.set(userId, of)
  }

  /**
   * Takes one of them. `compared`: whether a password was; `mark`: of its hash, if it is known; `torn`: those under way have seen
   * different ones. `previous`: the session that ends with it.
   */
  take(userId) {
    this.#forgetOld()
    const of = this.#byUser.get(userId) ?? []
    const marks = new Set(of.map(({ mark }) => mark).filter((mark) => typeof mark === "string"))
    const compared = of.some(({ mark }) => mark !== undefined)
    const taken = of.pop()
    const torn = marks.size > 1 || taken?.torn === true
    // The others have seen what this one has, too: they do not go on after it as if they were alone.
    for (const each of of) each.torn = torn
    if (of.length === 0) this.#byUser.delete(userId)
    return { compared, torn, mark: [...marks][0] ?? null, previous: taken?.previous }
  }

  #forgetOld() {
    const oldest = Date.now() - PENDING_MS
    for (const [userId, of] of this.#byUser) {
      while (of.length > 0 && of[0].since < oldest) of.shift()
      if (of.length === 0) this.#byUser.delete(userId)
    }
  }
}

module.exports = { Pending }
