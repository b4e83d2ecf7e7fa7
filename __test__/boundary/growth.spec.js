// How a pool grows when many calls come at once: no more connections are opened than there are calls, each is set up once, and no
// call waits for what another one's connection needs to be set up.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startTurns } from "../servers/turns.js"
import { eventually } from "./program.js"

const timeout = 60_000
const MAX = 10
const CALLS = 32
const delay = 5

for (const database of databases) {
  const server = { postgres: process.env.TEST_POSTGRES_URL, mysql: process.env.TEST_MYSQL_URL }[database.name]
  if (!server) continue
  // Whether it speaks TLS, the session, SCRAM's two; the greeting and the password, the session. MySQL 9 encrypts all of it, and asks
  // for the password once more.
  const setUp = { postgres: 4, mariadb: 3, mysql: 6 }[database.flavour ?? database.name]

  describe(`a fresh pool grows: ${database.flavour ?? database.name}`, () => {
    let created
    before(async () => {
      created = await database.create()
      const direct = RustAdapter(created.url, { migrate: true })
      await direct.getUser("nobody")
      await direct.close()
    })
    after(() => created.close())

    /** A pool that has no connection yet, and the network to it. */
    const open = async (t, options) => {
      const proxy = await startTurns(server, options)
      const adapter = RustAdapter(proxy.through(created.url), { pool: { max: MAX } })
      t.after(async () => {
        await adapter.close()
        proxy.stop()
      })
      return { proxy, adapter }
    }
    const create = async (adapter, person = newUser()) => assert.deepEqual(await adapter.createUser(person), person)

    for (const calls of [1, 2, 5, CALLS]) {
      test(`${calls} createUser at once`, { timeout }, async (t) => {
        const { proxy, adapter } = await open(t, { delay })
        await Promise.all(Array.from({ length: calls }, () => create(adapter)))
        const { turns, connections } = proxy.take()
        const most = Math.min(calls, MAX)
        assert.ok(connections <= most, `${connections} connections`)
        // The catalog is read once; a connection is set up, and prepares the statement; each call is one turn. In a quiet moment, a
        // connection that no call needs may begin to prepare others.
        const needed = 1 + connections * (setUp + 1) + calls
        assert.ok(turns <= needed + connections, `${turns} turns with ${connections} connections, of ${needed}`)
      })

      test(`${calls} createUser at once, again: no connection is opened`, { timeout }, async (t) => {
        const { proxy, adapter } = await open(t, { delay })
        await Promise.all(Array.from({ length: calls }, () => create(adapter)))
        await Promise.all(Array.from({ length: calls }, () => adapter.getUser("nobody")))
        proxy.take()
        await Promise.all(Array.from({ length: calls }, () => create(adapter)))
        assert.equal(proxy.take().connections, 0)
      })
    }

    test("look-ups that share queries need no connections of their own", { timeout }, async (t) => {
      const { proxy, adapter } = await open(t, { delay })
      await Promise.all(Array.from({ length: 300 }, (_, index) => adapter.getUser(`nobody ${index}`)))
      const { connections } = proxy.take()
      assert.ok(connections <= 4, `${connections} connections`)
    })

    for (const delay of [0, 10])
      test(`while the other connections are set up, the first one serves all, ${2 * delay} ms away`, {
        timeout,
      }, async (t) => {
        let letThrough
        const held = new Promise((resolve) => (letThrough = resolve))
        const admit = (number) => (number === 1 ? Promise.resolve() : held)
        const { adapter } = await open(t, { delay, admit })
        let answered = 0
        const calls = Array.from({ length: CALLS }, () => create(adapter).then(() => answered++))
        await eventually("all calls are answered by the first one", () => answered === CALLS, 4000)
        letThrough()
        await Promise.all(calls)
      })
  })
}
