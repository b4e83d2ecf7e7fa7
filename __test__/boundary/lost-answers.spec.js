// Connections that end between calls, or under a call: what cannot have happened is done again, and so is what its own key settles.
// Of what nothing settles, the error says that it may have taken effect.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newSession, newUser } from "../contract/rows.js"
import { writes } from "../contract/writes.js"
import { otherConnections } from "../databases/mysql.js"
import { databases } from "../databases.js"
import { startProxy } from "../servers/proxy.js"
import { eventually } from "./program.js"

const timeout = 120_000

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'rust-auth-adapter'`

  describe(`lost answers from ${database.flavour ?? database.name}`, () => {
    let [created, lane, proxy, adapter] = []
    before(async () => {
      created = await database.create()
      lane = RustAdapter(created.url, { migrate: true })
      await lane.getUser("x")
      proxy = await startProxy(created.url)
      adapter = RustAdapter(proxy.url, { pool: { max: 5 } })
      await adapter.getUser("x")
    })
    after(async () => {
      await Promise.all([adapter.close(), lane.close()])
      await proxy.stop()
      await created.close()
    })
    /** The connections through the proxy and those of the lane, idle all of them, are ended by the server. */
    const end = async () => {
      if (database.name === "postgres") return created.rows(kill)
      const idle = (await otherConnections(created.rows)).filter(({ command }) => command === "Sleep")
      for (const { id } of idle) await created.rows(`KILL ${id}`).catch(() => {})
      // The server ends them when it comes to it.
      const ended = new Set(idle.map(({ id }) => id))
      await eventually("they are gone", async () =>
        (await otherConnections(created.rows)).every(({ id }) => !ended.has(id)),
      )
      await sleep(50)
    }
    const warm = (count) => Promise.all(Array.from({ length: count }, () => adapter.listAccounts("nobody")))

    for (const [method, { make, call }] of Object.entries(writes)) {
      test(`${method}: idle connections that the server has ended are no error`, { timeout }, async () => {
        for (let round = 0; round < 5; round++) {
          const given = await make(lane)
          await warm(4)
          await end()
          assert.ok(await call(adapter, given))
        }
      })
    }

    for (const [method, { make, call, settled, goesAway }] of Object.entries(writes)) {
      test(`${method}: idle connections that are closed without a word`, { timeout }, async () => {
        for (let round = 0; round < 5; round++) {
          const given = await make(lane)
          await warm(4)
          proxy.cut()
          await sleep(20)
          assert.ok(await call(adapter, given))
        }
      })

      test(`${method}: whichever of the answers does not come`, { timeout }, async () => {
        let doubts = 0
        for (let spared = 0, again = 0; ; spared++) {
          await call(adapter, await make(lane))
          const given = await make(lane)
          await proxy.quiet()
          proxy.swallow(undefined, spared)
          const outcome = await call(adapter, given).catch((error) => error)
          if (proxy.spare()) {
            // The answer that was lost may have been that of a statement which the connection had prepared by itself.
            if (settled !== undefined || doubts > 0 || again++ === 20) break
            spared = -1
            continue
          }
          if (outcome instanceof Error) {
            assert.equal(settled, undefined, outcome.stack)
            failure("ERR_CONNECT", { method, mayHaveTakenEffect: true })(outcome)
            doubts++
          } else if (goesAway) {
            assert.equal(await call(lane, given), null)
          } else if (settled) {
            for (const [field, value] of Object.entries(given)) assert.deepEqual(outcome[field], value, field)
          }
        }
        assert.equal(doubts > 0, settled === undefined)
      })
    }

    test("a value that another caller's row has in the way is an error all the same", { timeout }, async () => {
      const [one, other] = [newUser(), newUser()]
      await lane.createUser(one)
      await warm(1)
      await proxy.quiet()
      proxy.swallow()
      await assert.rejects(adapter.createUser({ ...other, email: one.email }), failure("ERR_UNIQUE"))
      assert.equal(await lane.getUser(other.id), null)
    })

    test("a session that is revoked meanwhile is not brought back", { timeout }, async () => {
      const session = await lane.createSession(newSession((await lane.createUser(newUser())).id))
      await warm(1)
      // The answer that is lost is to be the update's, and not that of a statement which the connection prepares.
      await proxy.quiet(1000)
      proxy.swallow(() => lane.deleteSession(session.sessionToken))
      const expires = new Date(Date.now() + 5e8)
      assert.equal(await adapter.updateSession({ sessionToken: session.sessionToken, expires }), null)
      assert.equal(await lane.getSessionAndUser(session.sessionToken), null)
    })

    test("a time-out says of a write that it may have taken effect, and of a look-up it does not", {
      timeout,
    }, async (t) => {
      const slow = await startProxy(created.url)
      t.after(() => slow.stop())
      const impatient = RustAdapter(slow.url, { pool: { operationTimeoutMs: 500 } })
      t.after(() => impatient.close())
      await eventually("the adapter has connected, however slow the machine", () =>
        impatient.getUser("x").then(
          () => true,
          () => false,
        ),
      )
      slow.stall()
      const [read, write] = await Promise.all(
        [impatient.getUser("x"), impatient.createUser(newUser())].map((call) => call.catch((error) => error)),
      )
      assert.deepEqual([read.code, read.mayHaveTakenEffect], ["ERR_TIMEOUT", undefined])
      assert.deepEqual([write.code, write.mayHaveTakenEffect], ["ERR_TIMEOUT", true])
    })
  })
}
