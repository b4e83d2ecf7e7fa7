// What an application adds to our own tables decides whether a new row has to be read back.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { openLane } from "../contract/lane.js"
import { databases } from "../databases.js"

// PostgreSQL shows the last statement of each connection.
for (const database of databases.filter(({ name }) => name === "postgres")) {
  describe("reading back on PostgreSQL", () => {
    const lane = openLane(database)
    test("a column that stores what it is given is not read back; where one has a default, the row is", {
      timeout: 60_000,
    }, async () => {
      const last = async () =>
        (
          await lane.rows(
            `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'INSERT%'`,
          )
        )[0].query
      await lane.user()
      assert.doesNotMatch(await last(), /RETURNING/)
      await lane.rows(`ALTER TABLE "user" ADD "note" text`)
      assert.equal((await lane.user({ note: "n" })).note, "n")
      assert.doesNotMatch(await last(), /RETURNING/)
      assert.equal((await lane.user()).note, null)
      await lane.rows(`ALTER TABLE "user" ADD "role" text DEFAULT 'user'`)
      assert.equal((await lane.user({ role: "admin" })).role, "admin")
      assert.match(await last(), /RETURNING/)
      assert.equal((await lane.user()).role, "user")
    })
  })
}
