// Tables as other programs have made them: collations that differ, days, expressions in unique indexes, columns that ignore case.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { openAdapter, ours, reference } from "../adapter.js"
import { base } from "../stage.js"
import { byId, expiresAt, now, typeTables } from "./type-tables.js"

const timeout = 60_000
const dates = { createdAt: now, updatedAt: now }
const ada = { id: "ada", name: "Ada", email: "ada@example.com", emailVerified: true, ...dates }

for (const database of reference ? [] : databases) {
  const { name } = database
  describe(`tables that others have made, Better Auth on ${database.flavour ?? name}`, () => {
    const { tables, using, rows } = typeTables(database)
    const make = (adapter, model, data) => adapter.create({ model, data, forceAllowId: true })
    const labels = (found) => found.map(({ label }) => label).sort()

    test("a day alone is a date to compare with", { timeout }, async () => {
      await tables({})
      await using({}, async (adapter) => {
        await make(adapter, "user", ada)
        const found = async (operator, value) =>
          (await adapter.findMany({ model: "user", where: [{ field: "createdAt", operator, value }] })).length
        assert.deepEqual([await found("gte", "2030-01-02"), await found("lt", "2030-01-02")], [1, 0])
        assert.deepEqual([await found("gte", "2030-01-03"), await found("lt", "2030-01-03")], [0, 1])
        await assert.rejects(found("gte", "2030-02-30"), { code: "ERR_INVALID_VALUE", field: "createdAt" })
        for (const odd of ["yesterday", "+2030-1-02", " 2030-1-02", "2030-1-2"])
          await assert.rejects(found("gte", odd), { code: "ERR_INVALID_VALUE", field: "createdAt" })
      })
    })

    if (name !== "sqlite")
      test("a date that is required may be a day, unless it says when a row expires", { timeout }, async () => {
        await tables({ thing: { birthday: "date" } })
        await using({ birthday: { type: "date", required: true } }, async (adapter) => {
          const { id } = await make(adapter, "thing", { label: "a", birthday: new Date("2001-02-03T22:00:00Z") })
          assert.equal((await adapter.findOne({ model: "thing", where: byId(id) })).birthday, "2001-02-03")
        })
        await tables({ session: { expiresAt: "date" } })
        await using({}, async (adapter) => {
          const refused = make(adapter, "session", { token: "t", userId: "ada", expiresAt, ...dates })
          await assert.rejects(refused, { code: "ERR_SCHEMA", table: "session", field: "expiresAt" })
        })
        // Nor where the column has another name.
        await tables({ session: { valid_until: "date" } })
        const session = { fields: { expiresAt: "valid_until" } }
        await using(
          {},
          async (adapter) => {
            const refused = make(adapter, "session", { token: "t", userId: "ada", expiresAt, ...dates })
            await assert.rejects(refused, { code: "ERR_SCHEMA", table: "session" })
          },
          { session },
        )
      })

    if (name === "sqlite" || database.flavour === "mysql")
      test("a unique index with an expression makes no key of its other columns", { timeout }, async () => {
        await tables({ thing: { owner: "varchar(100)" } })
        await rows(`CREATE UNIQUE INDEX "one_first" ON "thing" ("owner", (CASE WHEN "label" = 'first' THEN 1 END))`)
        await using({ owner: { type: "string", required: false } }, async (adapter) => {
          for (const label of ["first", "second", "third"]) await make(adapter, "thing", { label, owner: "ada" })
          const taken = await adapter.consumeOne({ model: "thing", where: [{ field: "owner", value: "ada" }] })
          assert.equal(taken.owner, "ada")
          assert.equal(await adapter.count({ model: "thing" }), 2)
        })
        await rows(`DROP INDEX "one_first"${name === "mysql" ? ` ON "thing"` : ""}`)
      })

    if (name === "sqlite")
      test("a list is compared by its bytes in a column that ignores case", { timeout }, async () => {
        await tables({ thing: { label: "text COLLATE NOCASE" } })
        await using({}, async (adapter) => {
          for (const label of ["acme", "ACME", "other"]) await make(adapter, "thing", { label })
          const find = async (operator, value) =>
            labels(await adapter.findMany({ model: "thing", where: [{ field: "label", operator, value }] }))
          assert.deepEqual(await find("in", ["acme", "Other"]), ["acme"])
          assert.deepEqual(await find("not_in", ["acme"]), ["ACME", "other"])
          const where = [{ field: "label", operator: "in", value: ["acme"] }]
          assert.equal(await adapter.deleteMany({ model: "thing", where }), 1)
          assert.deepEqual(labels(await adapter.findMany({ model: "thing" })), ["ACME", "other"])
        })
      })

    if (name === "mysql") {
      const id = "varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL"
      for (const [what, userId] of Object.entries({
        "another one of the same characters": "varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "one that compares bytes": "varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "one of other characters": "varchar(100) CHARACTER SET latin1 COLLATE latin1_swedish_ci",
      }))
        test(`a session's user is found, whose id has another collation: ${what}`, { timeout }, async () => {
          await tables({ user: { id }, session: { userId } })
          await using({}, async (adapter) => {
            await make(adapter, "user", ada)
            await make(adapter, "user", { ...ada, id: "ADB", email: "other@example.com" })
            await make(adapter, "session", { token: "t", userId: "ada", expiresAt, ...dates })
            const find = () =>
              adapter.findOne({ model: "session", where: [{ field: "token", value: "t" }], join: { user: true } })
            assert.equal((await find()).user.id, "ada")
            for (const each of await Promise.all(Array.from({ length: 20 }, find))) assert.equal(each.user.id, "ada")
          })
        })

      test("migrate makes tables that refer to an id of any collation", { timeout }, async (t) => {
        const own = await database.create()
        t.after(own.close)
        await own.rows(`CREATE TABLE "user" ("id" ${id.replace("unicode_ci", "spanish_ci")} PRIMARY KEY, "name" varchar(100), "email" varchar(100) UNIQUE,
          "emailVerified" boolean, "image" varchar(100), "createdAt" datetime(3), "updatedAt" datetime(3))`)
        const fields = { owner: { type: "string", required: true, references: { model: "user", field: "id" } } }
        const options = { ...base, plugins: [{ id: "things", schema: { thing: { fields } } }] }
        const opened = await openAdapter(own)
        t.after(opened.close)
        const { migrate } = await ours()
        await migrate({ ...options, database: opened.database })
        const adapter = opened.database(options)
        await make(adapter, "user", ada)
        await make(adapter, "thing", { owner: "ada" })
        await assert.rejects(make(adapter, "thing", { owner: "nobody" }), { code: "ERR_FOREIGN_KEY" })
        assert.deepEqual(await migrate({ ...options, database: opened.database }), [])
      })
    }
  })
}
