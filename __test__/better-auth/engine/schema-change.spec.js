// The schema changes under a running process: columns and tables that come and go are seen, and no statement stays behind.
import assert from "node:assert/strict"
import { test } from "node:test"
import { migrate } from "../tables.js"
import { base, onEveryDatabase, things } from "../stage.js"

onEveryDatabase("schema change", { options: { plugins: [things] } }, (stage) => {
  const create = (data) => stage.adapter.create({ model: "thing", data })
  const all = () => stage.adapter.findMany({ model: "thing", sortBy: { field: "label", direction: "asc" } })

  test("columns that are added, by us or by others, disturb nothing", async () => {
    const first = await create({ label: "a" })
    for (let round = 0; round < 8; round++) assert.deepEqual(await all(), [first]) // long enough for prepared statements
    await stage.database.rows(`ALTER TABLE "thing" ADD COLUMN "extra" integer`)
    assert.deepEqual(await all(), [first])
    const second = await create({ label: "b" })
    assert.deepEqual(await all(), [first, second])
    assert.equal(
      (await stage.adapter.update({ model: "thing", where: [{ field: "label", value: "a" }], update: { note: "n" } }))
        .note,
      "n",
    )
  })

  test("a field that an update of the application brings is used once its column is there", async () => {
    const more = { id: "more", schema: { thing: { fields: { colour: { type: "string", required: false } } } } }
    const options = { ...base, plugins: [things, more] }
    const adapter = stage.opened.database(options)
    await stage.adapter.findMany({ model: "thing" })
    await migrate(stage.database, options)
    const made = await adapter.create({ model: "thing", data: { label: "a", colour: "red" } })
    assert.equal(made.colour, "red")
    assert.deepEqual(await adapter.findMany({ model: "thing", where: [{ field: "colour", value: "red" }] }), [made])
    assert.equal((await all()).length, 1)
  })

  test("a column that changes its type is read as what it is then", async () => {
    await create({ label: "a", count: 7 })
    await all()
    const { rows } = stage.database
    if (stage.lane.name === "postgres") await rows(`ALTER TABLE "thing" ALTER COLUMN "count" TYPE bigint`)
    else if (stage.lane.name === "mysql") await rows(`ALTER TABLE "thing" MODIFY "count" bigint`)
    else {
      await rows(`ALTER TABLE "thing" DROP COLUMN "count"`)
      await rows(`ALTER TABLE "thing" ADD COLUMN "count" bigint`)
      await rows(`UPDATE "thing" SET "count" = 7`)
    }
    assert.deepEqual(
      (await all()).map(({ count }) => count),
      [7],
    )
    assert.equal((await create({ label: "b", count: 8 })).count, 8)
  })

  test("a table that is dropped and made anew is the same table", async () => {
    await create({ label: "a" })
    await stage.database.rows(`DROP TABLE "part"`)
    await stage.database.rows(`DROP TABLE "thing"`)
    await migrate(stage.database, { ...base, plugins: [things] })
    const again = await create({ label: "b", flag: true, words: ["w"] })
    assert.deepEqual(await all(), [again])
  })
})
