// A column by which an ORM hides rows in the place of deleting them: `check` warns of it in the tables that Better Auth itself has.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { typeTables } from "./type-tables.js"

for (const database of reference ? [] : databases) {
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[database.name]
  describe(`rows that are marked as deleted, and Better Auth on ${database.name}`, () => {
    const { tables, using } = typeTables(database)
    for (const [title, changes, expected] of [
      ["a user's", { user: { deletedAt: date } }, ["user.deletedAt"]],
      ["a session's", { session: { deleted_at: date } }, ["session.deleted_at"]],
      ["one of a model of the application's", { thing: { deleted_at: date } }, []],
      ["one that must not be null", { user: { deleted_at: `${date} NOT NULL` } }, []],
    ])
      test(`check, of the mark: ${title}`, { timeout: 60_000 }, async () => {
        await tables(changes)
        await using({}, async (_, check) => {
          const { text } = await check()
          const marks = [...text.matchAll(/(\S+) looks like the mark of an ORM/g)].map(([, column]) => column)
          assert.deepEqual(marks, expected, text)
        })
      })
  })
}
