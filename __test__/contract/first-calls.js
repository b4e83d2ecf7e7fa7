// Any call as a connection's first: statements are prepared by the first values they meet, which may all be null.
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newUser, noTokens } from "./rows.js"

export function firstCalls(database) {
  const lane = openLane(database)

  /** The first thing that a new connection does. */
  const first = async (call) => {
    const adapter = RustAdapter(lane.database.url, { ...database.options, pool: { max: 1 } })
    try {
      return await call(adapter)
    } finally {
      await adapter.close()
    }
  }

  test("createUser and updateUser with nulls", async () => {
    const user = newUser({ name: null, email: null, emailVerified: null, image: null })
    assert.deepEqual(await first(({ createUser }) => createUser(user)), user)
    const full = await lane.user()
    const emptied = { ...user, id: full.id }
    assert.deepEqual(await first(({ updateUser }) => updateUser(emptied)), emptied)
    const { id } = await lane.user()
    assert.equal((await first(({ updateUser }) => updateUser({ id, emailVerified: null }))).emailVerified, null)
  })

  test("linkAccount and createAuthenticator with nulls", async () => {
    const { id } = await lane.user()
    const account = newAccount(id, noTokens)
    assert.deepEqual(await first(({ linkAccount }) => linkAccount(account)), account)
    const authenticator = newAuthenticator(id, { transports: null })
    assert.deepEqual(await first(({ createAuthenticator }) => createAuthenticator(authenticator)), authenticator)
  })

  test("the same statement with null and with a value, in both orders", async () => {
    const values = [null, new Date("2030-01-01T00:00:00.001Z")]
    for (const order of [values, values.toReversed()]) {
      const { id } = await lane.user()
      await first(async ({ updateUser }) => {
        for (const emailVerified of [...order, ...order]) {
          assert.deepEqual((await updateUser({ id, emailVerified })).emailVerified, emailVerified)
        }
      })
      const account = newAccount(id)
      await first(async ({ linkAccount }) => {
        for (const expires_at of [null, 7, null]) {
          const row = { ...account, providerAccountId: `${expires_at}${Math.random()}`, expires_at }
          assert.deepEqual(await linkAccount(row), row)
        }
      })
    }
  })

  test("many calls at once as the first", async () => {
    const user = await lane.user()
    const adapter = RustAdapter(lane.database.url, { ...database.options, pool: { max: 3 } })
    const found = await Promise.all(Array.from({ length: 50 }, () => adapter.getUser(user.id)))
    assert.deepEqual(found, Array(50).fill(user))
    await adapter.close()
  })
}
