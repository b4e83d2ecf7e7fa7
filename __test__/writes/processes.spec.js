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

const timeout = 120_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

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

    test("statements of different forms about one table's rows do not lock each other", { timeout }, async () => {
      const adapters = times(2, (index) => RustAdapter(lane.database.url, { ...database.options, pool: { max: 4 + index } }))
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
          const left = new Map((await lane.stored("session")).map((row) => [row.sessionToken, row.expires]))
          for (const [index, { sessionToken }] of made.entries())
            assert.equal(left.get(sessionToken), index % 2 ? undefined : instant(index).getTime())
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
      const adapter = RustAdapter(proxy.url, { ...database.options })
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
      const calls = Promise.all(asked.map(update))
      const goOn = await Promise.race([held, calls])
      assert.equal(typeof goOn, "function", "the second statement of those that share one")
      const other = lane.adapter.updateSession({ sessionToken: contended.sessionToken, expires: instant(99) })
      await Promise.race([other, sleep(1_000)])
      goOn()
      assert.deepEqual(await calls, [
        { ...ahead, expires: instant(0) },
        { ...contended, expires: instant(1) },
        null,
      ])
      assert.deepEqual(await other, { ...contended, expires: instant(99) })
      await lane.holds("session", { sessionToken: contended.sessionToken }, { ...contended, expires: instant(99) })
    })
  })
