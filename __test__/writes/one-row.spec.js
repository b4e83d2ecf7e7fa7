// Writes of one row that come at the same time, and deletions of rows that others' rows refer to: what keeps them keeps no stranger.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { keepRow } from "./blocked.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
/** Long before an operation's time is up, which is after 15 seconds. */
const SOON = 5_000

const soon = (calls) =>
  Promise.race([
    Promise.all(calls),
    sleep(SOON, undefined, { ref: false }).then(() => assert.fail(`not within ${SOON} ms`)),
  ])

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  describe(`writes of one row on ${database.name}`, () => {
    let user
    const lane = openLane(database, {
      prepare: async ({ adapter, rows }) => {
        user = await adapter.createUser(newUser())
        // A column like the one that it refers to, whose collation is not the database's.
        await rows(`CREATE TABLE "cart" AS SELECT 0 AS "id", "sessionToken" AS "token" FROM "session" WHERE 1 = 0`)
        await rows(`ALTER TABLE "cart" ADD PRIMARY KEY ("id")`)
        await rows(
          `ALTER TABLE "cart" ADD FOREIGN KEY ("token") REFERENCES "session" ("sessionToken") ON DELETE CASCADE`,
        )
      },
    })
    const session = () => lane.adapter.createSession(newSession(user.id))

    test("twenty of a row are done one after the other, and none is lost", { timeout }, async () => {
      const { sessionToken } = await session()
      const dates = times(20, (index) => new Date(Math.floor(inDays(9).getTime() / 1000) * 1000 + index * 1000))
      const updated = await Promise.all(dates.map((expires) => lane.adapter.updateSession({ sessionToken, expires })))
      assert.deepEqual(
        updated.map(({ expires }) => expires),
        dates,
      )
      const { session: stored } = await lane.adapter.getSessionAndUser(sessionToken)
      assert.ok(dates.some((date) => date.getTime() === stored.expires.getTime()))
      const deleted = await Promise.all(times(20, () => lane.adapter.deleteSession(sessionToken)))
      assert.equal(deleted.filter(Boolean).length, 1)
    })

    test("a deletion that waits for a row that refers to its own keeps no stranger", { timeout }, async () => {
      const made = await Promise.all(times(12, session))
      const [kept] = made.splice(5, 1)
      await lane.rows(`INSERT INTO "cart" VALUES (1, '${kept.sessionToken}')`)
      const letGo = await keepRow(lane, "cart", "id", 1)
      const remove = ({ sessionToken }) => lane.adapter.deleteSession(sessionToken)
      // The first goes ahead, and the others share a statement.
      const [first, ...others] = made
      const begun = remove(first)
      let waits = true
      const call = remove(kept).finally(() => (waits = false))
      await soon([begun, ...others.map(remove)])
      assert.ok(waits, "the caller of the kept row waits")
      await letGo()
      await call
      assert.deepEqual(await lane.rows(`SELECT "id" FROM "cart"`), [])
    })
  })
