// The hash never leaves, and answers tell nothing of who is there.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { failure } from "./failure.js"
import { bcryptOf, newEmail, password } from "./password-place.js"
import { newAccount, newSession, newUser } from "./rows.js"

/** `place`: what `./password-place.js` opens. */
export function passwordSecrecy({ lane, column, hashOf, registered }) {
  test("the hash is in no answer of the adapter", async () => {
    const user = await registered()
    const hash = await hashOf(user)
    const { sessionToken } = await lane.adapter.createSession(newSession(user.id))
    const account = await lane.adapter.linkAccount(newAccount(user.id, { type: "email" }))
    const answers = [
      user,
      await lane.adapter.getUser(user.id),
      await lane.adapter.getUserByEmail(user.email),
      await lane.adapter.getUserByAccount(account),
      await lane.adapter.getSessionAndUser(sessionToken),
      await lane.adapter.updateUser({ id: user.id, name: "Grace" }),
      await lane.adapter.passwords.verify({ email: user.email, password }),
      await lane.adapter.listSessions(user.id),
      await lane.adapter.listAccounts(user.id),
      await lane.adapter.deleteUser(user.id),
    ]
    for (const answer of answers) {
      assert.ok(answer)
      assert.ok(!inspect(answer, { depth: 9, showHidden: true }).includes(hash.slice(-20)), inspect(answer))
      assert.ok(!inspect(answer, { depth: 9 }).includes("argon2"), inspect(answer))
    }
    assert.equal(await hashOf(user), null)
  })

  test("createUser and updateUser cannot write it", async () => {
    const user = await registered()
    const before = await hashOf(user)
    if (column !== null) {
      const field = { password_hash: "password_hash", password: "password", hashedPassword: "hashedPassword" }[column]
      const camel = [field, field.replace(/_(.)/g, (_, letter) => letter.toUpperCase())]
      const refused = []
      for (const name of new Set(camel)) {
        for (const call of [
          () => lane.adapter.createUser({ ...newUser(), [name]: bcryptOf["U*U"] }),
          () => lane.adapter.updateUser({ id: user.id, name: "Mallory", [name]: bcryptOf["U*U"] }),
        ]) {
          const outcome = await call().catch((error) => error)
          if (outcome instanceof Error) refused.push(failure("ERR_INVALID_ARGUMENT", { table: "user" })(outcome))
        }
      }
      assert.equal(refused.length, 2)
    }
    for (const given of [{ hash: "x" }, { password: null }, { password: undefined }]) {
      await lane.adapter.updateUser({ id: user.id, name: "Grace", ...given })
    }
    assert.equal(await hashOf(user), before)
    assert.equal(await hashOf(await lane.user()), null)
  })

  test("an unknown address takes as long as a known one", async () => {
    const user = await registered()
    const time = async (email) => {
      // The processor's time, which other work on the machine does not make longer.
      const started = process.cpuUsage()
      assert.equal(await lane.adapter.passwords.verify({ email, password: "wrong" }), null)
      const { user, system } = process.cpuUsage(started)
      return (user + system) / 1e3
    }
    const times = { known: [], unknown: [], "without a password": [] }
    const without = await lane.user()
    const areAlike = () => {
      // The shortest is the one that other work of this process has disturbed least.
      const [known, ...others] = Object.values(times).map((list) => Math.min(...list))
      return others.every((other) => other / known > 0.6 && other / known < 1.7)
    }
    for (let round = 0; round < 9 || (round < 60 && !areAlike()); round++) {
      times.known.push(await time(user.email))
      times.unknown.push(await time(newEmail()))
      times["without a password"].push(await time(without.email))
    }
    assert.ok(areAlike(), JSON.stringify(times))
  })
}
