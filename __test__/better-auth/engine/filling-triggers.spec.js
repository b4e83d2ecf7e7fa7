// Columns that Better Auth has no value for, that must not be null, and that a BEFORE INSERT trigger fills: they are left to it, and rows are
// answered as they are stored. What nothing fills is the database's to refuse.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { fillingTrigger } from "../../swap-in/filling-triggers.js"
import { reference } from "../adapter.js"
import { byId, typeTables } from "./type-tables.js"

const timeout = 60_000
const text = "varchar(200)"

for (const database of reference ? [] : databases) {
  const { name } = database
  if (name === "sqlite") continue
  describe(`columns that triggers fill for Better Auth on ${name}`, () => {
    const { tables, using, rows } = typeTables(database)
    const slug = name === "mysql" ? `CONCAT('s-', NEW."label")` : `'s-' || NEW."label"`
    const make = async (columns, filled) => {
      await tables({ thing: columns })
      for (const statement of fillingTrigger(name, "thing", filled)) await rows(statement)
    }
    const create = (adapter, data = {}) => adapter.create({ model: "thing", data: { label: "a", ...data } })
    const optional = { type: "string", required: false }

    test("are filled, also where a field of the application's has one", { timeout }, async () => {
      await make({ slug: `${text} NOT NULL`, tenant: "integer NOT NULL" }, { slug, tenant: "7" })
      await using({ slug: optional }, async (adapter) => {
        const made = await create(adapter)
        assert.equal(made.slug, "s-a")
        assert.deepEqual(await adapter.findOne({ model: "thing", where: byId(made.id) }), made)
        assert.equal((await create(adapter, { slug: "mine" })).slug, "mine")
        assert.equal((await create(adapter, { slug: null })).slug, "s-a")
        const many = await Promise.all(Array.from({ length: 20 }, (_, i) => create(adapter, { label: `${i}` })))
        assert.deepEqual(
          many.map((each) => each.slug),
          many.map((_, i) => `s-${i}`),
        )
        await adapter.transaction(async (tx) => assert.equal((await create(tx, { label: "tx" })).slug, "s-tx"))
        assert.deepEqual(await rows(`SELECT DISTINCT "tenant" FROM "thing"`), [{ tenant: 7 }])
      })
    })

    test("that no trigger fills are the database's to refuse", { timeout }, async () => {
      await make({ slug: `${text} NOT NULL`, owner: `${text} NOT NULL` }, { slug })
      await using({}, async (adapter, check) => {
        await assert.rejects(create(adapter), { code: "ERR_NOT_NULL", table: "thing", field: "owner" })
        const { text, usable } = await check()
        assert.equal(usable, true)
        assert.match(
          text,
          /thing\.owner must not be null .*: it is left to the table's triggers, and creating a row fails/,
        )
      })
    })
  })
}
