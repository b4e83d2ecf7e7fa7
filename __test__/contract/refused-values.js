// Where the database refuses a value of a row, the error names the table and the field, as callers know them: for every type that can
// refuse a value, and also where several columns are of that type.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { addColumns, fitting, refused } from "./refusals.js"
import { newUser } from "./rows.js"

export function refusedValues(database) {
  const { name } = database
  describe("a value that the database refuses", () => {
    const lane = openLane(database, { prepare: ({ rows }) => addColumns(rows, name, "user") })

    for (const [field, value, code] of refused[name]) {
      test(`${field}: ${code}, for ${value === null ? "null" : typeof value} ${String(value).slice(0, 12)}`, async () => {
        const { adapter } = lane
        await lane.rows(`UPDATE "user" SET "nick" = NULL`)
        await lane.user({ nick: "taken" })
        const one = await lane.user()
        const rejects = (call) =>
          assert.rejects(call, (error) => {
            // Of a text that its column's character set lacks, MySQL does not say which column it is.
            const isUnsaid = field === "plain" && lane.flavour === "mysql"
            failure(code, { table: "user", field: isUnsaid ? undefined : field })(error)
            if (value !== null) {
              const said = [error.message, error.cause?.message].join("\n")
              assert.ok(!said.includes(String(value)), said)
            }
            return true
          })
        await rejects(adapter.createUser(newUser({ [field]: value })))
        await rejects(adapter.createUser(newUser({ ...fitting[name], [field]: value })))
        await rejects(adapter.updateUser({ id: one.id, [field]: value }))
        await rejects(adapter.updateUser({ id: one.id, ...fitting[name], [field]: value }))
        assert.deepEqual(await adapter.getUser(one.id), one)
      })
    }
  })
}
