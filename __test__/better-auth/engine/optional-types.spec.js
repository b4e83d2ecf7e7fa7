// Every type that a catalog can show, as the column of an optional field of Better Auth's: what is read is written again as what it is,
// or the column is left out, with a warning of `check`. Never does it refuse its model.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { byId, expiresAt, typeTables } from "./type-tables.js"

const timeout = 200_000

/** The types that no value of JavaScript's goes into, and whose optional columns are left out. */
const binary = ["binary(16)", "varbinary(100)", "tinyblob", "blob", "longblob"]
const shapes = ["point", "geometry", "polygon"]
const unreadable = {
  sqlite: ["blob"],
  postgres: [
    '"char"',
    "money",
    "bytea",
    "jsonpath",
    "xml",
    "macaddr",
    "macaddr8",
    "bit(8)",
    "bit varying(8)",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "tsvector",
    "tsquery",
    "oid",
    "regclass",
    "xid",
    "xid8",
    "pg_lsn",
    "txid_snapshot",
    "int4range",
    "numrange",
    "tstzrange",
    "daterange",
    "int4multirange",
    "spread",
    "place",
    "hstore",
    "place[]",
    "int2vector",
    "oidvector",
    "located",
  ],
  mariadb: [...binary, ...shapes],
  mysql: [...binary, ...shapes, "vector(3)"],
}

/** A value of each of Better Auth's types. */
const samples = {
  string: "abc",
  number: 7,
  boolean: true,
  date: expiresAt,
  json: { a: [1, null] },
  "string[]": ["a", "b c"],
}

for (const database of reference ? [] : databases) {
  const { name } = database
  describe(`every type of Better Auth's optional columns on ${name}`, () => {
    const { types, tables, using, serves, refusal, stored, rows } = typeTables(database)

    const fields = (type) => Object.fromEntries(types.map((_, index) => [`f${index}`, { type, required: false }]))
    const columns = () => Object.fromEntries(types.map(({ type }, index) => [`f${index}`, type]))

    for (const [type, sample] of Object.entries(samples)) {
      test(`optional fields that are ${type}, of all types`, { timeout }, async () => {
        await tables({ thing: columns() })
        await rows(`INSERT INTO "thing" ("id", "label") VALUES ('1', 'a')`)
        await using(fields(type), async (adapter, check) => {
          const row = await adapter.findOne({ model: "thing", where: byId("1") })
          assert.equal(Object.keys(row).length, types.length + 2)
          assert.equal((await adapter.create({ model: "thing", data: { label: "b" } })).label, "b")
          const { text, usable } = await check()
          assert.equal(usable, true, text)
          for (const [index, { type: columnType }] of types.entries()) {
            const field = `f${index}`
            const isLeft = new RegExp(`thing\\.${field} is of the type \\S.*; it is left out: it reads as null`).test(
              text,
            )
            const write = () => adapter.update({ model: "thing", where: byId("1"), update: { [field]: sample } })
            if (isLeft) {
              assert.equal(row[field], null)
              assert.equal(await serves(write, "thing", field), false, columnType)
              continue
            }
            if (await refusal(write, "thing", field)) continue
            const { [field]: read, ...rest } = await adapter.findOne({ model: "thing", where: byId("1") })
            assert.equal(rest.label, "a")
            // What is read is written again as what it is.
            const once = await stored("thing", field, `"id" = '1'`)
            const update = { [field]: read }
            const again = await adapter.update({ model: "thing", where: byId("1"), update })
            assert.deepEqual([again[field], await stored("thing", field, `"id" = '1'`)], [read, once], columnType)
            assert.equal(
              (await adapter.update({ model: "thing", where: byId("1"), update: { [field]: null } }))[field],
              null,
            )
          }
        })
      })
    }

    test("a selection of a field that is left out, or has no column, reads it as null, as the record does", async () => {
      await tables({ thing: { picture: name === "postgres" ? "bytea" : "blob" } })
      await rows(`INSERT INTO "thing" ("id", "label") VALUES ('1', 'a')`)
      const optional = { type: "string", required: false }
      await using({ picture: optional, missing: { ...optional, fieldName: "not_there" } }, async (adapter) => {
        const model = "thing"
        const record = await adapter.findOne({ model, where: byId("1") })
        assert.deepEqual(record, { id: "1", label: "a", picture: null, missing: null })
        const selected = (row, select) => Object.fromEntries(select.map((field) => [field, row[field]]))
        for (const select of [["picture"], ["missing"], ["missing", "label", "picture"]]) {
          const expected = selected(record, select)
          assert.deepEqual(await adapter.findOne({ model, where: byId("1"), select }), expected)
          const [row] = await adapter.findMany({ model, where: byId("1"), select })
          assert.deepEqual(selected(row, select), expected)
        }
        for (const field of ["picture", "missing"]) {
          const schema = { code: "ERR_SCHEMA" }
          await assert.rejects(adapter.findMany({ model, where: [{ field, value: "x" }] }), schema)
          await assert.rejects(adapter.findMany({ model, sortBy: { field, direction: "asc" } }), schema)
        }
      })
    })

    test("optional fields that are texts: what is there comes and goes exactly", { timeout }, async () => {
      await tables({ thing: columns() })
      const names = types.map((_, index) => `"f${index}"`)
      const values = types.map(({ value }) => value)
      await rows(`INSERT INTO "thing" ("id", "label", ${names.join(", ")}) VALUES ('1', 'a', ${values.join(", ")})`)
      await using(fields("string"), async (adapter, check) => {
        const { text } = await check()
        const left = types.filter((_, index) => text.includes(`thing.f${index} is of the type `))
        assert.deepEqual(
          left.map(({ type }) => type),
          unreadable[database.flavour ?? name],
        )
        for (const [index, { type, rewritten }] of types.entries()) {
          const field = `f${index}`
          const row = await adapter.findOne({ model: "thing", where: byId("1") })
          const was = await stored("thing", field)
          const isLeft = text.includes(`thing.${field} is of the type `)
          assert.equal(row[field] === null, isLeft, type)
          if (isLeft) continue
          const update = { [field]: row[field] }
          assert.deepEqual(await adapter.update({ model: "thing", where: byId("1"), update }), row, type)
          assert.equal(await stored("thing", field), rewritten ?? was, type)
        }
      })
    })
  })
}
