// The option `log`, and the messages on diagnostics channels.
import assert from "node:assert/strict"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads } from "../lookup/blocked.js"

for (const database of databases)
  describe(`the log on ${database.name}`, () => {
    const lane = openLane(database)
    const open = (t, log, options) => {
      const adapter = RustAdapter(lane.database.url, { ...options, log })
      t.after(() => adapter.close())
      return adapter
    }
    const collect = () => {
      const lines = []
      return [lines, (level, message, details) => lines.push({ level, message, details })]
    }

    test("a function hears of failures, by code", async (t) => {
      const [lines, log] = collect()
      const adapter = open(t, log)
      const user = await adapter.createUser(newUser())
      await assert.rejects(adapter.createUser(newUser({ email: user.email })), failure("ERR_UNIQUE"))
      assert.equal(lines.length, 1)
      const [{ level, message, details }] = lines
      assert.deepEqual([level, message], ["error", "createUser failed: ERR_UNIQUE"])
      assert.deepEqual([details.method, details.code], ["createUser", "ERR_UNIQUE"])
      assert.ok(details.durationMs > 0 && typeof details.table === "string" && typeof details.system === "string")
      assert.ok(!JSON.stringify(lines).includes(user.email))
    })

    test("levels", async (t) => {
      const said = async (settings) => {
        const [lines, log] = collect()
        const adapter = open(t, { slowCallMs: 0, ...settings, log })
        const user = await adapter.createUser(newUser())
        await adapter.createUser(newUser({ email: user.email })).catch(() => {})
        return lines.map(({ level }) => level).sort()
      }
      assert.deepEqual(await said({ level: "error" }), ["error"])
      assert.deepEqual(await said({}), ["error", "warn", "warn"])
      assert.deepEqual(await said({ level: "info" }), ["error", "warn", "warn"])
      assert.deepEqual(await said({ level: "debug", slowCallMs: 60_000 }), ["debug", "error"])
      assert.deepEqual(await said({ level: "debug", disabled: true }), [])
    })

    test("a slow call is a warning with what it waited for", async (t) => {
      const [lines, log] = collect()
      const adapter = open(t, { log, slowCallMs: 0 }, { pool: { max: 1 } })
      await adapter.createUser(newUser())
      const crowded = lane.name === "sqlite" ? "writer" : "connection"
      let reasons = new Set()
      // Of a crowd that is quick, none may wait for longer than for its own answer.
      for (let crowds = 0; crowds < 40 && !reasons.has(crowded); crowds++) {
        const users = await Promise.all(Array.from({ length: 50 }, () => lane.user()))
        lines.length = 0
        // They share no statements.
        await Promise.all(users.map(({ id }) => adapter.deleteUser(id)))
        reasons = new Set(lines.map(({ details }) => details.reason))
        assert.equal(lines.length, 50)
        assert.ok(lines.every(({ level, details }) => level === "warn" && details.waitedForConnectionMs !== undefined))
      }
      assert.ok(reasons.has(crowded), JSON.stringify([...reasons]))
      const { message } = lines.find(({ details }) => details.reason === crowded)
      const expected = { writer: /most of that it waited for other writes$/, connection: /a connection of the pool$/ }
      assert.match(message, expected[crowded])
      lines.length = 0
      await adapter.getUserByEmail("nobody@example.com")
      const [{ details, message: lone }] = lines
      assert.equal(details.reason, "server")
      assert.match(lone, /^getUserByEmail took [\d.]+ ms: most of that it waited for the database's answer$/)
    })

    if (lane.name !== "sqlite")
      test("a write that shares a statement has waited for the ones before it", async (t) => {
        const [lines, log] = collect()
        const adapter = open(t, { log, slowCallMs: 0 }, { pool: { max: 1 } })
        const user = await adapter.createUser(newUser())
        const sessions = await Promise.all(Array.from({ length: 5 }, () => adapter.createSession(newSession(user.id))))
        const expires = inDays(40)
        await adapter.updateSession({ sessionToken: sessions[0].sessionToken, expires })
        const unblock = await blockReads(lane, "session")
        lines.length = 0
        const calls = sessions.map(({ sessionToken }) => adapter.updateSession({ sessionToken, expires }))
        await sleep(600)
        await unblock()
        await Promise.all(calls)
        const reasons = lines.map(({ details }) => details.reason).sort()
        assert.deepEqual(reasons, ["server", "writer", "writer", "writer", "writer"])
        const { message, details } = lines.find(({ details }) => details.reason === "writer")
        assert.match(message, /most of that it waited for other writes$/)
        assert.ok(details.waitedForWriterMs > 400 && details.waitedForWriterMs <= details.durationMs)
        assert.ok(details.waitedForConnectionMs < 200)
      })

    test("a log that throws disturbs no call", async (t) => {
      const adapter = open(t, {
        level: "debug",
        log() {
          throw new Error("the disk is full")
        },
      })
      const user = await adapter.createUser(newUser())
      assert.deepEqual(await adapter.getUser(user.id), user)
    })

    test("messages on diagnostics channels", async (t) => {
      const [calls, shared] = [[], []]
      const channels = {
        "rust-auth-adapter:call": (message) => calls.push(message),
        "rust-auth-adapter:shared-query": (message) => shared.push(message),
      }
      const adapter = open(t, undefined)
      const user = await adapter.createUser(newUser())
      for (const [name, hear] of Object.entries(channels)) subscribe(name, hear)
      await adapter.getUser(user.id)
      await adapter.createUser(user).catch(() => {})
      await Promise.all(Array.from({ length: 30 }, () => adapter.getUser(user.id)))
      for (const [name, hear] of Object.entries(channels)) unsubscribe(name, hear)
      await adapter.getUser(user.id)
      assert.equal(calls.length, 32)
      assert.deepEqual([calls[0].method, calls[0].code], ["getUser", undefined])
      assert.deepEqual([calls[1].method, calls[1].code], ["createUser", "ERR_UNIQUE"])
      assert.equal(shared.length > 0, lane.name !== "sqlite")
      for (const { method, calls, durationMs } of shared) assert.ok(method === "getUser" && calls > 1 && durationMs > 0)
      assert.ok(!JSON.stringify([calls, shared]).includes(user.email))
    })
  })

test("what is no log is refused", () => {
  for (const [log, message] of [
    ["loud", "option log must be a function or an object"],
    [{ level: "loud" }, 'option log.level must be "debug", "info", "warn", "error"'],
    [{ log: "loud" }, "option log.log must be a function"],
    [{ slowCallMs: -1 }, "option log.slowCallMs must be a number from 0 on"],
    [{ disabled: 1 }, "option log.disabled must be true or false"],
    [{ loud: true }, "unknown option: log.loud"],
  ])
    assert.throws(() => RustAdapter(":memory:", { log }), { code: "ERR_CONFIG", message })
})
