// A DELETE in whose place the database does something else, of which it tells nothing: what is found no more has been deleted, and what is
// still there is a rejection.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { instead, soft } from "../../contract/soft-deletes.js"
import { databases } from "../../databases.js"
import { openAdapter } from "../adapter.js"
import { base, onEveryDatabase, things } from "../stage.js"

const model = "thing"
const options = { plugins: [things] }
const by = (field, value) => [{ field, value }]

for (const lane of databases.filter(({ name }) => soft[name])) {
  for (const [kind, make] of Object.entries(soft[lane.name])) {
    onEveryDatabase(kind, { options, lanes: [lane] }, (stage) => {
      let other
      before(async () => {
        await make(stage.database.rows, "thing", ["id"])
        other = await openAdapter(stage.database, { pool: { max: 3 } })
        stage.other = other.database({ ...base, ...options })
      })
      after(() => other?.close())
      const create = (label, more) => stage.adapter.create({ model, data: { label, ...more } })
      const count = (label) => stage.adapter.count({ model, where: by("label", label) })
      const times = (count, call) =>
        Promise.all(Array.from({ length: count }, (_, at) => call(at % 2 ? stage.adapter : stage.other)))

      test("delete and deleteMany", async () => {
        const one = await create("delete")
        await create("delete")
        await stage.adapter.delete({ model, where: by("id", one.id) })
        assert.equal(await count("delete"), 1)
        await create("delete")
        assert.equal(await stage.adapter.deleteMany({ model, where: by("label", "delete") }), 2)
        assert.equal(await stage.adapter.deleteMany({ model, where: by("label", "delete") }), 0)
        assert.equal(await count("delete"), 0)
      })

      test("consumeOne answers each row once, by its key and by other conditions", async () => {
        for (let round = 0; round < 5; round++) {
          const one = await create(`key ${round}`)
          const where = by("id", one.id)
          const answers = (await times(20, (adapter) => adapter.consumeOne({ model, where }))).filter(Boolean)
          assert.deepEqual(answers, [one])
          const label = `several ${round}`
          const several = [await create(label), await create(label)]
          const taken = []
          for (let turn = 0; turn < 4 && taken.length < 2; turn++) {
            const consume = (adapter) => adapter.consumeOne({ model, where: by("label", label) })
            taken.push(...(await times(10, consume)).filter(Boolean))
          }
          const ids = (rows) => rows.map(({ id }) => id).sort()
          assert.deepEqual(ids(taken), ids(several))
        }
      })

      test("within a transaction, which can be undone", async () => {
        const one = await create("undone")
        const undo = new Error("undo")
        const work = stage.adapter.transaction(async (within) => {
          assert.equal((await within.consumeOne({ model, where: by("id", one.id) })).id, one.id)
          assert.equal(await within.consumeOne({ model, where: by("id", one.id) }), null)
          throw undo
        })
        await assert.rejects(work, undo)
        assert.equal(await count("undone"), 1)
      })
    })
  }
}

describe("rows that stay", () => {
  const lanes = databases.filter(({ name }) => instead[name])
  onEveryDatabase("a rule that keeps them", { options, lanes }, (stage) => {
    before(() => instead[stage.lane.name](stage.database.rows, "thing", ["id"]))

    test("are ERR_NOT_STORED, by each method that deletes", async () => {
      const made = await stage.adapter.create({ model, data: { label: "kept" } })
      for (const where of [by("id", made.id), by("label", "kept")]) {
        for (const method of ["delete", "deleteMany", "consumeOne"]) {
          const error = failure("ERR_NOT_STORED", { table: model })
          await assert.rejects(stage.adapter[method]({ model, where }), error)
        }
      }
      assert.equal(await stage.count("thing"), 1)
      assert.equal(await stage.adapter.deleteMany({ model, where: by("label", "none") }), 0)
    })
  })
})
