// How many records: any whole number that JavaScript has is a limit, and so are lists that are as long as databases take them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, base, things } from "../stage.js"
import { reference } from "../adapter.js"

const options = { plugins: [things] }
const LARGE = [9e15, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 60, 2 ** 63, 1e300]

onEveryDatabase("limits", { options }, (stage) => {
  const make = (label) => stage.adapter.create({ model: "thing", data: { label } })
  const labels = (records) => records.map(({ label }) => label).sort()
  const find = (call, adapter = stage.adapter) => adapter.findMany({ model: "thing", ...call })

  if (!reference)
    test("a limit, an offset and the limit of a join may be as large as a number is", async () => {
      const things = [await make("a"), await make("b")]
      for (const { id } of things)
        for (const place of [1, 2]) await stage.adapter.create({ model: "part", data: { thingId: id, place } })
      for (const limit of LARGE) {
        assert.deepEqual(labels(await find({ limit })), ["a", "b"], `${limit}`)
        assert.deepEqual(await find({ limit, offset: limit }), [], `${limit}`)
        for (const where of [undefined, [{ field: "label", value: "a" }]]) {
          const joined = await find({ where, join: { part: { limit } } })
          assert.deepEqual(
            joined.map(({ part, parts }) => (part ?? parts).length),
            joined.map(() => 2),
            `${limit}`,
          )
        }
      }
    })

  test("defaultFindManyLimit: Number.MAX_SAFE_INTEGER", async () => {
    const database = { defaultFindManyLimit: Number.MAX_SAFE_INTEGER }
    const adapter = stage.opened.database({ ...base, ...options, advanced: { database } })
    await make("a")
    await make("b")
    assert.deepEqual(labels(await find({}, adapter)), ["a", "b"])
  })

  if (!reference)
    for (const limit of [Infinity, -Infinity, NaN, -1, 0.5])
      test(`${limit} is none`, async () => {
        for (const call of [{ limit }, { offset: limit }, { join: { part: { limit } } }])
          await assert.rejects(find(call), { code: "ERR_INVALID_ARGUMENT", message: /must be a whole number/ })
      })

  if (!reference)
    for (const length of [16_384, 16_385, 32_768])
      test(`lists of ${length} texts, alone and beside another one`, async () => {
        for (const label of ["Ada", "ada", "Bob"]) await make(label)
        const value = ["Ada", ...Array.from({ length: length - 1 }, (_, index) => `x${index}`)]
        const of = (operator, value, more) => ({ field: "label", operator, value, ...more })
        assert.deepEqual(labels(await find({ where: [of("in", value)] })), ["Ada"])
        assert.deepEqual(labels(await find({ where: [of("not_in", value)] })), ["Bob", "ada"])
        const few = ["Ada", "Bob"]
        assert.deepEqual(labels(await find({ where: [of("in", value), of("in", few)] })), ["Ada"])
        assert.deepEqual(
          labels(await find({ where: [of("in", value, { connector: "OR" }), of("in", few, { connector: "OR" })] })),
          ["Ada", "Bob"],
        )
        if (length > 16_385) return
        const both = [of("in", value), of("in", value.slice(0, 16_384))]
        assert.deepEqual(labels(await find({ where: both })), ["Ada"])
      })

  if (!reference && stage.lane.name === "mysql")
    test("lists that do not go into one statement are refused", async () => {
      const value = Array.from({ length: 32_768 }, (_, index) => `x${index}`)
      const where = [1, 2].map(() => ({ field: "label", operator: "in", value }))
      await assert.rejects(find({ where }), { code: "ERR_INVALID_ARGUMENT", message: /one statement/ })
    })

  if (!reference)
    test("the records of 20,000 others are joined", async () => {
      const { rows } = stage.database
      const pieces = Array.from({ length: 20 }, (_, piece) => piece * 1000)
      const list = (of) => Array.from({ length: 1000 }, (_, index) => of(index)).join(", ")
      for (const first of pieces) {
        await rows(
          `INSERT INTO "thing" ("id", "label") VALUES ${list((index) => `('t${first + index}', 'l${first + index}')`)}`,
        )
      }
      await rows(`INSERT INTO "part" ("id", "thingId", "place") VALUES ('p1', 't0', 1), ('p2', 't19999', 2)`)
      const found = await find({ limit: 20_000, join: { part: { limit: 5 } } })
      const joined = found.map((each) => [each.id, each.part ?? each.parts]).filter(([, parts]) => parts.length > 0)
      assert.deepEqual(joined.map(([id, [{ place }]]) => [id, place]).sort(), [
        ["t0", 1],
        ["t19999", 2],
      ])
    })
})
