// Numbers of 32 bits, PostgreSQL's real and MySQL's float: they are read as they were given, and found by it.
import assert from "node:assert/strict"
import { test } from "node:test"
import { reference } from "../adapter.js"
import { onEveryDatabase, things } from "../stage.js"

const type = { sqlite: "real", postgres: "real", mysql: "float" }
const values = [0.1, 0.3, 1e-7, 3.4e38, -1.1, 1.25, 0, 7, 16_777_216, 123_456.79]

const prepare = async ({ lane, database: { rows } }) => {
  await rows(`ALTER TABLE "thing" DROP COLUMN "count"`)
  await rows(`ALTER TABLE "thing" ADD COLUMN "count" ${type[lane.name]}`)
}

if (!reference)
  onEveryDatabase("numbers of 32 bits", { options: { plugins: [things] }, prepare }, (stage) => {
    const make = (count, label = String(count)) => stage.adapter.create({ model: "thing", data: { label, count } })
    const where = (operator, value) => [{ field: "count", operator, value }]
    const find = async (where, direction = "asc") => {
      const sortBy = { field: "count", direction }
      return (await stage.adapter.findMany({ model: "thing", where, sortBy })).map(({ count }) => count)
    }

    test("are read, found, listed and sorted as they were given", async () => {
      for (const value of values) assert.equal((await make(value)).count, value)
      const sorted = [...values].sort((one, other) => one - other)
      assert.deepEqual(await find([]), sorted)
      assert.deepEqual(await find([], "desc"), [...sorted].reverse())
      for (const value of values) {
        assert.deepEqual(await find(where("eq", value)), [value])
        assert.deepEqual(await find(where("in", [value, 0.7])), [value])
        assert.equal(await stage.adapter.count({ model: "thing", where: where("ne", value) }), values.length - 1)
        assert.deepEqual(
          await find(where("not_in", [value])),
          sorted.filter((each) => each !== value),
        )
        for (const [operator, compare] of [
          ["lt", (one) => one < value],
          ["lte", (one) => one <= value],
          ["gt", (one) => one > value],
          ["gte", (one) => one >= value],
        ])
          assert.deepEqual(await find(where(operator, value)), sorted.filter(compare), `${operator} ${value}`)
      }
      assert.deepEqual(await find(where("lt", 1e300)), sorted)
      assert.deepEqual(await find(where("eq", 1e300)), [])
    })

    test("are changed and incremented", async () => {
      const { id } = await make(0.1)
      const of = [{ field: "id", value: id }]
      assert.equal((await stage.adapter.update({ model: "thing", where: of, update: { count: 0.3 } })).count, 0.3)
      assert.equal(
        (await stage.adapter.incrementOne({ model: "thing", where: of, increment: { count: 0.5 } })).count,
        0.8,
      )
      assert.equal((await stage.adapter.findOne({ model: "thing", where: of })).count, 0.8)
      const guarded = { model: "thing", where: where("eq", 0.8), update: { note: "found" } }
      assert.equal((await stage.adapter.update(guarded)).note, "found")
    })

    if (stage.lane.name !== "sqlite")
      test("have an end", async () => {
        await assert.rejects(make(3.5e38), { code: "ERR_INVALID_VALUE" })
      })
  })
