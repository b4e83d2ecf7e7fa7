// What plugins want of keys: fields that refer to another field than an id, and unique indexes of whole tables.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { ours, reference } from "../adapter.js"
import { base } from "../stage.js"

const { check, migrate, rustAdapter } = await ours()
const timeout = 120_000

const plugin = (schema) => ({ plugins: [{ id: "mine", schema }] })

/** As `@better-auth/oauth-provider` has it. */
const client = { fields: { clientId: { type: "string", required: true, unique: true } } }
const consent = {
  fields: {
    clientId: { type: "string", required: true, references: { model: "client", field: "clientId" } },
    other: { type: "string", required: false, references: { model: "client", field: "clientId" } },
  },
}

/** As `deviceAuthorization` has it since 1.7; before, without the indexes. `sortable` has MySQL's columns be short. */
const code = (indexes, sortable = true) => ({
  code: {
    fields: {
      one: { type: "string", required: true, fieldName: "first_one", sortable },
      two: { type: "string", required: true, sortable },
    },
    ...(indexes && { indexes: [{ fields: ["one"], unique: true }, ...indexes] }),
  },
})
const pair = [{ fields: ["one", "two"], unique: true, name: "code_pair" }]

for (const lane of reference ? [] : databases) {
  describe(`indexes: ${lane.name}`, () => {
    const on = (title, work) =>
      test(title, { timeout }, async () => {
        const own = await lane.create()
        const database = rustAdapter(own.url)
        const options = (schema) => ({ ...base, ...plugin(schema), database })
        /** What has been done is what was said before. */
        const run = async (schema) => {
          const said = await migrate(options(schema), { dryRun: true })
          assert.deepEqual(await migrate(options(schema)), said)
          return said
        }
        const warnings = async (schema) => JSON.parse((await check(options(schema))).json).warnings
        const adapter = (schema) => database(options(schema))
        try {
          await work({ own, run, warnings, adapter })
        } finally {
          await database.close()
          await own.close()
        }
      })

    on("a field refers to one that is no id, in new tables and in a further one", async ({ run, adapter }) => {
      await run({ client, consent })
      assert.deepEqual(await run({ client, consent }), [])
      await run({ client, consent, token: consent })
      const made = adapter({ client, consent, token: consent })
      await made.create({ model: "client", data: { clientId: "web" } })
      for (const model of ["consent", "token"]) {
        assert.equal((await made.create({ model, data: { clientId: "web" } })).clientId, "web")
        await assert.rejects(made.create({ model, data: { clientId: "none" } }), { code: "ERR_FOREIGN_KEY" })
      }
    })

    on("a unique index comes to a table that is there", async ({ run, warnings, adapter }) => {
      await run(code())
      const create = (data) => adapter(code(pair)).create({ model: "code", data })
      await create({ one: "a", two: "x" })
      const made = await run(code(pair))
      assert.equal(made.length, 2)
      for (const statement of made) assert.match(statement, /^CREATE UNIQUE INDEX /)
      assert.deepEqual(await run(code(pair)), [])
      assert.deepEqual(await warnings(code(pair)), [])
      await assert.rejects(create({ one: "a", two: "y" }), { code: "ERR_UNIQUE" })
    })

    on(
      "rows that agree keep it away until they are gone; check says so, and nothing else is doubled",
      async ({ own, run, warnings, adapter }) => {
        const both = code([{ fields: ["two"], unique: true, name: "code_two" }])
        await run(code())
        const before = adapter(code())
        for (const one of ["a", "b"]) await before.create({ model: "code", data: { one, two: "x" } })
        const made = await run(both)
        assert.deepEqual(
          made.map((statement) => /^CREATE (UNIQUE )?INDEX/.exec(statement)?.[0]),
          ["CREATE UNIQUE INDEX", "CREATE INDEX"],
        )
        assert.deepEqual(await run(both), [])
        const [warning, ...others] = await warnings(both)
        assert.deepEqual(others, [])
        assert.match(warning.message, /^code has no unique key on two: /)
        assert.match(warning.remedy, /^CREATE UNIQUE INDEX .* \(["`]two["`]\);$/)
        const create = (data) => adapter(both).create({ model: "code", data })
        await assert.rejects(create({ one: "c", two: "x" }), { code: "ERR_UNIQUE" })
        await own.rows(`DELETE FROM "code" WHERE "first_one" = 'b'`)
        assert.match((await run(both)).join(), /^CREATE UNIQUE INDEX [^,]*$/)
        assert.deepEqual([await warnings(both), await run(both)], [[], []])
      },
    )

    on(
      "texts without a limit are looked at before an insert where no index can tell them apart",
      async ({ run, adapter }) => {
        const wanted = code(pair, false)
        await run(code(undefined, false))
        await run(wanted)
        assert.deepEqual(await run(wanted), [])
        const create = (data) => adapter(wanted).create({ model: "code", data })
        const long = "x".repeat(300)
        await create({ one: `${long}a`, two: "x" })
        await create({ one: `${long}b`, two: "x" })
        await assert.rejects(create({ one: `${long}a`, two: "y" }), { code: "ERR_UNIQUE" })
      },
    )

    on("a unique index of new fields with defaults: unique where no two rows would agree", async ({ run, adapter }) => {
      const label = { type: "string", required: true, sortable: true }
      const kind = { ...label, defaultValue: "none" }
      for (const [rows, index] of [
        [0, "CREATE UNIQUE INDEX"],
        [2, "CREATE INDEX"],
      ]) {
        const model = `thing${rows}`
        const schema = {
          [model]: { fields: { label, kind }, indexes: [{ fields: ["kind"], unique: true, name: `${model}_kind` }] },
        }
        const before = { [model]: { fields: { label } } }
        await run(before)
        for (let row = 0; row < rows; row++) await adapter(before).create({ model, data: { label: `${row}` } })
        assert.ok(
          (await run(schema)).some((statement) => statement.startsWith(index)),
          `${rows} rows`,
        )
      }
    })

    on("a unique field comes to a table with rows, although it has a default", async ({ run, adapter }) => {
      const thing = (more) => ({ thing: { fields: { label: { type: "string", required: true }, ...more } } })
      await run(thing())
      for (const label of ["a", "b"]) await adapter(thing()).create({ model: "thing", data: { label } })
      const field = { type: "string", unique: true, defaultValue: "none" }
      const more = thing({ kind: { ...field, required: false }, sort: { ...field, required: true } })
      await run(more)
      const found = await adapter(more).findMany({ model: "thing" })
      assert.deepEqual(
        found.map(({ kind, sort }) => [kind, sort]),
        [
          [null, null],
          [null, null],
        ],
      )
    })
  })
}
