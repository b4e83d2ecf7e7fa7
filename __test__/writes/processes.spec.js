// Several processes that write the same rows: each an adapter with connections of its own.
import assert from "node:assert/strict"
import { randomInt, randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser } from "../contract/rows.js"
import { databases, enabled } from "../databases.js"
import { startProxy } from "../servers/proxy.js"
import { connectTo } from "./blocked.js"

const timeout = 120_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

/** Makes sessions of a user, so many that a few are looked for by their key. */
const LARGE = {
  postgres: `INSERT INTO "session" ("sessionToken", "userId", "expires")
    SELECT gen_random_uuid()::text, u.id, '2040-01-01' FROM (SELECT ?::text AS id) AS u, generate_series(1, 60000)`,
  mysql: `INSERT INTO "session" ("sessionToken", "userId", "expires")
    WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 900)
    SELECT CONCAT(UUID(), one.n), ?, '2040-01-01' FROM numbers one JOIN numbers other ON other.n <= 60`,
}

/** How many deadlocks the server has found in the lane's database, at least; once its adapters have gone. */
async function deadlocks({ name, rows, database }) {
  if (name === "postgres") {
    const [{ deadlocks }] = await rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return Number(deadlocks)
  }
  const [status] = await rows("SHOW ENGINE INNODB STATUS")
  const [, latest = ""] = /LATEST DETECTED DEADLOCK([^]*?)\nTRANSACTIONS\n/.exec(status.Status) ?? []
  return latest.includes(new URL(database.url).pathname.slice(1)) ? 1 : 0
}

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  describe(`two processes on ${database.name}`, () => {
    let user
    const lane = openLane(database, {
      prepare: async ({ adapter }) => {
        user = await adapter.createUser(newUser())
      },
    })

    test("a statement keeps no row while it cannot have another one", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { ...database.options, pool: { max: 7 } })
      const { run, end } = await connectTo(lane)
      try {
        const tokens = times(40, () => randomUUID()).sort()
        // Servers find them in this order, by an index and without.
        for (const sessionToken of tokens) await lane.adapter.createSession(newSession(user.id, { sessionToken }))
        const [updated, deleted] = [
          tokens.filter((_, index) => index % 2),
          tokens.filter((_, index) => index % 2 === 0),
        ]
        await adapter.getSessionAndUser(updated[0])
        // The last row of each form is another client's, which then wants an early one. The first call goes ahead.
        await run("BEGIN")
        for (const [token] of [updated.slice(-1), deleted.slice(-1)])
          await run(`SELECT 1 FROM "session" WHERE "sessionToken" = '${token}' FOR UPDATE`)
        const calls = [
          ...updated.map((sessionToken, index) => adapter.updateSession({ sessionToken, expires: instant(index) })),
          ...deleted.map((sessionToken) => adapter.deleteSession(sessionToken)),
        ]
        await sleep(500)
        for (const [, token] of [updated, deleted])
          await run(`UPDATE "session" SET "expires" = '2040-01-01' WHERE "sessionToken" = '${token}'`)
        await run("COMMIT")
        await Promise.all(calls)
        const left = (await lane.stored("session")).map(({ sessionToken }) => sessionToken)
        for (const token of tokens) assert.equal(left.includes(token), updated.includes(token))
      } finally {
        await end()
        await adapter.close()
      }
      await sleep(500)
      assert.equal(await deadlocks(lane), 0)
    })

    test("statements of different forms about one table's rows do not lock each other", { timeout }, async () => {
      // Of a small table the server would read all rows, in one order.
      await lane.rows(LARGE[lane.name], user.id)
      await lane.rows(lane.name === "postgres" ? `ANALYZE "session"` : "ANALYZE TABLE session")
      const adapters = times(2, (index) =>
        RustAdapter(lane.database.url, { ...database.options, pool: { max: 4 + index } }),
      )
      try {
        for (let round = 0; round < 15; round++) {
          const made = await Promise.all(times(60, () => lane.adapter.createSession(newSession(user.id))))
          const calls = adapters.flatMap((adapter) =>
            // Each in an order of its own.
            made
              .map((session, index) => ({ ...session, index, place: randomInt(1_000) }))
              .sort((one, other) => one.place - other.place)
              .flatMap(({ sessionToken, index }) => [
                adapter.updateSession({ sessionToken, expires: instant(index) }).then((updated) => {
                  if (updated) assert.deepEqual(updated, { ...made[index], expires: instant(index) })
                }),
                ...(index % 2 ? [adapter.deleteSession(sessionToken)] : []),
                adapter.createSession(newSession(user.id)),
              ]),
          )
          await Promise.all(calls)
          const left = await Promise.all(made.map(({ sessionToken }) => lane.adapter.getSessionAndUser(sessionToken)))
          for (const [index, found] of left.entries())
            if (index % 2) assert.equal(found, null)
            else assert.deepEqual(found.session, { ...made[index], expires: instant(index) })
        }
      } finally {
        for (const adapter of adapters) await adapter.close()
      }
      await sleep(500)
      assert.equal(await deadlocks(lane), 0)
    })
  })

// Where a statement answers the rows that it wrote, there is nothing in between.
if (enabled("mysql"))
  describe("a shared UPDATE that answers by a second statement", () => {
    const database = databases.find(({ name }) => name === "mysql")
    const lane = openLane(database)

    test("does not write over what another process has written since", { timeout }, async (t) => {
      const user = await lane.user()
      const proxy = await startProxy(lane.database.url)
      t.after(proxy.stop)
      // The proxy reads along.
      const adapter = RustAdapter(`${proxy.url}?ssl-mode=DISABLED`, { ...database.options })
      t.after(() => adapter.close())
      const made = await Promise.all(times(2, () => lane.adapter.createSession(newSession(user.id))))
      // Of one that is not there the statement tells only that not all have been written.
      const absent = randomUUID()
      const [ahead, contended] = made
      const asked = [ahead, contended, { sessionToken: absent }]
      const update = ({ sessionToken }, index) => adapter.updateSession({ sessionToken, expires: instant(index) })
      await update(ahead, 50)
      let seen = 0
      const held = proxy.hold((data) => data.includes(absent) && ++seen === 2)
      let calls, goOn
      // Those that find none under way share nothing.
      for (let round = 0; round < 20 && typeof goOn !== "function"; round++) {
        seen = 0
        calls = Promise.all(asked.map(update))
        goOn = await Promise.race([held, calls])
      }
      assert.equal(typeof goOn, "function", "the second statement of those that share one")
      const other = lane.adapter.updateSession({ sessionToken: contended.sessionToken, expires: instant(99) })
      await Promise.race([other, sleep(1_000)])
      goOn()
      assert.deepEqual(await calls, [{ ...ahead, expires: instant(0) }, { ...contended, expires: instant(1) }, null])
      assert.deepEqual(await other, { ...contended, expires: instant(99) })
      await lane.holds("session", { sessionToken: contended.sessionToken }, { ...contended, expires: instant(99) })
    })
  })
