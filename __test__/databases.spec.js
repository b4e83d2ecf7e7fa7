// The oracle of all other specs, tried by itself: what goes in through plain SQL comes out alike on every database.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "./databases.js"

const when = Date.UTC(2041, 1, 28, 23, 59, 59, 987)
const columns = {
  sqlite: { id: "TEXT", expires: "INTEGER", credentialBackedUp: "INTEGER", counter: "INTEGER" },
  postgres: { id: "text", expires: "timestamptz(3)", credentialBackedUp: "boolean", counter: "bigint" },
  mysql: { id: "varchar(255)", expires: "datetime(3)", credentialBackedUp: "boolean", counter: "bigint" },
}

for (const lane of databases) {
  describe(`database ${lane.name}`, () => {
    const declare = (rows) =>
      rows(
        `CREATE TABLE "t" (${Object.entries(columns[lane.name])
          .map(([name, type]) => `"${name}" ${type}`)
          .join(", ")})`,
      )

    test("stored() gives dates as epoch milliseconds, booleans and numbers", async (t) => {
      const database = await lane.create()
      t.after(() => database.close())
      await declare(database.rows)
      const dates = { sqlite: when, postgres: new Date(when), mysql: new Date(when) }
      const backedUp = lane.name === "postgres" ? true : 1
      await database.rows(
        `INSERT INTO "t" ("id", "expires", "credentialBackedUp", "counter") VALUES (?, ?, ?, ?)`,
        "é🔑",
        dates[lane.name],
        backedUp,
        4294967296,
      )
      await database.rows(`INSERT INTO "t" ("id") VALUES (?)`, "empty")

      const rows = await database.stored("t")
      assert.deepEqual(
        rows.find((row) => row.id === "é🔑"),
        { id: "é🔑", expires: when, credentialBackedUp: true, counter: 4294967296 },
      )
      assert.deepEqual(
        rows.find((row) => row.id === "empty"),
        { id: "empty", expires: null, credentialBackedUp: null, counter: null },
      )
      assert.deepEqual(await database.rows(`SELECT "id" FROM "t" WHERE "counter" = ?`, 4294967296), [{ id: "é🔑" }])
    })

    test("two databases do not see each other, and close() drops its own only", async (t) => {
      const first = await lane.create()
      const second = await lane.create()
      t.after(() => second.close())
      await declare(first.rows)
      await assert.rejects(second.stored("t"))
      await declare(second.rows)
      await first.close()
      assert.deepEqual(await second.stored("t"), [])
    })

    test("quote() makes any identifier safe in the database's own words", () => {
      const [open, close] = lane.name === "mysql" ? ["`", "`"] : ['"', '"']
      assert.equal(lane.quote(`a${close}b`), `${open}a${close}${close}b${close}`)
    })
  })
}
