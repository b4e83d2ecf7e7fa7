// A pool that only Better Auth uses: its idle connections leave, too.
import assert from "node:assert/strict"
import { test } from "node:test"
import { connectionCount } from "../../boundary/connections.js"
import { eventually } from "../../boundary/program.js"
import { databases } from "../../databases.js"
import { onEveryDatabase, things } from "../stage.js"

const lanes = databases.filter(({ name }) => name !== "sqlite")
const options = { plugins: [things] }

onEveryDatabase("pool", { lanes, options, adapterOptions: { pool: { max: 5, idleTimeoutMs: 400 } } }, (stage) => {
  test("closes what has been idle for idleTimeoutMs, and opens anew", { timeout: 60_000 }, async () => {
    const open = () => connectionCount({ name: stage.lane.name, rows: stage.database.rows })
    const before = await open()
    const count = () => stage.adapter.count({ model: "thing" })
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, count)), Array(20).fill(0))
    assert.ok((await open()) > before)
    await eventually("all idle connections are closed", async () => (await open()) === before)
    assert.equal(await count(), 0)
    assert.equal(await open(), before + 1)
  })
})
