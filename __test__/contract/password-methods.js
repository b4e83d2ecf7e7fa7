// Passwords are registered, verified, changed and removed.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { failure } from "./failure.js"
import { argon2id, newEmail, password } from "./password-place.js"
import { newSession } from "./rows.js"

/** `place`: what `./password-place.js` opens. */
export function passwordMethods({ lane, column, hashOf, registered, sessionsOf }) {
  test("register makes a user, whom verify knows by address and password", async () => {
    const email = newEmail()
    const user = await lane.adapter.passwords.register({ email, password, name: "Ada" })
    const shown = column === null ? {} : { [column]: null }
    assert.deepEqual(user, { id: user.id, name: "Ada", email, emailVerified: null, image: null, ...shown })
    assert.match(await hashOf(user), argon2id)
    assert.deepEqual(await lane.adapter.passwords.verify({ email, password }), user)
    for (const wrong of ["", "x", `${password} `, password.toUpperCase(), password.slice(0, -1)]) {
      assert.equal(await lane.adapter.passwords.verify({ email, password: wrong }), null, wrong)
    }
    assert.equal(await lane.adapter.passwords.verify({ email: newEmail(), password }), null)
  })

  test("a taken address is an error, and its user stays as they are", async () => {
    const user = await registered()
    const before = [await hashOf(user), await lane.storedWhere("user", { id: user.id })]
    for (const email of [user.email, user.email.toUpperCase(), ` ${user.email} `]) {
      await assert.rejects(
        lane.adapter.passwords.register({ email, password: "another", name: "Mallory" }),
        failure("ERR_UNIQUE", { method: "passwords.register" }),
      )
    }
    assert.deepEqual([await hashOf(user), await lane.storedWhere("user", { id: user.id })], before)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    const without = await lane.user()
    await assert.rejects(lane.adapter.passwords.register({ email: without.email, password }), failure("ERR_UNIQUE"))
    assert.equal(await hashOf(without), null)
  })

  test("of ten who register one address at once, one has it", async () => {
    const email = newEmail()
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => lane.adapter.passwords.register({ email, password: `password ${n}` })),
    )
    const won = tries.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []))
    assert.equal(won.length, 1)
    for (const { reason } of tries) if (reason) failure("ERR_UNIQUE")(reason)
    const seen = await Promise.all(
      tries.map((_, n) => lane.adapter.passwords.verify({ email, password: `password ${n}` })),
    )
    assert.deepEqual(
      seen.map((user, n) => (user ? n : null)).filter((n) => n !== null),
      won,
    )
  })

  test("set gives another password and ends the user's other sessions", async () => {
    const [user, other] = [await registered(), await registered()]
    const [mine] = [
      await lane.adapter.createSession(newSession(user.id)),
      await lane.adapter.createSession(newSession(user.id)),
    ]
    await lane.adapter.createSession(newSession(other.id))
    assert.equal(
      await lane.adapter.passwords.set(user.id, "the second", { currentToken: mine.sessionToken }),
      undefined,
    )
    assert.deepEqual(
      (await lane.storedWhere("session", { userId: user.id })).map((row) => row.sessionToken),
      [lane.storedToken(mine.sessionToken)],
    )
    assert.equal(await lane.adapter.passwords.verify({ email: user.email, password }), null)
    assert.ok(await lane.adapter.passwords.verify({ email: user.email, password: "the second" }))
    await lane.adapter.passwords.set(user.id, "the third", { endSessions: false })
    assert.equal(await sessionsOf(user), 1)
    await lane.adapter.passwords.set(user.id, "the fourth")
    assert.equal(await sessionsOf(user), 0)
    assert.equal(await sessionsOf(other), 1)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: other.email, password }), other)
    await assert.rejects(
      lane.adapter.passwords.set(randomUUID(), password),
      failure("ERR_NOT_FOUND", { method: "passwords.set" }),
    )
  })

  test("set gives a password to a user without one; remove takes it", async () => {
    const user = await lane.user()
    assert.equal(await lane.adapter.passwords.remove(user.id), false)
    await lane.adapter.passwords.set(user.id, password)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    assert.equal(await lane.adapter.passwords.remove(user.id), true)
    assert.equal(await hashOf(user), null)
    assert.equal(await lane.adapter.passwords.verify({ email: user.email, password }), null)
    assert.deepEqual(await lane.adapter.getUser(user.id), user)
    assert.equal(await lane.adapter.passwords.remove("nobody"), false)
  })
}
