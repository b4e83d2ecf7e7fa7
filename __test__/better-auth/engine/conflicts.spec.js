// Two transactions that stand in each other's way: the database undoes one. It is done again where Better Auth expects that,
// which it does from 1.7.8 on: before, what a transaction leaves for after its end would happen for the undone attempt too.
import assert from "node:assert/strict"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { onEveryDatabase, things } from "../stage.js"
import * as newest from "../newest/node_modules/@better-auth/core/dist/context/index.mjs"
import * as pinned from "../node_modules/@better-auth/core/dist/context/index.mjs"

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// SQLite lets one writer in at a time: none can stand in another's way.
const lanes = databases.filter(({ name }) => name !== "sqlite")

onEveryDatabase("conflicts", { options: { plugins: [things] }, lanes }, (stage) => {
  /** Each of two transactions changes one row, waits until both have, and changes the other's. */
  async function collide({ runWithTransaction, queueAfterTransactionHook }) {
    const ids = {}
    for (const label of ["x", "y"])
      ids[label] = (await stage.adapter.create({ model: "thing", data: { label, count: 0 } })).id
    const attempts = [0, 0]
    const hooks = []
    let arrived = 0
    let meet
    const both = new Promise((resolve) => (meet = resolve))
    const running = []
    const transaction = (index, [first, second]) =>
      runWithTransaction(stage.adapter, async () => {
        attempts[index]++
        // Done again, it could overtake the other one, which is being woken, and stand in its way once more.
        if (attempts[index] > 1) await Promise.race([running[1 - index].catch(() => {}), sleep(5000)])
        const adapter = await pinned.getCurrentAdapter(stage.adapter)
        const add = (label) =>
          adapter.incrementOne({ model: "thing", where: [{ field: "id", value: ids[label] }], increment: { count: 1 } })
        await queueAfterTransactionHook(async () => hooks.push(index))
        await add(first)
        if (attempts[index] === 1) {
          if (++arrived === 2) meet()
          await Promise.race([both, sleep(5000)])
        }
        await add(second)
      })
    running.push(transaction(0, ["x", "y"]), transaction(1, ["y", "x"]))
    const outcomes = await Promise.allSettled(running)
    const counts = (await stage.adapter.findMany({ model: "thing" })).map(({ count }) => count)
    return { outcomes, attempts, hooks, counts }
  }

  test("the undone one is done again, and what follows it happens once", { timeout: 20_000 }, async () => {
    const { outcomes, attempts, hooks, counts } = await collide(newest)
    assert.deepEqual(
      outcomes.map(({ status, reason }) => reason?.message ?? status),
      ["fulfilled", "fulfilled"],
    )
    assert.equal(attempts[0] + attempts[1], 3)
    assert.deepEqual(hooks.sort(), [0, 1])
    assert.deepEqual(counts, [2, 2])
  })

  test("before 1.7.8 it fails, and what follows it does not happen", { timeout: 20_000 }, async () => {
    const { outcomes, attempts, hooks, counts } = await collide(pinned)
    const lost = outcomes.findIndex(({ status }) => status === "rejected")
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
    assert.match(outcomes[lost].reason.code, /^ERR_/)
    assert.deepEqual(attempts, [1, 1])
    assert.deepEqual(hooks, [1 - lost])
    assert.deepEqual(counts, [1, 1])
  })
})
