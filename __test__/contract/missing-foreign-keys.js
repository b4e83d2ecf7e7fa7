// Tables without foreign keys: restored from a dump, made for a host that has none. The adapter does not rely on them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { dropForeignKeys } from "./foreign-keys.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession } from "./rows.js"

const children = ["account", "session", "authenticator"]

export function missingForeignKeys(database) {
  // Dropped while an adapter has known the tables with them, and before one has looked.
  for (const reopens of [false, true])
    describe(reopens ? "before the first call" : "after the first call", () => define(database, reopens))
}

function define(database, reopens) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      if (reopens) await lane.adapter.close()
      await dropForeignKeys(lane)
      if (reopens) lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })
  const rowsOfAUser = async ({ id }) => ({
    account: await lane.adapter.linkAccount(newAccount(id)),
    session: await lane.adapter.createSession(newSession(id)),
    authenticator: await lane.adapter.createAuthenticator(newAuthenticator(id)),
  })

  test("deleteUser leaves no children", async () => {
    const [gone, stays] = [await lane.user(), await lane.user()]
    await rowsOfAUser(gone)
    await rowsOfAUser(gone)
    const kept = await rowsOfAUser(stays)
    assert.deepEqual(await lane.adapter.deleteUser(gone.id), gone)
    for (const table of children) {
      assert.deepEqual(await lane.storedWhere(table, { userId: gone.id }), [])
      await lane.holds(table, { userId: stays.id }, kept[table])
    }
  })

  test("deleteUser of a user that is not there takes what was left of it, or nothing, and is null", async () => {
    const stays = await lane.user()
    await rowsOfAUser(stays)
    const { id } = await lane.user()
    await rowsOfAUser({ id })
    for (const table of children) await lane.rows(`UPDATE "${table}" SET "userId" = 'long gone' WHERE "userId" = ?`, id)
    assert.equal(await lane.adapter.deleteUser("long gone"), null)
    for (const table of children) assert.equal((await lane.storedWhere(table, { userId: stays.id })).length, 1)
  })

  test("a session or account whose user is gone leads to no user", async () => {
    const user = await lane.user()
    const { session, account, authenticator } = await rowsOfAUser(user)
    await lane.rows(`DELETE FROM "user" WHERE "id" = ?`, user.id)
    assert.equal(await lane.adapter.getSessionAndUser(session.sessionToken), null)
    assert.equal(await lane.adapter.getUserByAccount(account), null)
    assert.deepEqual(await lane.adapter.getAccount(account.providerAccountId, account.provider), account)
    assert.deepEqual(await lane.adapter.getAuthenticator(authenticator.credentialID), authenticator)
    assert.deepEqual(await lane.adapter.deleteSession(session.sessionToken), session)
    assert.deepEqual(await lane.adapter.unlinkAccount(account), account)
  })
}
