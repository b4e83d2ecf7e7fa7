// A loop that is kept turning while a few wait for a database that is near: seen by the turns it takes, which are `Immediate`s.
import assert from "node:assert/strict"
import { createHook } from "node:async_hooks"
import { before, describe, test } from "node:test"
import binding from "../../lib/native/binding.js"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startProxy } from "../servers/proxy.js"

const timeout = 30_000
/** On one core, the database could not answer meanwhile. */
const hasCores = binding.hasCores()
const times = (count, call) => Promise.all(Array.from({ length: count }, call))

let turns = 0
const hook = createHook({ init: (_id, type) => (turns += type === "Immediate") })

/** How many turns the loop has taken until `call` was answered. */
async function turnsOf(call) {
  const before = turns
  hook.enable()
  try {
    await call()
  } finally {
    hook.disable()
  }
  return turns - before
}

/** In how many of `calls`, one after the other, the loop was kept turning. */
async function awake(calls, call) {
  let count = 0
  for (let each = 0; each < calls; each++) count += (await turnsOf(call)) > 0
  return count
}

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`a loop kept turning for ${database.name}`, () => {
    const lane = openLane(database)
    let user
    let near
    before(async () => {
      user = await lane.user()
      near = async () => assert.deepEqual(await lane.adapter.getUser(user.id), user)
    })

    /** The first calls may have to find out that the database is near. */
    const staysAwake = async () => assert.equal((await awake(200, near)) > 0, hasCores)

    test("is so for a database that is near, and not for one that is far", { timeout }, async (t) => {
      await staysAwake()
      const proxy = await startProxy(lane.database.url, { delay: 5 })
      const adapter = RustAdapter(proxy.url, { pool: { max: 1 } })
      t.after(async () => {
        await adapter.close()
        await proxy.stop()
      })
      const far = async () => assert.deepEqual(await adapter.getUser(user.id), user)
      await far()
      // After 1, 2, 4, 8, 16 calls it is tried again.
      assert.ok((await awake(60, far)) <= 8)
      await staysAwake()
    })

    test("serves all other events meanwhile", { timeout }, async (t) => {
      const proxy = await startProxy(lane.database.url, { delay: 50 })
      const adapter = RustAdapter(proxy.url, { pool: { max: 1 } })
      t.after(async () => {
        await adapter.close()
        await proxy.stop()
      })
      const order = []
      const answered = adapter.getUser(user.id).then(() => order.push("answer"))
      setTimeout(() => order.push("timer"), 0)
      setImmediate(() => order.push("immediate"))
      await answered
      assert.equal(order.pop(), "answer")
      assert.deepEqual(order.sort(), ["immediate", "timer"])
    })

    test("forgets no caller that was answered, and none that was refused", { timeout }, async () => {
      const { adapter } = lane
      for (let round = 0; round < 5; round++) {
        await times(40, near)
        await times(10, () => assert.rejects(adapter.createUser(user), failure("ERR_UNIQUE")))
        await times(10, () => assert.rejects(adapter.createUser(newUser({ name: {} })), failure("ERR_INVALID_VALUE")))
        await times(10, async () => assert.equal(await adapter.getUser("\0"), null))
        const other = RustAdapter(lane.database.url, { pool: { max: 2 } })
        await times(3, () => other.createSession(newSession(user.id)))
        await other.close()
        await assert.rejects(other.getUser(user.id), failure("ERR_CLOSED"))
      }
      await staysAwake()
    })

    test("needs none of the clocks that a test has put in the place of Node's", { timeout }, async (t) => {
      t.mock.timers.enable({ apis: ["setImmediate", "setTimeout", "Date"] })
      for (let call = 0; call < 100; call++) await near()
      await times(100, near)
    })
  })
}
