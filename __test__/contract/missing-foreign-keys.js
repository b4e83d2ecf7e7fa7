// Tables without foreign keys: restored from a dump, made for a host that has none. The adapter does not rely on them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newAccount, newAuthenticator, newSession } from "./rows.js"

const children = ["account", "session", "authenticator"]

export function missingForeignKeys(database) {
  const lane = openLane(database, { prepare: dropForeignKeys })
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
    await rowsOfAUser({ id: "long gone" })
    assert.equal(await lane.adapter.deleteUser("long gone"), null)
    for (const table of children) assert.equal((await lane.storedWhere(table, { userId: stays.id })).length, 1)
  })

  test("a session or account whose user is gone leads to nobody", async () => {
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

async function dropForeignKeys({ name, rows }) {
  if (name === "sqlite") {
    for (const table of children) await recreate(rows, table, [/ REFERENCES .user. \(.id.\) ON DELETE CASCADE/, ""])
  } else {
    const constraints = await rows(`SELECT table_name AS "table", constraint_name AS "name" FROM information_schema.table_constraints
      WHERE constraint_type = 'FOREIGN KEY' AND table_schema = ${name === "mysql" ? "DATABASE()" : "current_schema()"}`)
    assert.equal(constraints.length, children.length)
    const drop = name === "mysql" ? "DROP FOREIGN KEY" : "DROP CONSTRAINT"
    for (const constraint of constraints) await rows(`ALTER TABLE "${constraint.table}" ${drop} "${constraint.name}"`)
  }
  // It worked if nobody's session is let in.
  const expires = name === "sqlite" ? 0 : "'2031-01-01'"
  await rows(`INSERT INTO "session" ("sessionToken", "userId", "expires") VALUES ('t', 'nobody', ${expires})`)
  await rows(`DELETE FROM "session"`)
}
