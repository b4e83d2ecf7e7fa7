// One pool per URL and options and process: bounded, shared, trimmed.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { RustAdapter } from "../../index.js"
import { openLane } from "../contract/lane.js"
import { databases } from "../databases.js"
import { connectionCount, connectionIds } from "./connections.js"
import { eventually } from "./program.js"

const timeout = 60_000
/** So long a pool may take to grow, on a machine that is busy with others. */
const GROWTH_MS = 45_000
const root = fileURLToPath(new URL("../..", import.meta.url))

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`the pool on ${database.name}`, () => {
    const lane = openLane(database)

    /** How many connections there are beside those that were there before. */
    const counter = async () => {
      const before = new Set(await connectionIds(lane))
      return async () => (await connectionIds(lane)).filter((id) => !before.has(id)).length
    }

    /** The most connections seen while `work` goes on. */
    const most = async (count, work) => {
      let [seen, working] = [0, true]
      const done = work.finally(() => (working = false))
      while (working) seen = Math.max(seen, await count())
      await done
      return seen
    }

    /**
     * The most connections seen while `load` goes on: once, and again until there are `wanted`. On a busy machine the calls of one load may
     * all be answered before the last connection is open.
     */
    const mostUntil = async (count, wanted, load) => {
      const end = Date.now() + GROWTH_MS
      for (let seen = 0; ; ) {
        seen = Math.max(seen, await most(count, load()))
        const open = await count()
        if (open >= wanted) return Math.max(seen, open)
        assert.ok(Date.now() < end, `not within ${GROWTH_MS} ms: ${wanted} connections, there are ${open}`)
      }
    }

    test("opens max connections at most, also under load", { timeout }, async (t) => {
      const user = await lane.user()
      const count = await counter()
      const adapter = RustAdapter(lane.database.url, { pool: { max: 3 } })
      t.after(() => adapter.close())
      const load = () =>
        Promise.all(
          Array.from({ length: 60 }, async () => {
            // Look-ups share queries, and most writes statements, and with them connections.
            for (let i = 0; i < 5; i++) await adapter.deleteUser(`nobody-${i}`)
            for (let i = 0; i < 20; i++) assert.deepEqual(await adapter.getUser(user.id), user)
          }),
        )
      const seen = await mostUntil(count, 3, load)
      assert.ok(seen <= 3, `${seen} connections`)
      assert.equal(await count(), 3)
    })

    test("?connection_limit= is max, too", { timeout }, async (t) => {
      const count = await counter()
      const adapter = RustAdapter(`${lane.database.url}?connection_limit=2`)
      t.after(() => adapter.close())
      const load = () => Promise.all(Array.from({ length: 300 }, (_, i) => adapter.deleteUser(`nobody-${i}`)))
      const seen = await mostUntil(count, 2, load)
      assert.ok(seen <= 2, `${seen} connections`)
      assert.equal(await count(), 2)
    })

    test("one call after another needs one connection", { timeout }, async (t) => {
      const count = await counter()
      const adapter = RustAdapter(lane.database.url, { pool: { max: 8 } })
      t.after(() => adapter.close())
      for (let i = 0; i < 20; i++) await adapter.getUser("x")
      assert.equal(await count(), 1)
    })

    test("is one for many adapters of the same URL and options", { timeout }, async (t) => {
      const count = await counter()
      const make = () => RustAdapter({ url: lane.database.url, pool: { max: 4, idleTimeoutMs: 30_000 } })
      const adapters = Array.from({ length: 100 }, make)
      t.after(() => Promise.all(adapters.map((adapter) => adapter.close())))
      const seen = await most(
        count,
        Promise.all(adapters.flatMap((adapter) => [adapter.getUser("x"), make().getUser("y")])),
      )
      assert.ok(seen <= 4, `${seen} connections`)
    })

    test("is one however often the package is loaded, as on hot reload", { timeout }, async (t) => {
      const user = await lane.user()
      const count = await counter()
      const require = createRequire(import.meta.url)
      const ours = (path) => path.startsWith(root) && !path.includes("node_modules")
      const adapters = Array.from({ length: 10 }, () => {
        for (const path of Object.keys(require.cache).filter(ours)) delete require.cache[path]
        return require("../../index.js").RustAdapter(lane.database.url, { pool: { max: 2, idleTimeoutMs: 50_000 } })
      })
      t.after(() => Promise.all(adapters.map((adapter) => adapter.close())))
      const found = await Promise.all(
        adapters.flatMap((adapter) => [adapter.getUser(user.id), adapter.getUser(user.id)]),
      )
      assert.deepEqual(found, Array(20).fill(user))
      assert.ok((await count()) <= 2)
    })

    test("is another for other options", { timeout }, async (t) => {
      const count = await counter()
      const make = (idleTimeoutMs) => RustAdapter(lane.database.url, { pool: { max: 1, idleTimeoutMs } })
      const adapters = [make(40_000), make(40_001)]
      t.after(() => Promise.all(adapters.map((adapter) => adapter.close())))
      await Promise.all(adapters.map((adapter) => adapter.getUser("x")))
      assert.equal(await count(), 2)
    })

    test("closes what has been idle for idleTimeoutMs, and opens anew", { timeout }, async (t) => {
      const count = await counter()
      const adapter = RustAdapter(lane.database.url, { pool: { max: 5, idleTimeoutMs: 2000 } })
      t.after(() => adapter.close())
      await Promise.all(Array.from({ length: 50 }, () => adapter.getUser("x")))
      assert.ok((await count()) > 0)
      await eventually("all idle connections are closed", async () => (await count()) === 0)
      assert.equal(await adapter.getUser("x"), null)
      assert.equal(await count(), 1)
    })

    test("keeps the connection in use while the others leave", { timeout }, async (t) => {
      const count = await counter()
      const adapter = RustAdapter(lane.database.url, { pool: { max: 5, idleTimeoutMs: 800 } })
      t.after(() => adapter.close())
      await Promise.all(Array.from({ length: 50 }, () => adapter.getUser("x")))
      await eventually("one connection is left", async () => {
        await adapter.getUser("x")
        return (await count()) === 1
      })
    })

    test("replaces a connection after maxLifetimeMs, though it is in use", { timeout }, async (t) => {
      const before = new Set(await connectionIds(lane))
      const adapter = RustAdapter(lane.database.url, { pool: { max: 1, maxLifetimeMs: 300 } })
      t.after(() => adapter.close())
      const seen = new Set()
      await eventually("three connections have come, one after the other", async () => {
        assert.equal(await adapter.getUser("x"), null)
        const ids = (await connectionIds(lane)).filter((id) => !before.has(id))
        for (const id of ids) seen.add(id)
        return seen.size >= 3
      })
      await eventually("the old ones are gone", async () => (await connectionCount(lane)) <= before.size + 1)
    })

    test("a connection that the server has ended is replaced", { timeout }, async (t) => {
      const before = new Set(await connectionIds(lane))
      const adapter = RustAdapter(lane.database.url, { pool: { max: 3 } })
      t.after(() => adapter.close())
      const user = await lane.user()
      await Promise.all(Array.from({ length: 30 }, () => adapter.getUser(user.id)))
      const ids = (await connectionIds(lane)).filter((id) => !before.has(id))
      for (const id of ids)
        await lane.rows(database.name === "postgres" ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`)
      await eventually("they are gone", async () => (await connectionCount(lane)) <= before.size)
      assert.deepEqual(
        await Promise.all(Array.from({ length: 30 }, () => adapter.getUser(user.id))),
        Array(30).fill(user),
      )
    })
  })
}
