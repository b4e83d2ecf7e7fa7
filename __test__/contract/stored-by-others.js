// Values that other programs stored in our columns: read as what they are, or a typed error that does not repeat them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newSession } from "./rows.js"

/** Dates that JavaScript does not have, as each database lets them be stored. */
const noInstants = {
  sqlite: ["'soon'", "x'ff'", "9223372036854775807", "''"],
  postgres: ["'infinity'", "'-infinity'"],
  mysql: ["'0000-00-00 00:00:00'", "'2024-00-00 00:00:00'"],
}

/** Dates outside the years that the adapter stores itself. */
const oddInstants = {
  sqlite: [["-62135596800000", "0001-01-01T00:00:00.000Z"], ["253402300800000", "+010000-01-01T00:00:00.000Z"]],
  postgres: [["'0001-01-01 00:00:00+00'", "0001-01-01T00:00:00.000Z"], ["'12000-01-01 00:00:00+00'", "+012000-01-01T00:00:00.000Z"]],
  mysql: [["'0001-01-01 00:00:00'", "0001-01-01T00:00:00.000Z"]],
}

export function storedByOthers(database) {
  const lane = openLane(database)
  const sessionUntil = async (literal) => {
    const session = await lane.adapter.createSession(newSession((await lane.user()).id))
    if (database.flavour) await lane.rows("SET SESSION sql_mode = 'ANSI_QUOTES'") // a lenient server
    await lane.rows(`UPDATE "session" SET "expires" = ${literal} WHERE "sessionToken" = ?`, session.sessionToken)
    return session
  }

  for (const literal of noInstants[database.name]) {
    test(`an expiry of ${literal} is ERR_DECODE`, async () => {
      const session = await sessionUntil(literal)
      await assert.rejects(lane.adapter.getSessionAndUser(session.sessionToken),
        failure("ERR_DECODE", { method: "getSessionAndUser", table: "session", field: "expires" }))
      // The next question is answered, and the row can be mended.
      assert.equal((await lane.adapter.getUser(session.userId)).id, session.userId)
      const mended = { ...session, expires: new Date(0) }
      assert.deepEqual(await lane.adapter.updateSession(mended), mended)
      assert.deepEqual((await lane.adapter.getSessionAndUser(session.sessionToken)).session, mended)
    })
  }

  for (const [literal, instant] of oddInstants[database.name]) {
    test(`an expiry of ${literal} is ${instant}`, async () => {
      const { sessionToken } = await sessionUntil(literal)
      const found = await lane.adapter.getSessionAndUser(sessionToken)
      assert.deepEqual(found.session.expires, new Date(instant))
    })
  }

  test("numbers beyond JavaScript's exact ones are numbers all the same", async () => {
    const account = await lane.adapter.linkAccount(newAccount((await lane.user()).id))
    for (const stored of ["9223372036854775807", "-9223372036854775808"]) {
      await lane.rows(`UPDATE "account" SET "expires_at" = ${stored} WHERE "providerAccountId" = ?`, account.providerAccountId)
      const found = await lane.adapter.getAccount(account.providerAccountId, account.provider)
      assert.equal(found.expires_at, Number(stored))
    }
  })

  if (database.name === "sqlite") {
    test("text that is no UTF-8 is ERR_DECODE, and so is a number that is none", async () => {
      const user = await lane.user()
      await lane.rows(`UPDATE "user" SET "name" = x'fffe' WHERE "id" = ?`, user.id)
      await assert.rejects(lane.adapter.getUser(user.id), failure("ERR_DECODE", { table: "user", field: "name" }))
      const account = await lane.adapter.linkAccount(newAccount(user.id))
      await lane.rows(`UPDATE "account" SET "expires_at" = 'secret' WHERE "userId" = ?`, user.id)
      await assert.rejects(lane.adapter.getAccount(account.providerAccountId, account.provider), (error) => {
        assert.doesNotMatch(`${error.stack}${error.cause?.stack}`, /secret/)
        return failure("ERR_DECODE", { table: "account", field: "expires_at" })(error)
      })
      assert.deepEqual(await lane.adapter.updateUser({ id: user.id, name: "mended" }), { ...user, name: "mended" })
    })
  }
}
