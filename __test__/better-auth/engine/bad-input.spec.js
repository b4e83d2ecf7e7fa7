// What cannot be meant is an error that names it, before anything is written.
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapterError } from "../../../index.js"
import { reference } from "../adapter.js"
import { onEveryDatabase, things } from "../stage.js"

onEveryDatabase("bad input", { options: { plugins: [things] } }, (stage) => {
  const secret = "hunter2-and-more"
  const where = (more) => ({ model: "thing", where: [{ field: "label", value: "a", ...more }] })
  const named = (field) => JSON.parse(`{ "${field}": "x", "label": "b" }`)
  const proto = {
    "a field __proto__, in a where": ["findMany", where({ field: "__proto__" }), /__proto__/],
    "a field constructor, in a where": ["count", where({ field: "constructor" }), /constructor/],
    "a field __proto__, to sort by": [
      "findMany",
      { model: "thing", sortBy: { field: "__proto__", direction: "asc" } },
      /__proto__/,
    ],
    "a field __proto__, to select": ["findOne", { ...where(), select: ["__proto__"] }, /__proto__/],
    "a field __proto__, in a create": ["create", { model: "thing", data: named("__proto__") }, /__proto__/],
    "a field constructor, in a create": ["create", { model: "thing", data: named("constructor") }, /constructor/],
    "a field __proto__, in an update": ["update", { ...where(), update: named("__proto__") }, /__proto__/],
    "a field __proto__, to increment": [
      "incrementOne",
      { ...where(), increment: JSON.parse(`{ "__proto__": 1 }`) },
      /__proto__/,
    ],
    "a model __proto__": ["findMany", { model: "__proto__" }, /__proto__/],
    "a join __proto__": ["findOne", { ...where(), join: JSON.parse(`{ "__proto__": true }`) }, /__proto__/],
    "a mode that there is not": ["findMany", where({ mode: "loose" }), /loose|mode/],
  }
  const cases = {
    ...(!reference && proto),
    "an operator that there is not": ["findMany", where({ operator: "matches" }), /matches|operator/],
    "a connector that there is not": ["findMany", where({ connector: "XOR" }), /XOR|connector/],
    "a model that there is not": ["findMany", { model: "gadget" }, /gadget/],
    "a field that there is not, in a where": ["findMany", where({ field: "labell" }), /labell/],
    "a field that there is not, to sort by": [
      "findMany",
      { model: "thing", sortBy: { field: "labell", direction: "asc" } },
      /labell/,
    ],
    "a field that there is not, to select": ["findOne", { ...where(), select: ["labell"] }, /labell/],
    "a direction that there is not": [
      "findMany",
      { model: "thing", sortBy: { field: "label", direction: "up" } },
      /up|direction/,
    ],
    "in with a single value": ["findMany", where({ operator: "in" }), /in|array/i],
    "contains with a number": ["findMany", where({ operator: "contains", value: 5 }), /label|contains/],
    "a text for a number, in a where": ["findMany", where({ field: "count", value: secret }), /count/],
    "an object for a text": ["findMany", where({ value: { $ne: null } }), /label/],
    "a negative limit": ["findMany", { model: "thing", limit: -1 }, /limit/],
    "half a limit": ["findMany", { model: "thing", limit: 1.5 }, /limit/],
    "a negative offset": ["findMany", { model: "thing", offset: -1 }, /offset/],
    "a text for a number": ["create", { model: "thing", data: { label: "b", count: secret } }, /count/],
    "a fraction for an integer": ["create", { model: "thing", data: { label: "b", count: 1.5 } }, /count/],
    "a number that its column cannot hold": [
      "create",
      { model: "thing", data: { label: "b", count: 2 ** 40 } },
      /count/,
    ],
    "a text for a boolean": ["create", { model: "thing", data: { label: "b", flag: secret } }, /flag/],
    "a date that is none": ["create", { model: "thing", data: { label: "b", at: new Date(NaN) } }, /at/],
    "a required field that is missing": ["create", { model: "thing", data: { note: secret } }, /label/],
    "a text for a number, in an update": ["update", { ...where(), update: { note: "n", count: secret } }, /count/],
    "a text to increment by": ["incrementOne", { ...where(), increment: { count: secret } }, /count/],
    "a text to increment": ["incrementOne", { ...where(), increment: { label: 1 } }, /label/],
  }
  /** SQLite's columns hold any number. */
  const goesThrough = { sqlite: ["a number that its column cannot hold", "a fraction for an integer"] }

  for (const [name, [method, args, names]] of Object.entries(cases)) {
    if (goesThrough[stage.lane.name]?.includes(name)) continue
    test(name, async () => {
      const row = await stage.adapter.create({ model: "thing", data: { label: "a", note: "n", count: 1 } })
      await assert.rejects(
        async () => stage.adapter[method](args),
        (error) => {
          assert.ok(error instanceof Error)
          assert.match(error.message, names)
          assert.ok(!error.message.includes(secret), `a value is in the message: ${error.message}`)
          if (!reference && error.name === "RustAdapterError") assert.match(error.code, /^ERR_[A-Z_]+$/)
          // What Better Auth's factory itself refuses comes first.
          if (!reference && (name in proto || /operator|connector|direction/.test(name)))
            assert.ok(error instanceof RustAdapterError && error.code === "ERR_INVALID_ARGUMENT", error.stack)
          return true
        },
      )
      assert.deepEqual(await stage.adapter.findMany({ model: "thing" }), [row])
    })
  }

  test("a column and a table that the database lacks are named", async () => {
    const { database } = stage
    const data = { label: "a" }
    await database.rows(`ALTER TABLE "thing" DROP COLUMN "note"`)
    await assert.rejects(
      stage.adapter.create({ model: "thing", data: { ...data, note: "n" } }),
      /thing[\s\S]*note|note[\s\S]*thing/,
    )
    await assert.rejects(stage.adapter.findMany({ model: "thing", where: [{ field: "note", value: "n" }] }), /note/)
    assert.equal(await stage.count("thing"), 0)
    await database.rows(`DROP TABLE "part"`)
    await assert.rejects(stage.adapter.findMany({ model: "part" }), /part/)
    stage.tables = stage.tables.filter((table) => table !== "part")
  })
})
