// A CHECK of the application's that one caller's row breaks is that caller's error, and no reason for the others to stop sharing statements.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads } from "../lookup/blocked.js"

const CALLERS = 20
const [allowed, refused] = [new Date("2038-01-01T00:00:00.000Z"), new Date("2040-01-01T00:00:00.000Z")]

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  describe(`writes that a CHECK refuses on ${database.name}`, () => {
    const lane = openLane(database)

    test("each round shares statements, and one caller alone is refused", { timeout: 60_000 }, async (t) => {
      const user = await lane.adapter.createUser(newUser())
      await lane.rows(`ALTER TABLE "session" ADD CONSTRAINT "not_for_ever" CHECK ("expires" < '2039-01-01')`)
      const adapter = RustAdapter(lane.database.url)
      t.after(() => adapter.close())
      const make = () => adapter.createSession(newSession(user.id, { expires: allowed }))
      const made = await Promise.all(Array.from({ length: CALLERS }, make))
      /** All at once, while the table is blocked, so that those behind the first one come to share a statement. */
      const together = async (calls) => {
        const unblock = await blockReads(lane, "session")
        const outcomes = Promise.allSettled(calls.map((call) => call()))
        await sleep(300)
        await unblock()
        return outcomes
      }
      const shared = () => adapter.stats().batches.writes.calls
      const update = (dateOf) =>
        made.map(
          ({ sessionToken }, index) =>
            () =>
              adapter.updateSession({ sessionToken, expires: dateOf(index) }),
        )
      for (let round = 1; round <= 3; round++) {
        const before = shared()
        const outcomes = await together(update((index) => (index === 7 ? refused : new Date(allowed - round * 1000))))
        const wrong = outcomes.map(({ reason }, index) => reason && [index, reason.constraint]).filter(Boolean)
        assert.deepEqual(wrong, [[7, "not_for_ever"]], `round ${round}`)
        assert.ok(shared() > before, `round ${round} shares`)
      }
      const before = shared()
      const outcomes = await together(update((index) => new Date(allowed - (60 + index) * 1000)))
      for (const [index, { value }] of outcomes.entries())
        assert.deepEqual(value.expires, new Date(allowed - (60 + index) * 1000))
      assert.ok(shared() > before, "they share")
    })
  })
