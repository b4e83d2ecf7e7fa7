// A column named `created_at` that Better Auth has no field for, of any type: what holds instants gets the present one, a column of days
// gets the day in UTC, and one that holds neither is the application's.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { day, moments, nothing, prelude } from "../../swap-in/moment-types.js"
import { reference } from "../adapter.js"
import { typeTables } from "./type-tables.js"

const timeout = 60_000

for (const database of reference ? [] : databases) {
  const { name } = database
  describe(`moments of Better Auth's on ${name}`, () => {
    const { tables, using, refusal, rows } = typeTables(database)
    const create = (adapter) => adapter.create({ model: "thing", data: { label: "a" } })
    // Not all bytes are a text.
    const shown =
      name === "mysql" ? `COALESCE(CAST("created_at" AS char), HEX("created_at"))` : `CAST("created_at" AS text)`
    const stored = async () => (await rows(`SELECT ${shown} AS "v" FROM "thing"`))[0]?.v
    const days = () => [Date.now() - 60_000, Date.now()].map((time) => new Date(time).toISOString().slice(0, 10))

    for (const [type, kind] of Object.entries(moments[name]))
      test(`created_at of type ${type} that must not be null: ${kind}`, { timeout }, async () => {
        for (const statement of prelude[name]) await rows(`${statement}`).catch(() => {})
        await tables({ thing: { created_at: `${type} NOT NULL` } })
        await using({}, async (adapter) => {
          if (kind === nothing) {
            const error = await refusal(() => create(adapter), "thing", "created_at")
            assert.ok(error)
            if (error.code === "ERR_INVALID_VALUE") assert.match(error.message, /^thing\.created_at is required: /)
            assert.deepEqual(await rows(`SELECT * FROM "thing"`), [])
            return
          }
          assert.equal((await create(adapter)).label, "a")
          const value = await stored()
          assert.ok(kind === day ? days().includes(value) : value.length > 0, value)
        })
      })
  })
}
