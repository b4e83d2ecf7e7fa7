// Triggers that change a row after it has been written, and after RETURNING has shown it: what a write returns is what is stored.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { databases } from "../../databases.js"
import { onEveryDatabase, things } from "../stage.js"

/** MySQL's triggers cannot change the table that they are on. */
const lanes = databases.filter(({ name }) => name !== "mysql")

onEveryDatabase("rows that triggers change afterwards", { options: { plugins: [things] }, lanes }, (stage) => {
  const afterwards = async (verb, then) => {
    const { rows } = stage.database
    const name = `after_${verb}`
    if (stage.lane.name === "sqlite") {
      await rows(`CREATE TRIGGER "${name}" AFTER ${verb} ON "thing" BEGIN ${then}; END`)
      return
    }
    await rows(`CREATE FUNCTION "${name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF pg_trigger_depth() = 1 THEN ${then}; END IF; RETURN NULL; END $$`)
    await rows(`CREATE TRIGGER "${name}" AFTER ${verb} ON "thing" FOR EACH ROW EXECUTE FUNCTION "${name}"()`)
  }
  before(async () => {
    const then = `UPDATE "thing" SET "label" = upper("label"), "count" = "count" % 100 + 100 WHERE "id" = NEW."id"`
    await afterwards("INSERT", then)
    await afterwards("UPDATE", `${then}; DELETE FROM "thing" WHERE "id" = NEW."id" AND NEW."note" = 'away'`)
  })
  const find = (id) => stage.adapter.findOne({ model: "thing", where: [{ field: "id", value: id }] })
  const by = (id) => ({ model: "thing", where: [{ field: "id", value: id }] })

  test("create, update and incrementOne, alone and within a transaction, of twenty at once", async () => {
    const run = async (adapter, i, look) => {
      const made = await adapter.create({ model: "thing", data: { label: `label ${i}`, count: 1 } })
      assert.deepEqual([made.label, made.count], [`LABEL ${i}`, 101])
      assert.deepEqual(await look(made.id), made)
      const updated = await adapter.update({ ...by(made.id), update: { label: "other" } })
      assert.deepEqual(updated, { ...made, label: "OTHER" })
      const counted = await adapter.incrementOne({ ...by(made.id), increment: { count: 1 } })
      assert.deepEqual(counted, { ...updated, count: 102 })
      const twice = await adapter.update({
        model: "thing",
        where: [
          { field: "count", value: 102 },
          { field: "id", value: made.id },
        ],
        update: { count: 0 },
      })
      assert.deepEqual(twice, { ...updated, count: 100 })
      assert.deepEqual(await look(made.id), twice)
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => run(stage.adapter, i, find)))
    await stage.adapter.transaction((tx) => run(tx, 20, (id) => tx.findOne(by(id))))
  })

  test("create that selects, and what is not there", async () => {
    const made = await stage.adapter.create({
      model: "thing",
      data: { label: "a", count: 1 },
      select: ["label", "count"],
    })
    assert.deepEqual([made.label, made.count], ["A", 101])
    assert.equal(await stage.adapter.update({ ...by("none"), update: { label: "x" } }), null)
  })

  test("a row that the trigger removes is ERR_NOT_STORED, and stays", async () => {
    const made = await stage.adapter.create({ model: "thing", data: { label: "a", count: 1 } })
    await assert.rejects(
      stage.adapter.update({ ...by(made.id), update: { note: "away" } }),
      failure("ERR_NOT_STORED", { method: "update", table: "thing" }),
    )
    assert.deepEqual(await find(made.id), made)
  })
})
