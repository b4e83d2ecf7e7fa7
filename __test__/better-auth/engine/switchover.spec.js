// The writer turns read-only, and another server takes its place: neither requests nor transactions fail.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { eventually } from "../../boundary/program.js"
import { databases } from "../../databases.js"
import { startMySqlPair, startPostgresPair } from "../../servers/pair.js"
import { openAdapter } from "../adapter.js"
import { base } from "../base.js"
import { things } from "../stage.js"
import { migrate } from "../tables.js"
import * as newest from "../newest/node_modules/@better-auth/core/dist/context/index.mjs"

for (const { name, flavour } of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`a switchover under Better Auth's adapter: ${flavour ?? name}`, () => {
    const config = { ...base, plugins: [things] }
    let pair, opened, adapter
    before(async () => {
      pair = await (name === "postgres" ? startPostgresPair() : startMySqlPair(flavour))
      await migrate({ url: pair.url().replace(/,[^/]+/, "") }, config)
      opened = await openAdapter({ url: pair.url("follower") })
      adapter = opened.database(config)
    })
    after(async () => {
      await opened?.close()
      await pair?.stop()
    })

    test("no call fails, and a transaction takes effect once", { timeout: 120_000 }, async () => {
      const model = "thing"
      const failed = []
      let [over, made] = [false, 0]
      const where = (row) => [{ field: "id", value: row.id }]
      const callers = Array.from({ length: 16 }, async () => {
        while (!over) {
          try {
            const row = await adapter.create({ model, data: { label: "alone", count: 0 } })
            await adapter.update({ model, where: where(row), update: { note: "renamed" } })
            await newest.runWithTransaction(adapter, async () => {
              const within = await newest.getCurrentAdapter(adapter)
              await within.create({ model, data: { label: "pair" } })
              await within.create({ model, data: { label: "pair" } })
            })
            made++
          } catch (error) {
            failed.push(`${error.stack} ${error.cause?.message}`)
          }
        }
      })
      const makes = (more) => eventually(`${more} rounds`, () => made >= more, 60_000)
      await makes(50)
      await pair.closeWriter()
      await pair.open()
      await makes(made + 50)
      over = true
      await Promise.all(callers)
      assert.deepEqual(failed, [])
      assert.equal(await adapter.count({ model, where: [{ field: "label", value: "pair" }] }), 2 * made)
    })
  })
}
