// A shared statement that another connection cancels: each of its writes is done alone, and nothing of the statement stays open.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession } from "../contract/rows.js"
import { databases } from "../databases.js"
import { otherConnections } from "../databases/mysql.js"
import { blockReads } from "../lookup/blocked.js"

const COUNT = 30
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

/** Cancels what waits for a table. Resolves to how many that are. */
const CANCEL = {
  postgres: async (rows) =>
    (
      await rows(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).length,
  mysql: async (rows) => {
    const waiting = (await otherConnections(rows)).filter(({ state }) => /^Waiting for table/.test(state))
    for (const { id } of waiting) await rows(`KILL QUERY ${id}`)
    return waiting.length
  },
}

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  describe(`a shared statement that is cancelled on ${database.name}`, () => {
    let user
    const lane = openLane(database, { prepare: async (lane) => (user = await lane.user()) })

    test("its writes are done alone, and stay done when the connection goes", { timeout: 60_000 }, async (t) => {
      // One connection: what a statement left open would be in all later ones.
      const adapter = RustAdapter(lane.database.url, { ...database.options, pool: { max: 1 } })
      t.after(() => adapter.close())
      const given = Array.from({ length: COUNT }, (_, index) => newSession(user.id, { expires: instant(index) }))
      for (const session of given) await adapter.createSession(session)
      const unblock = await blockReads(lane, "session")
      const later = (index) => instant(1000 + index)
      const calls = given.map(({ sessionToken }, index) =>
        adapter.updateSession({ sessionToken, expires: later(index) }),
      )
      const ends = Promise.allSettled(calls)
      const shared = () => adapter.stats().batches.writes.statements
      const before = shared()
      const cancel = () => CANCEL[database.name](lane.rows)
      // The first goes alone, and the others follow together.
      await eventually("the first is cancelled", cancel)
      await eventually("the others are on their way", () => shared() > before)
      await eventually("they are cancelled", cancel)
      await unblock()
      const outcomes = await ends
      const failed = outcomes.filter(({ status }) => status === "rejected")
      // The first. Of those that then went alone, none was cancelled.
      assert.ok(failed.length === 1, failed.map(({ reason }) => reason.stack).join("\n"))
      await adapter.close()
      const found = await Promise.all(given.map(({ sessionToken }) => lane.adapter.getSessionAndUser(sessionToken)))
      for (const [index, { status }] of outcomes.entries())
        if (status === "fulfilled") assert.deepEqual(found[index].session.expires, later(index), `session ${index}`)
    })
  })
