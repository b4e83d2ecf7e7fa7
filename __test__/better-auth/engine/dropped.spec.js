// A trigger that passes a row over without an error: what was to be stored is a rejection, what may find nothing finds nothing.
import assert from "node:assert/strict"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { failure } from "../../contract/failure.js"
import { onEveryDatabase, things } from "../stage.js"

/** MySQL's triggers cannot. */
const lanes = databases.filter(({ name }) => name !== "mysql")

onEveryDatabase("dropped rows", { options: { plugins: [things] }, lanes }, (stage) => {
  const dropOn = async (t, verb) => {
    const { rows } = stage.database
    if (stage.lane.name === "postgres") {
      await rows(
        `CREATE OR REPLACE FUNCTION dropping() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
      )
      await rows(`CREATE TRIGGER dropping BEFORE ${verb} ON "thing" FOR EACH ROW EXECUTE FUNCTION dropping()`)
      t.after(() => rows(`DROP TRIGGER dropping ON "thing"`))
    } else {
      await rows(`CREATE TRIGGER dropping BEFORE ${verb} ON "thing" BEGIN SELECT RAISE(IGNORE); END`)
      t.after(() => rows(`DROP TRIGGER dropping`))
    }
  }
  const where = [{ field: "id", value: "a" }]
  const notStored = (method) => failure("ERR_NOT_STORED", { method, table: "thing" })
  const make = () =>
    stage.adapter.create({ model: "thing", data: { id: "a", label: "a", count: 1 }, forceAllowId: true })
  const other = async () => assert.equal(await stage.adapter.count({ model: "part" }), 0)

  test("create", async (t) => {
    await dropOn(t, "INSERT")
    const calls = Array.from({ length: 20 }, () => [assert.rejects(make(), notStored("create")), other()])
    await Promise.all(calls.flat())
    await assert.rejects(
      stage.adapter.transaction((tx) => tx.create({ model: "thing", data: { label: "a" } })),
      notStored("create"),
    )
    assert.equal(await stage.count("thing"), 0)
  })

  test("update by a key; by other conditions, nothing was found", async (t) => {
    const row = await make()
    await dropOn(t, "UPDATE")
    await assert.rejects(stage.adapter.update({ model: "thing", where, update: { note: "n" } }), notStored("update"))
    assert.equal(
      await stage.adapter.update({ model: "thing", where: [{ field: "id", value: "none" }], update: { note: "n" } }),
      null,
    )
    assert.equal(
      await stage.adapter.update({ model: "thing", where: [{ field: "label", value: "a" }], update: { note: "n" } }),
      null,
    )
    assert.equal(await stage.adapter.updateMany({ model: "thing", where, update: { note: "n" } }), 0)
    assert.equal(await stage.adapter.incrementOne({ model: "thing", where, increment: { count: 1 } }), null)
    assert.deepEqual(await stage.adapter.findOne({ model: "thing", where }), row)
  })

  test("deletions", async (t) => {
    const row = await make()
    await dropOn(t, "DELETE")
    assert.equal(await stage.adapter.consumeOne({ model: "thing", where }), null)
    assert.equal(await stage.adapter.deleteMany({ model: "thing", where }), 0)
    await stage.adapter.delete({ model: "thing", where })
    assert.deepEqual(await stage.adapter.findOne({ model: "thing", where }), row)
  })
})
