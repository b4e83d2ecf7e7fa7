// Every type that a catalog can show, as the column of a date and of a field that each record of Better Auth's has, and as one that the
// application does not name. What works is exact; a needed column that cannot serve is ERR_SCHEMA, which names table, column and type;
// what the application does not name is left alone.
import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { byId, expiresAt, now, typeTables } from "./type-tables.js"

const timeout = 120_000

const aSession = (more) => ({ token: "t", userId: "1", expiresAt, createdAt: now, updatedAt: now, ...more })

for (const database of reference ? [] : databases) {
  describe(`every type of Better Auth's dates and fields on ${database.name}`, () => {
    const { types, tables, using, serves, refusal, stored, rows } = typeTables(database)

    // The types of which `check` says that a new row has to be given a value.
    const mustBeGiven = new Set()
    before(async () => {
      await tables({ thing: Object.fromEntries(types.map(({ type }, index) => [`e${index}`, `${type} NOT NULL`])) })
      const { text } = await using({}, (_, check) => check())
      for (const [index, { type }] of types.entries())
        if (new RegExp(`thing\\.e${index} .*must not be null and has no default`).test(text)) mustBeGiven.add(type)
    })

    for (const { type, value: literal, rewritten } of types) {
      test(`a date of type ${type}`, { timeout }, async () => {
        await tables({ session: { expiresAt: `${type} NOT NULL` } })
        await using({}, async (adapter) => {
          const find = () => adapter.findOne({ model: "session", where: [{ field: "token", value: "t" }] })
          if (!(await serves(find, "session", "expiresAt"))) return
          // A date that the column has no room for.
          if (await refusal(() => adapter.create({ model: "session", data: aSession() }), "session", "expiresAt")) {
            assert.deepEqual(await rows(`SELECT * FROM "session"`), [])
            return
          }
          const session = await find()
          const off = Math.abs(session.expiresAt - expiresAt)
          // Types of whole seconds say so by what they are declared as.
          assert.ok(off === 0 || off < 1000, `${off} ms off`)
          const count = (operator, value) =>
            adapter.count({ model: "session", where: [{ field: "expiresAt", operator, value }] })
          assert.equal(await count("gt", now), 1)
          assert.equal(await count("lt", now), 0)
          const again = await adapter.update({
            model: "session",
            where: byId(session.id),
            update: { expiresAt: session.expiresAt },
          })
          assert.deepEqual({ ...again, updatedAt: null }, { ...session, updatedAt: null })
        })
      })

      test(`a field that each record has, of type ${type}`, { timeout }, async () => {
        await tables({ thing: { extra: `${type} NOT NULL` } })
        await rows(`INSERT INTO "thing" ("id", "label", "extra") VALUES ('1', 'a', ${literal})`)
        const was = await stored("thing", "extra")
        await using({ extra: { type: "string", required: true } }, async (adapter, check) => {
          const find = () => adapter.findOne({ model: "thing", where: byId("1") })
          if (!(await serves(find, "thing", "extra"))) {
            const { usable, text } = await check()
            assert.equal(usable, false)
            assert.match(text, /thing\.extra is of the type \S.*, which cannot hold extra/)
            return
          }
          const row = await find()
          assert.ok(row.extra !== null && row.extra !== undefined)
          await adapter.update({ model: "thing", where: byId("1"), update: { label: "b" } })
          assert.equal(await stored("thing", "extra"), was)
          assert.ok(await refusal(() => adapter.create({ model: "thing", data: { label: "c" } }), "thing", "extra"))
          const made = await adapter.create({ model: "thing", data: { label: "d", extra: row.extra } })
          assert.deepEqual(made.extra, row.extra)
          assert.equal(await stored("thing", "extra", `"label" = 'd'`), rewritten ?? was)
        })
      })

      test(`a column of type ${type} that the application does not name and that must not be null`, {
        timeout,
      }, async () => {
        await tables({ thing: { extra: `${type} NOT NULL` } })
        await rows(`INSERT INTO "thing" ("id", "label", "extra") VALUES ('1', 'a', ${literal})`)
        const was = await stored("thing", "extra")
        await using({}, async (adapter) => {
          const row = await adapter.update({ model: "thing", where: byId("1"), update: { label: "b" } })
          assert.deepEqual(row, { id: "1", label: "b" })
          assert.equal(await stored("thing", "extra"), was)
          const refused = await refusal(
            () => adapter.create({ model: "thing", data: { label: "c" } }),
            "thing",
            "extra",
          )
          // MySQL fills some TIMESTAMP columns itself.
          assert.equal(refused !== undefined, mustBeGiven.has(type))
        })
      })
    }
  })
}
