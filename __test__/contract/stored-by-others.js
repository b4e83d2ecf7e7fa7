// Values that other programs stored in our columns: read as what they are, or a typed error that does not repeat them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newSession } from "./rows.js"

/** Dates that JavaScript does not have, as each database lets them be stored. */
const noInstants = {
  sqlite: ["'soon'", "x'ff'", "9223372036854775807", "''"],
  postgres: [], // there are none: see below
  mysql: ["'0000-00-00 00:00:00'", "'2024-00-00 00:00:00'"],
}

/** Dates outside the years that the adapter stores itself. */
const oddInstants = {
  sqlite: [
    ["-62135596800000", "0001-01-01T00:00:00.000Z"],
    ["253402300800000", "+010000-01-01T00:00:00.000Z"],
  ],
  postgres: [
    ["'0001-01-01 00:00:00+00'", "0001-01-01T00:00:00.000Z"],
    ["'12000-01-01 00:00:00+00'", "+012000-01-01T00:00:00.000Z"],
    // The last and the first instant that the adapter stores itself.
    ["'infinity'", "9999-12-31T23:59:59.999Z"],
    ["'-infinity'", "1000-01-01T00:00:00.000Z"],
    ["'294000-01-01 00:00:00+00'", "9999-12-31T23:59:59.999Z"],
  ],
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
      await assert.rejects(
        lane.adapter.getSessionAndUser(session.sessionToken),
        failure("ERR_DECODE", { method: "getSessionAndUser", table: "session", field: "expires" }),
      )
      // The next question is answered, and the row can be mended.
      assert.equal((await lane.adapter.getUser(session.userId)).id, session.userId)
      const mended = { ...session, expires: new Date(0) }
      assert.deepEqual(await lane.adapter.updateSession(mended), mended)
      assert.deepEqual((await lane.adapter.getSessionAndUser(session.sessionToken)).session, mended)
    })
  }

  for (const literal of noInstants[database.name]) {
    test(`a list does without a session until ${literal}, and the others can be revoked`, async () => {
      const odd = await sessionUntil(literal)
      const session = await lane.adapter.createSession(newSession(odd.userId))
      const listed = await lane.adapter.listSessions(odd.userId)
      assert.deepEqual(
        listed.map(({ expires }) => expires),
        [session.expires],
      )
      assert.equal(await lane.adapter.revokeSession(odd.userId, listed[0].id), true)
      assert.deepEqual(await lane.adapter.listSessions(odd.userId), [])
      assert.equal(await lane.adapter.revokeAllSessions(odd.userId), 1)
    })
  }

  for (const [literal, instant] of oddInstants[database.name]) {
    test(`an expiry of ${literal} is ${instant}, also in lists and to pruning`, async () => {
      const { sessionToken, userId } = await sessionUntil(literal)
      const found = await lane.adapter.getSessionAndUser(sessionToken)
      assert.deepEqual(found.session.expires, new Date(instant))
      const lasts = found.session.expires > Date.now()
      assert.deepEqual(
        (await lane.adapter.listSessions(userId)).map(({ expires }) => expires),
        lasts ? [new Date(instant)] : [],
      )
      await lane.adapter.pruneExpired()
      assert.equal((await lane.storedWhere("session", { sessionToken })).length, lasts ? 1 : 0)
    })
  }

  test("integers beyond those that JavaScript's numbers hold exactly are their digits, and can be written back", async () => {
    const account = await lane.adapter.linkAccount(newAccount((await lane.user()).id))
    const { providerAccountId, provider } = account
    const stored = `SELECT CAST("expires_at" AS ${database.name === "mysql" ? "char" : "text"}) AS v FROM "account" WHERE "providerAccountId" = ?`
    for (const digits of ["9223372036854775807", "-9223372036854775808", "9007199254740992", "9007199254740991"]) {
      await lane.rows(`UPDATE "account" SET "expires_at" = ${digits} WHERE "providerAccountId" = ?`, providerAccountId)
      const found = await lane.adapter.getAccount(providerAccountId, provider)
      assert.equal(found.expires_at, digits === "9007199254740991" ? Number(digits) : digits)
      assert.equal((await lane.adapter.listAccounts(account.userId))[0].expires_at, found.expires_at)
      for (const given of [found.expires_at, BigInt(digits), digits]) {
        await lane.adapter.unlinkAccount(account)
        await lane.adapter.linkAccount({ ...account, expires_at: given })
        assert.deepEqual(await lane.adapter.getAccount(providerAccountId, provider), found)
        assert.equal((await lane.rows(stored, providerAccountId))[0].v, digits)
      }
    }
    for (const beyond of [2n ** 63n, "9223372036854775808", 2 ** 62]) {
      await assert.rejects(
        lane.adapter.linkAccount(newAccount(account.userId, { expires_at: beyond })),
        failure("ERR_INVALID_VALUE", { table: "account", field: "expires_at", method: "linkAccount" }),
      )
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
