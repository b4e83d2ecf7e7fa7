// Whatever the database refuses of a row, the error is the adapter's and names the table and the field; where the way to the database
// fails, it names the place.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { addColumns, fitting, refused } from "../../contract/refusals.js"
import { databases } from "../../databases.js"
import { freePort } from "../../servers/port.js"
import { openAdapter, reference } from "../adapter.js"
import { base } from "../base.js"
import { migrate } from "../tables.js"

/** The columns as an application describes them: as texts, numbers and dates. */
function fieldsOf(name) {
  const type = (value) => (value instanceof Date ? "date" : typeof value === "number" ? "number" : "string")
  const fields = { teamId: { type: "string", required: false } }
  for (const [field, value] of Object.entries(fitting[name])) fields[field] = { type: type(value), required: false }
  return fields
}

if (!reference)
  for (const lane of databases) {
    const { name } = lane
    describe(`what errors name: ${name}`, () => {
      const options = { ...base, user: { additionalFields: fieldsOf(name) } }
      const user = (more) => ({
        name: "Ada",
        email: `${Math.random()}@example.com`,
        emailVerified: false,
        createdAt: new Date(),
        updatedAt: new Date(),
        ...more,
      })

      /** Does `work` with an adapter on tables that have the columns. */
      async function using(work) {
        const database = await lane.create()
        let opened
        try {
          await migrate(database, base)
          await addColumns(database.rows, name, "user")
          opened = await openAdapter(database)
          await work(opened.database(options))
        } finally {
          await opened?.close()
          await database.close()
        }
      }

      test("a value that the database refuses", { timeout: 60_000 }, () =>
        using(async (adapter) => {
          await adapter.create({ model: "user", data: user({ nick: "taken" }) })
          const one = await adapter.create({ model: "user", data: user() })
          const where = [{ field: "id", value: one.id }]
          for (const [field, value, code] of refused[name]) {
            const isUnsaid = field === "plain" && lane.flavour === "mysql"
            const rejects = (call) =>
              assert.rejects(call, (error) => {
                failure(code, { table: "user", field: isUnsaid ? undefined : field })(error)
                assert.ok(value === null || !`${error.message}\n${error.cause?.message}`.includes(String(value)))
                return true
              })
            await rejects(adapter.create({ model: "user", data: user({ [field]: value }) }))
            await rejects(adapter.create({ model: "user", data: user({ ...fitting[name], [field]: value }) }))
            await rejects(adapter.update({ model: "user", where, update: { [field]: value } }))
            await rejects(adapter.update({ model: "user", where, update: { ...fitting[name], [field]: value } }))
            await rejects(
              adapter.transaction((inner) => inner.update({ model: "user", where, update: { [field]: value } })),
            )
            assert.deepEqual(await adapter.findOne({ model: "user", where }), one)
          }
        }),
      )

      if (name !== "sqlite")
        test("a port where no server listens", async () => {
          const port = String(await freePort())
          const opened = await openAdapter({ url: `${name}://ada:s3cret@127.0.0.1:${port}/app` })
          const adapter = opened.database(options)
          const place = {
            host: "127.0.0.1",
            port,
            database: "app",
            message: /host 127\.0\.0\.1, port \d+, database app/,
          }
          try {
            for (const call of [
              () => adapter.findOne({ model: "user", where: [{ field: "id", value: "x" }] }),
              () => adapter.create({ model: "user", data: user() }),
              () => adapter.transaction((inner) => inner.create({ model: "user", data: user() })),
            ])
              await assert.rejects(call, (error) => {
                assert.ok(!error.stack.includes("s3cret"))
                return failure("ERR_CONNECT", place)(error)
              })
          } finally {
            await opened.close()
          }
        })
    })
  }
