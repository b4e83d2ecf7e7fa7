// What an adapter tells of itself: its calls, who served them, its connections, its tables, what it has deleted.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { connectionIds } from "../boundary/connections.js"
import { eventually } from "../boundary/program.js"
import { openLane } from "../contract/lane.js"
import { failure } from "../contract/failure.js"
import { inDays, newUser } from "../contract/rows.js"
import { otherConnections } from "../databases/mysql.js"
import { databases } from "../databases.js"
import { blockReads, queriesUnderWay } from "../lookup/blocked.js"

const dialects = { sqlite: "sqlite", postgres: "postgres", mysql: "mariadb" }

/** What ends a connection from outside. */
const kill = {
  postgres: (id) => [`SELECT pg_terminate_backend(${id})`],
  mysql: (id) => [`KILL ${id}`],
}

const BLOCKED = `SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

/** The connections whose statements wait for a table. */
const blocked = {
  postgres: async (rows) => (await rows(BLOCKED)).map(({ id }) => id),
  mysql: async (rows) =>
    (await otherConnections(rows)).filter(({ state }) => /^Waiting for table/.test(state)).map(({ id }) => id),
}

for (const database of databases) {
  const isServer = database.name !== "sqlite"
  describe(`stats on ${database.name}`, () => {
    const lane = openLane(database)
    /** An adapter with a pool, and counters, of its own. */
    const open = (t, options) => {
      const adapter = RustAdapter(lane.database.url, {
        pool: { max: 3, operationTimeoutMs: 14_000 + serial++ },
        ...options,
      })
      t?.after(() => adapter.close())
      return adapter
    }
    let serial = 0
    /** SQLite reads without a connection of the pool, answers each look-up by itself, and has no server to break a connection. */
    const onServers = isServer ? test : () => {}

    test("before the first call there is nothing", (t) => {
      const { calls, connections, learnt, pruned, pooler } = open(t).stats()
      assert.deepEqual(calls, {})
      assert.deepEqual([connections.max, connections.open, connections.opened, connections.waited.count], [3, 0, 0, 0])
      assert.deepEqual(learnt, { dialect: null, tables: {}, looks: 0, lookedAt: null, learntAt: null })
      assert.deepEqual([pruned.sessions, pruned.steps, pruned.lastStepAt, pruned.sweeps], [0, 0, null, 0])
      assert.equal(pooler, null)
    })

    test("calls by method, errors by code, with times", async (t) => {
      const adapter = open(t)
      const user = await adapter.createUser(newUser())
      for (let time = 0; time < 5; time++) assert.deepEqual(await adapter.getUser(user.id), user)
      await assert.rejects(adapter.createUser(newUser({ email: user.email })), failure("ERR_UNIQUE"))
      const { calls } = adapter.stats()
      assert.deepEqual(Object.keys(calls).sort(), ["createUser", "getUser"])
      assert.deepEqual([calls.getUser.count, calls.getUser.errors], [5, {}])
      assert.deepEqual([calls.createUser.count, calls.createUser.errors], [2, { ERR_UNIQUE: 1 }])
      for (const { totalMs, maxMs, p50Ms, p95Ms, p99Ms } of Object.values(calls)) {
        assert.ok(0 < p50Ms && p50Ms <= p95Ms && p95Ms <= p99Ms && p99Ms <= maxMs && maxMs <= totalMs)
      }
    })

    test("every call has gone one way", async (t) => {
      const adapter = open(t)
      const user = await adapter.createUser(newUser())
      await adapter.getUser(user.id)
      await Promise.all(Array.from({ length: 40 }, () => adapter.getUser(user.id)))
      await adapter.updateUser({ id: user.id, name: "Ada" })
      await adapter.deleteUser(user.id)
      const { calls, routes } = adapter.stats()
      const all = (counts) => counts.reduce((sum, count) => sum + count, 0)
      assert.equal(calls.getUser.count, 41)
      assert.equal(all(Object.values(routes)), all(Object.values(calls).map(({ count }) => count)))
      if (isServer) assert.equal(routes.batched, 41)
      else assert.ok(routes.callingThread >= 41 && routes.writerThread >= 2, JSON.stringify(routes))
    })

    onServers("look-ups and writes that share statements", async (t) => {
      const adapter = open(t)
      const users = await Promise.all(Array.from({ length: 30 }, () => lane.user()))
      await adapter.getUser(users[0].id)
      for (let round = 0; round < 5; round++) await Promise.all(users.map(({ id }) => adapter.getUser(id)))
      const { lookups, writes } = adapter.stats().batches
      assert.equal(lookups.calls, 151)
      assert.ok(lookups.statements < 100 && lookups.max > 1 && lookups.p50 <= lookups.max, JSON.stringify(lookups))
      assert.equal(writes.statements, 0)
      const tokens = users.map(({ id }) => ({ sessionToken: crypto.randomUUID(), userId: id, expires: inDays(1) }))
      for (const session of tokens) await adapter.createSession(session)
      const expires = inDays(2)
      const change = ({ sessionToken }) => adapter.updateSession({ sessionToken, expires })
      // A crowd shares statements as soon as one has to wait for another, which a quick server does not promise of any one crowd.
      for (let round = 0; round < 30 && adapter.stats().batches.writes.statements === 0; round++)
        await Promise.all(tokens.map(change))
      const shared = adapter.stats().batches.writes
      assert.ok(
        shared.statements >= 1 && shared.max > 1 && shared.calls >= shared.statements * 2,
        JSON.stringify(shared),
      )
    })

    /** What so many calls come to that wait for `table` at the same time, by so many statements at least, whose connections then break. */
    async function broken(table, statements, calls) {
      const unblock = await blockReads(lane, table)
      const outcomes = Promise.all(calls.map((call) => call()))
      await sleep(300)
      await queriesUnderWay(lane, statements)
      const own = await blocked[database.name](lane.rows)
      for (const id of own) await lane.rows(...kill[database.name](id))
      await sleep(300)
      await unblock()
      assert.ok(own.length > 0)
      return outcomes
    }

    onServers("what a statement is asked again, since its connection has gone, counts once", async (t) => {
      const adapter = open(t)
      const users = await Promise.all(Array.from({ length: 20 }, () => lane.user()))
      await adapter.getUser(users[0].id)
      assert.deepEqual(
        await broken(
          "user",
          1,
          users.map(
            ({ id }) =>
              () =>
                adapter.getUser(id),
          ),
        ),
        users,
      )
      assert.equal(adapter.stats().batches.lookups.calls, 21)
      if (database.name !== "mysql") return
      const given = { userId: users[0].id, expires: inDays(1) }
      const sessions = users.map(() => ({ sessionToken: crypto.randomUUID(), ...given }))
      for (const session of sessions) await adapter.createSession(session)
      const expires = inDays(2)
      await broken(
        "session",
        2,
        sessions.map(
          ({ sessionToken }) =>
            () =>
              adapter.updateSession({ sessionToken, expires }),
        ),
      )
      for (const { sessionToken } of sessions)
        assert.deepEqual((await lane.adapter.getSessionAndUser(sessionToken)).session.expires, expires)
      // MariaDB is sent a whole transaction at once. Whether it took effect is not known when the connection goes: each caller settles its
      // own, and they share the next one.
      assert.equal(adapter.stats().batches.writes.calls, database.flavour === "mysql" ? 19 : 38)
    })

    onServers("connections: opened, idle, waited for, broken", async (t) => {
      const before = new Set(await connectionIds(lane))
      const adapter = open(t)
      const users = await Promise.all(Array.from({ length: 20 }, () => lane.user()))
      // Deletions of users share no statements.
      await Promise.all(users.map(({ id }) => adapter.deleteUser(id)))
      // One that was begun for a call which another one has served may still be on its way.
      await eventually("no connection is being opened", () => {
        const { open, opened } = adapter.stats().connections
        return open === opened
      })
      const busy = adapter.stats().connections
      assert.ok(busy.opened >= 1 && busy.opened <= 3 && busy.open === busy.opened, JSON.stringify(busy))
      assert.ok(busy.waited.count >= 20 && busy.waited.totalMs > 0 && busy.waiting === 0)
      assert.equal(busy.broken, 0)
      const own = (await connectionIds(lane)).filter((id) => !before.has(id))
      for (const id of own) await lane.rows(...kill[database.name](id))
      // A read, or a write that finds out before it is sent, is made again.
      await adapter.getUser("nobody")
      await adapter.getUser("nobody")
      const after = adapter.stats().connections
      assert.ok(after.opened > busy.opened, JSON.stringify(after))
      assert.ok(after.broken >= 1, JSON.stringify(after))
    })

    onServers("a call that gets no connection is counted", async (t) => {
      const adapter = open(t, { pool: { max: 1, acquireTimeoutMs: 50, operationTimeoutMs: 13_000 } })
      await adapter.getUser("nobody")
      const users = await Promise.all(Array.from({ length: 100 }, () => lane.user()))
      const deleting = users.map(({ id }) => adapter.deleteUser(id).catch(({ code }) => code))
      const codes = (await Promise.all(deleting)).filter((each) => typeof each === "string")
      const { calls, connections } = adapter.stats()
      assert.equal(calls.deleteUser.errors.ERR_TIMEOUT ?? 0, codes.length)
      assert.equal(connections.timedOut > 0, codes.length > 0)
    })

    test("what was learnt, and when", async (t) => {
      const began = Date.now()
      const adapter = open(t)
      await adapter.getUser("nobody")
      const { learnt, pooler } = adapter.stats()
      assert.equal(learnt.dialect, lane.flavour ?? dialects[database.name])
      assert.ok(
        learnt.tables.user && learnt.tables.session && !/["`.]/.test(learnt.tables.user),
        JSON.stringify(learnt),
      )
      assert.ok((await lane.stored("user")) && learnt.looks >= 1)
      for (const time of [learnt.lookedAt, learnt.learntAt]) {
        assert.ok(time instanceof Date && time.getTime() >= began && time.getTime() <= Date.now())
      }
      assert.equal(pooler, "none")
    })

    test("what has been deleted because it had expired", async (t) => {
      const adapter = open(t)
      const { id } = await lane.user()
      for (let time = 0; time < 3; time++)
        await adapter.createSession({ sessionToken: crypto.randomUUID(), userId: id, expires: inDays(-1) })
      const deleted = await adapter.pruneExpired({ batchSize: 2 })
      const { pruned } = adapter.stats()
      assert.deepEqual([pruned.sessions, pruned.verificationTokens], [deleted.sessions, deleted.verificationTokens])
      assert.ok(pruned.sessions >= 3 && pruned.steps >= 2 && pruned.lastStepAt instanceof Date)
    })

    test("the rounds of the option prune", async (t) => {
      const adapter = open(t, { prune: { everyMs: 20 } })
      await adapter.getUser("nobody")
      for (let turn = 0; turn < 500 && adapter.stats().pruned.sweeps === 0; turn++)
        await new Promise((resolve) => setTimeout(resolve, 20))
      const { sweeps, lastSweepAt, lastError } = adapter.stats().pruned
      assert.ok(sweeps >= 1 && lastSweepAt instanceof Date)
      assert.equal(lastError, null)
    })

    test("no value is in it", async (t) => {
      const adapter = open(t)
      const secret = `secret-${crypto.randomUUID()}`
      const user = await adapter.createUser(newUser({ email: `${secret}@example.com`, name: secret }))
      await adapter.createSession({ sessionToken: secret, userId: user.id, expires: inDays(1) })
      await adapter.getSessionAndUser(secret)
      await assert.rejects(adapter.createUser(newUser({ email: user.email })), failure("ERR_UNIQUE"))
      const text = JSON.stringify(adapter.stats())
      assert.ok(!text.includes(secret) && !text.includes(user.id))
    })

    test("after close it throws ERR_CLOSED", async () => {
      const adapter = open()
      await adapter.getUser("nobody")
      await adapter.close()
      assert.throws(() => adapter.stats(), { code: "ERR_CLOSED", method: "stats" })
    })
  })
}

test("a URL that cannot be used: its failed calls are counted", async () => {
  const adapter = RustAdapter("nonsense://somewhere")
  await assert.rejects(adapter.getUser("1"), { code: "ERR_CONFIG" })
  const { calls, connections, learnt } = adapter.stats()
  assert.deepEqual([calls.getUser.count, calls.getUser.errors], [1, { ERR_CONFIG: 1 }])
  assert.deepEqual([connections, learnt], [null, null])
})
