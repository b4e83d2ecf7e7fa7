// What belongs to the caller stays the caller's: arguments are read and never written, and results share nothing with them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

export function callersArguments(database) {
  const lane = openLane(database)

  test("no argument is changed, and no result is an argument", async () => {
    const user = newUser({ role: "admin", name: undefined })
    const session = newSession(user.id)
    const account = newAccount(user.id, { providerAccountId: 33, expires_at: "1790000000", "not-before-policy": 0 })
    const token = newVerificationToken()
    const authenticator = newAuthenticator(user.id, { transports: undefined })
    const calls = [
      ["createUser", user],
      ["updateUser", { id: user.id, name: "x", image: undefined }],
      ["linkAccount", account],
      ["linkAccount", account],
      ["createSession", session],
      ["updateSession", { sessionToken: session.sessionToken, expires: inDays(3) }],
      ["getUserByAccount", { provider: account.provider, providerAccountId: 33 }],
      ["createVerificationToken", token],
      ["useVerificationToken", token],
      ["createAuthenticator", authenticator],
      ["unlinkAccount", account],
    ]
    for (const [method, argument] of calls) {
      const before = structuredClone(argument)
      const result = await lane.adapter[method](Object.freeze(argument))
      assert.deepEqual(argument, before, method)
      assert.notEqual(result, argument, method)
      for (const [name, value] of Object.entries(result)) {
        if (value instanceof Date && argument[name] instanceof Date)
          assert.notEqual(value, argument[name], `${method}: ${name}`)
      }
    }
  })

  test("a change to an argument or result after the call changes nothing", async () => {
    const user = newUser()
    const expected = structuredClone(user)
    const created = lane.adapter.createUser(user)
    user.name = "changed at once"
    user.emailVerified.setTime(0)
    assert.deepEqual(await created, expected)
    const found = await lane.adapter.getUser(user.id)
    found.name = "changed"
    found.emailVerified.setTime(0)
    assert.deepEqual(await lane.adapter.getUser(user.id), expected)
  })

  test("results are plain objects with plain values", async () => {
    const user = await lane.user()
    const session = await lane.adapter.createSession(newSession(user.id))
    const authenticator = await lane.adapter.createAuthenticator(newAuthenticator(user.id, { counter: 4_294_967_295 }))
    const account = await lane.adapter.linkAccount(newAccount(user.id, { expires_at: 9_007_199_254_740_991 }))
    for (const record of [
      user,
      session,
      authenticator,
      account,
      await lane.adapter.getSessionAndUser(session.sessionToken),
    ]) {
      assert.equal(Object.getPrototypeOf(record), Object.prototype)
      assert.ok(!Object.isFrozen(record))
      // No BigInt, no cycle: core makes JSON of it.
      assert.deepEqual(JSON.parse(JSON.stringify(record)), JSON.parse(JSON.stringify(structuredClone(record))))
      for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(record))) {
        assert.deepEqual([descriptor.writable, descriptor.enumerable, descriptor.configurable], [true, true, true])
      }
    }
  })

  test("an error that reading an argument throws reaches the caller as the cause of ours, and the next call works", async () => {
    const trap = {
      get email() {
        throw new RangeError("the caller's own")
      },
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new RangeError("the caller's own")
        },
      },
    )
    await lane.unchangedBy(async () => {
      for (const argument of [trap, proxy]) {
        await assert.rejects(lane.adapter.createUser(argument), (error) => {
          failure("ERR_INVALID_ARGUMENT", { method: "createUser" })(error)
          assert.deepEqual([error.cause.name, error.cause.message], ["RangeError", "the caller's own"])
          return true
        })
      }
    })
    assert.equal(await lane.adapter.getUser("nobody"), null)
  })
}
