"use strict"

// The sign-ins between the comparison of a password and the session. Auth.js tells `jwt.encode` no more than the user, so that
// of several which are under way nothing tells which one it is: what any of them has seen counts for all.

/** A sign-in takes no longer than this from one step to the other. */
const PENDING_MS = 60_000

class Pending {
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
   * Takes one of them. `compared`: whether a password was; `mark`: of its hash, if it is known; `torn`: they have seen different
   * ones. `previous`: the sessions that end with it.
   */
  take(userId) {
    this.#forgetOld()
    const of = this.#byUser.get(userId) ?? []
    const marks = new Set(of.map(({ mark }) => mark).filter((mark) => typeof mark === "string"))
    const torn = marks.size > 1 || of.some((each) => each.torn)
    const previous = of.map((each) => each.previous).filter((token) => token !== undefined)
    const compared = of.some(({ mark }) => mark !== undefined)
    of.shift()
    for (const each of of) Object.assign(each, { torn, previous: undefined })
    if (of.length === 0) this.#byUser.delete(userId)
    return { compared, torn, mark: [...marks][0] ?? null, previous }
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
