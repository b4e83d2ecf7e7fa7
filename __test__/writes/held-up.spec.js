// A write that is held up, by a row that another client keeps or by a slow server, does not hold up the other callers.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads, queriesUnderWay } from "../lookup/blocked.js"
import { keepRow } from "./blocked.js"

const timeout = 120_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  describe(`writes behind one that is held up on ${database.name}`, () => {
    let user
    const lane = openLane(database, {
      prepare: async ({ adapter }) => {
        user = await adapter.createUser(newUser())
      },
    })
    const sessions = (count) => Promise.all(times(count, () => lane.adapter.createSession(newSession(user.id))))
    const update = (adapter, { sessionToken }, index) =>
      adapter.updateSession({ sessionToken, expires: instant(index) })

    function open(t, pool) {
      const adapter = RustAdapter(lane.database.url, { ...database.options, pool })
      t.after(() => adapter.close())
      return adapter
    }

    /** Takes so many connections of the adapter's pool, which are all, until what this resolves to is called. */
    async function take(adapter, count) {
      const { identifier } = newVerificationToken()
      const tokens = times(count, () => newVerificationToken({ identifier }))
      for (const token of tokens) await lane.adapter.createVerificationToken(token)
      const letGo = await keepRow(lane, "verificationToken", "identifier", identifier)
      const uses = tokens.map(({ token }) => adapter.useVerificationToken({ identifier, token }))
      await eventually("all connections are taken", () => {
        const { open, idle } = adapter.stats().connections
        return open === count && idle === 0
      })
      await sleep(500)
      return async () => {
        await letGo()
        await Promise.all(uses)
      }
    }

    test("while a row is kept, strangers take the usual time, one after the other", { timeout }, async () => {
      const { adapter } = lane
      const [kept, ...strangers] = await sessions(21)
      const median = async (begin) => {
        const took = []
        for (const [index, session] of strangers.entries()) {
          const since = performance.now()
          assert.deepEqual(await update(adapter, session, begin + index), {
            ...session,
            expires: instant(begin + index),
          })
          took.push(performance.now() - since)
        }
        return took.sort((one, other) => one - other)[strangers.length / 2]
      }
      const usual = await median(0)
      const letGo = await keepRow(lane, "session", "sessionToken", kept.sessionToken)
      let waits = true
      const call = update(adapter, kept, 7).finally(() => (waits = false))
      await sleep(200)
      const meanwhile = await median(100)
      assert.ok(waits, "the caller of the kept row waits")
      assert.ok(meanwhile < usual + 90, `${meanwhile} ms, and ${usual} ms while none is kept`)
      // Those that come at the same time still share statements.
      const before = adapter.stats().batches.writes.statements
      for (let round = 0; round < 30 && adapter.stats().batches.writes.statements === before; round++)
        await Promise.all(strangers.map((session, index) => update(adapter, session, 200 + index)))
      assert.ok(adapter.stats().batches.writes.statements > before)
      assert.ok(waits)
      await letGo()
      assert.deepEqual(await call, { ...kept, expires: instant(7) })
    })

    test("what a late statement has left over goes ahead beside it", { timeout }, async (t) => {
      const adapter = open(t, { max: 3 })
      const [first, one, other] = await sessions(3)
      await update(adapter, first, 0)
      // Each connection prepares what it is going to need.
      await (await take(adapter, 3))()
      const unblock = await blockReads(lane, "session")
      const giveBack = await take(adapter, 3)
      // The third waits for another statement than the second, since it is about the same session.
      const asked = [first, one, one, other]
      const calls = asked.map((session, index) => update(adapter, session, index))
      await sleep(400)
      await giveBack()
      const statements = await queriesUnderWay(lane, 3)
      await unblock()
      assert.equal(statements.length, 3, statements.join("\n"))
      assert.deepEqual(
        await Promise.all(calls),
        asked.map((session, index) => ({ ...session, expires: instant(index) })),
      )
    })

    test("who joins late has its own time, and not the rest of the earlier ones'", { timeout }, async (t) => {
      const adapter = open(t, { max: 2, operationTimeoutMs: 8_000 })
      const made = await sessions(5)
      await (await take(adapter, 2))()
      const unblock = await blockReads(lane, "session")
      const giveBack = await take(adapter, 2)
      const early = Promise.allSettled(made.slice(0, 3).map((session, index) => update(adapter, session, index)))
      await sleep(4_000)
      const late = Promise.allSettled(made.slice(3).map((session, index) => update(adapter, session, 3 + index)))
      await giveBack()
      for (const { reason } of await early) failure("ERR_TIMEOUT", { method: "updateSession" })(reason)
      await sleep(600)
      await unblock()
      for (const [index, { value, reason }] of (await late).entries())
        assert.deepEqual(value, { ...made[3 + index], expires: instant(3 + index) }, reason?.stack)
      // The one whose caller was alone has been given up; the one that late callers share with early ones has not.
      assert.equal(adapter.stats().connections.broken, 1)
    })
  })
