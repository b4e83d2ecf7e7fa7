// Servers that crash and come back, and networks that break: reads recover by themselves, nothing hangs.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { enabled } from "../databases.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startPostgres } from "../servers/postgres.js"
import { startProxy } from "../servers/proxy.js"
import { eventually } from "./program.js"

const timeout = 60_000
const servers = {
  postgres: startPostgres,
  mysql: async () => {
    // What was committed survives a crash of the server.
    const server = await startMariaDb({ args: ["--innodb-flush-log-at-trx-commit=2"] })
    const [url, database] = [new URL(server.url), "auth"]
    const { default: mysql } = await import("mysql2/promise")
    const connection = await mysql.createConnection(server.url)
    await connection.query(`CREATE DATABASE ${database}`)
    await connection.end()
    url.pathname = `/${database}`
    return { ...server, url: url.href }
  },
}

const many = (call) => Promise.all(Array.from({ length: 20 }, call))
/** What a call comes to whose server goes away: an answer, or ERR_CONNECT. */
const answerOr = (code) => (promise) =>
  promise.then(
    (value) => value,
    (error) => failure(code)(error) && null,
  )

for (const [name, start] of Object.entries(servers).filter(([name]) => enabled(name))) {
  describe(`a broken network to ${name}`, () => {
    let server
    before(async () => (server = await start()))
    after(() => server?.stop())

    const open = async (t, url, pool) => {
      const adapter = RustAdapter(url, { migrate: true, pool })
      t.after(() => adapter.close())
      return { adapter, user: await adapter.createUser(newUser()) }
    }

    test("a load balancer without a server behind it, for a second: calls wait for it, and none fails", {
      timeout,
    }, async (t) => {
      const proxy = await startProxy(server.url)
      t.after(() => proxy.stop())
      const { adapter, user } = await open(t, proxy.url, { max: 5 })
      await many(() => adapter.getUser(user.id))
      proxy.turnAway()
      const meanwhile = [
        many(() => adapter.getUser(user.id)),
        many(() => adapter.createUser(newUser())),
        many(() => adapter.deleteUser("nobody")),
      ]
      await sleep(1000)
      proxy.resume()
      const [found, made, deleted] = await Promise.all(meanwhile)
      assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([user.id]))
      assert.equal(new Set(made.map(({ id }) => id)).size, 20)
      assert.deepEqual(deleted, Array(20).fill(null))
    })

    test("a server that crashes is ERR_CONNECT; when it is back, reads are answered at once", {
      timeout,
    }, async (t) => {
      // A server that is gone is waited for until a call's time is up.
      const { adapter, user } = await open(t, server.url, { max: 5, operationTimeoutMs: 2000 })
      await many(() => adapter.getUser(user.id)) // all five connections are open
      const inFlight = many(() => answerOr("ERR_CONNECT")(adapter.getUser(user.id)))
      await server.kill()
      for (const answer of await inFlight) assert.ok(answer === null || answer.id === user.id)
      await assert.rejects(adapter.getUser(user.id), failure("ERR_CONNECT", { method: "getUser" }))
      await assert.rejects(adapter.createUser(newUser()), failure("ERR_CONNECT", { method: "createUser" }))
      await server.restart()
      assert.deepEqual(await many(() => adapter.getUser(user.id)), Array(20).fill(user))
      assert.deepEqual((await adapter.updateUser({ id: user.id, name: "again" })).name, "again")
    })

    test("a restart that the pool has not noticed: idle connections are dead, and reads are answered all the same", {
      timeout,
    }, async (t) => {
      const { adapter, user } = await open(t, server.url, { max: 5 })
      await many(() => adapter.getUser(user.id))
      await server.restart()
      assert.deepEqual(await many(() => adapter.getUser(user.id)), Array(20).fill(user))
      assert.deepEqual((await adapter.updateUser({ id: user.id, name: "again" })).name, "again")
    })

    test("a write on a dead connection is ERR_CONNECT or done, never twice, and the next one is done", {
      timeout,
    }, async (t) => {
      const { adapter } = await open(t, server.url, { max: 5 })
      await many(() => adapter.getUser("x"))
      await server.restart()
      const users = Array.from({ length: 20 }, () => newUser())
      const outcomes = await Promise.all(users.map((user) => answerOr("ERR_CONNECT")(adapter.createUser(user))))
      for (const [index, user] of users.entries()) {
        const stored = await adapter.getUser(user.id)
        if (outcomes[index]) assert.deepEqual(stored, user)
        else if (!stored) assert.deepEqual(await adapter.createUser(user), user)
      }
    })

    test("connections that are cut: reads are answered at once", { timeout }, async (t) => {
      const proxy = await startProxy(server.url)
      t.after(() => proxy.stop())
      const { adapter, user } = await open(t, proxy.url, { max: 5 })
      for (let round = 0; round < 5; round++) {
        await many(() => adapter.getUser(user.id))
        proxy.cut()
        await sleep(20)
        assert.deepEqual(await many(() => adapter.getUser(user.id)), Array(20).fill(user))
      }
    })

    test("a server that says nothing any more is ERR_TIMEOUT in bounded time, and the pool recovers", {
      timeout,
    }, async (t) => {
      const proxy = await startProxy(server.url)
      t.after(() => proxy.stop())
      const { user } = await open(t, server.url)
      const adapter = RustAdapter(proxy.url, {
        pool: { max: 3, operationTimeoutMs: 1000, connectTimeoutMs: 800, acquireTimeoutMs: 900 },
      })
      t.after(() => adapter.close())
      await eventually("the adapter has connected, however slow the machine", () =>
        adapter.getUser(user.id).then(Boolean, () => false),
      )
      proxy.stall()
      for (let round = 0; round < 3; round++) {
        const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => adapter.getUser(user.id)))
        for (const { reason } of outcomes) assert.match(reason?.code ?? "answered", /^ERR_(TIMEOUT|CONNECT)$/)
      }
      proxy.resume()
      await eventually("reads are answered again", () =>
        adapter.getUser(user.id).then(
          (found) => found?.id === user.id,
          () => false,
        ),
      )
      for (let round = 0; round < 3; round++) assert.deepEqual(await adapter.getUser(user.id), user)
      assert.ok(proxy.connections() <= 3)
    })

    test("close() while the server says nothing does not hang", { timeout }, async (t) => {
      const proxy = await startProxy(server.url)
      t.after(() => proxy.stop())
      const adapter = RustAdapter(proxy.url, { migrate: true, pool: { operationTimeoutMs: 1000 } })
      await eventually("the adapter has connected, however slow the machine", () =>
        adapter.getUser("x").then(
          () => true,
          () => false,
        ),
      )
      proxy.stall()
      const pending = assert.rejects(adapter.getUser("x"), failure("ERR_TIMEOUT"))
      await adapter.close()
      await pending
    })
  })
}
