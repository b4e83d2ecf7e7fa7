// Look-ups that share queries behind PgBouncer in transaction mode, where each query is a transaction of its own.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { blockReads, queriesUnderWay } from "./blocked.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

for (const postgres of databases.filter(({ name }) => name === "postgres")) {
  const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL)
  after(() => pooler.stop())

  describe("look-ups that share queries behind PgBouncer", () => {
    const people = []
    const lane = openLane(
      {
        ...postgres,
        options: { pooler: "transaction" },
        create: async (options) => {
          const database = await postgres.create(options)
          return { ...database, direct: database.url, url: pooler.through(database.url) }
        },
      },
      {
        prepare: async ({ adapter }) => {
          for (let index = 0; index < 150; index++) {
            const user = await adapter.createUser(newUser())
            people.push({ user, session: await adapter.createSession(newSession(user.id)) })
          }
        },
      },
    )
    const lookUp = ({ session }) => lane.adapter.getSessionAndUser(session.sessionToken)

    test("each caller gets its own row, round after round", { timeout }, async () => {
      for (const callers of [1, 2, 3, 40, 150, 1, 150]) {
        const asked = times(callers, (index) => people[(index * 7) % people.length])
        const nobody = lane.adapter.getSessionAndUser(`nobody among ${callers}`)
        const answers = await Promise.all(asked.map(lookUp))
        assert.deepEqual(answers, asked)
        assert.equal(await nobody, null)
        assert.deepEqual(
          await Promise.all(asked.map(({ user }) => lane.adapter.getUser(user.id))),
          asked.map(({ user }) => user),
        )
      }
    })

    test("many callers need few queries", { timeout }, async () => {
      const server = { name: "postgres", rows: lane.database.rows, database: { url: lane.database.direct } }
      const unblock = await blockReads(server, "session")
      const waiting = people.map(lookUp)
      await sleep(300)
      const queries = await queriesUnderWay(server, 1)
      await unblock()
      assert.deepEqual(await Promise.all(waiting), people)
      assert.ok(
        queries.some((query) => query.includes("= ANY(")),
        "they share one",
      )
      assert.ok(queries.length <= 3, `${queries.length} queries for ${people.length} callers`)
    })

    test("a look-up sees the write that was acknowledged before it, amid others", { timeout }, async () => {
      let busy = true
      const others = times(20, async (index) => {
        while (busy) assert.deepEqual(await lookUp(people[index + 1]), people[index + 1])
      })
      try {
        for (let turn = 0; turn < 60; turn++) {
          const moved = { ...people[0].session, expires: new Date(Date.UTC(2030, 0, 1) + turn) }
          await lane.adapter.updateSession(moved)
          assert.deepEqual((await lookUp(people[0])).session, moved)
        }
      } finally {
        busy = false
        await Promise.all(others)
      }
    })
  })
}
