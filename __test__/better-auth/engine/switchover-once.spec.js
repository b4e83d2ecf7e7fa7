// Before Better Auth 1.7.8, a transaction is never made again. One whose first statement a server refuses that only reads has done
// nothing yet: it begins with the writer.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { startMySqlPair, startPostgresPair } from "../../servers/pair.js"
import { openAdapter } from "../adapter.js"
import { base } from "../base.js"
import { things } from "../stage.js"
import { migrate } from "../tables.js"

for (const { name, flavour } of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`a transaction that begins during a switchover: ${flavour ?? name}`, () => {
    const config = { ...base, plugins: [things] }
    let pair, opened
    before(async () => {
      pair = await (name === "postgres" ? startPostgresPair() : startMySqlPair(flavour))
      await migrate({ url: pair.url().replace(/,[^/]+/, "") }, config)
      opened = await openAdapter({ url: pair.url() })
    })
    after(async () => {
      await opened?.close()
      await pair?.stop()
    })

    test("takes effect once, on the new writer", { timeout: 120_000 }, async () => {
      const adapter = opened.database(config)
      const model = "thing"
      // So that connections to the old writer wait in the pool.
      await Promise.all(Array.from({ length: 8 }, () => adapter.create({ model, data: { label: "before" } })))
      await pair.closeWriter()
      const attempts = []
      const transactions = Array.from({ length: 8 }, (_, number) =>
        adapter.transaction(async (tx) => {
          attempts.push(number)
          await tx.create({ model, data: { label: "within" } })
          await tx.create({ model, data: { label: "within" } })
        }),
      )
      await pair.open()
      await Promise.all(transactions)
      assert.equal(attempts.length, 8, "the caller's part is not done again")
      assert.equal(await adapter.count({ model, where: [{ field: "label", value: "within" }] }), 16)
    })
  })
}
