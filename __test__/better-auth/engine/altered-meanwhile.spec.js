// A column gets another type after the adapter has looked at the tables, and before it sends a method's statement for the first
// time: the method answers what it wrote or removed all the same, and does it once.
import assert from "node:assert/strict"
import { test } from "node:test"
import { base, onEveryDatabase, things } from "../stage.js"
import { openAdapter } from "../adapter.js"

const config = { ...base, plugins: [things] }
const at = new Date("2030-01-02T03:04:05.000Z")
const row = { label: "a", note: "n", count: 7, big: 8, flag: true, at }

/** `[column, type, how values become it, what it was, how they become that]`. */
const alterations = {
  postgres: [
    ["note", "varchar(300)", "", "text"],
    ["count", "bigint", "", "integer"],
    ["count", "numeric", "", "integer"],
    ["count", "text", `USING "count"::text`, "integer", `USING "count"::integer`],
    ["big", "integer", "", "bigint"],
    ["flag", "integer", `USING "flag"::integer`, "boolean", `USING "flag"::boolean`],
    ["at", "timestamp", "", "timestamptz"],
    ["at", "bigint", `USING extract(epoch FROM "at") * 1000`, "timestamptz", `USING to_timestamp("at" / 1000.0)`],
  ],
  mysql: [
    ["note", "varchar(300)", "", "text"],
    ["count", "bigint", "", "int"],
    ["count", "varchar(30)", "", "int"],
    ["count", "double", "", "int"],
    ["big", "int", "", "bigint"],
    ["big", "decimal(20,2)", "", "bigint"],
    ["flag", "int", "", "boolean"],
    ["at", "datetime(6)", "", "timestamp(3)"],
    ["at", "varchar(40)", "", "timestamp(3)"],
  ],
  // Its types are of the values.
  sqlite: [
    ["count", "text", "CAST(7 AS TEXT)", "integer", "7"],
    ["big", "text", "CAST(8 AS TEXT)", "bigint", "8"],
  ],
}

const alter = {
  postgres: (rows, column, type, using = "") => rows(`ALTER TABLE "thing" ALTER "${column}" TYPE ${type} ${using}`),
  mysql: (rows, column, type) => rows(`ALTER TABLE "thing" MODIFY "${column}" ${type} NULL`),
  sqlite: async (rows, column, type, value) => {
    await rows(`ALTER TABLE "thing" DROP COLUMN "${column}"`)
    await rows(`ALTER TABLE "thing" ADD COLUMN "${column}" ${type}`)
    await rows(`UPDATE "thing" SET "${column}" = ${value}`)
  },
}

const where = [{ field: "label", value: "a" }]
const model = "thing"
/** Each with what it answers, beside the row as it was, and how many rows there are then. */
const methods = {
  create: [(adapter) => adapter.create({ model, data: { ...row, label: "b" } }), { label: "b" }, 2],
  update: [(adapter) => adapter.update({ model, where, update: { label: "c" } }), { label: "c" }, 1],
  updateMany: [(adapter) => adapter.updateMany({ model, where, update: { label: "c" } }), 1, 1],
  delete: [(adapter) => adapter.delete({ model, where }), undefined, 0],
  deleteMany: [(adapter) => adapter.deleteMany({ model, where }), 1, 0],
  consumeOne: [(adapter) => adapter.consumeOne({ model, where }), {}, 0],
  incrementOne: [(adapter) => adapter.incrementOne({ model, where, increment: { count: 1 } }), { count: 8 }, 1],
  "consumeOne in a transaction": [
    (adapter) => adapter.transaction((within) => within.consumeOne({ model, where })),
    {},
    0,
  ],
}

onEveryDatabase("a column altered meanwhile", { options: { plugins: [things] } }, (stage) => {
  let limit = 20_000
  for (const [column, type, there, was, back] of alterations[stage.lane.name]) {
    for (const [method, [call, answer, left]] of Object.entries(methods)) {
      test(`${column}, ${type}: ${method} answers, and happens once`, async () => {
        const { rows } = stage.database
        const made = await stage.adapter.create({ model, data: row })
        // With an option of its own it shares nothing with the other adapter.
        const opened = await openAdapter(stage.database, { pool: { operationTimeoutMs: limit++ } })
        try {
          const adapter = opened.database(config)
          assert.equal(await adapter.count({ model }), 1)
          await alter[stage.lane.name](rows, column, type, there)
          if (method === "incrementOne" && column === "count" && type === "text" && stage.lane.name === "postgres") {
            await assert.rejects(call(adapter), { code: "ERR_INVALID_VALUE", field: column })
            return assert.equal(await stage.count("thing"), 1)
          }
          const got = await call(adapter)
          if (typeof answer !== "object") assert.equal(got, answer)
          else assert.deepEqual({ ...got, id: made.id }, { ...made, ...answer })
          assert.equal(await stage.count("thing"), left)
        } finally {
          await opened.close()
          await rows(`DELETE FROM "thing"`)
          await alter[stage.lane.name](rows, column, was, back)
        }
      })
    }
  }
})
