// Where the database refuses a value of a row, the error is the adapter's and names the table and the field; where the way to the
// database fails, it names the place.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { addColumns, fitting, refused } from "../../contract/refusals.js"
import { databases } from "../../databases.js"
import { freePort } from "../../servers/port.js"
import { openAdapter, ours, reference } from "../adapter.js"
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

      /** The same, with the tables altered by `statements`. */
      const altered = async (statements, work, adapterOptions) => {
        const database = await lane.create()
        let opened
        try {
          await migrate(database, base)
          for (const statement of statements) await database.rows(statement)
          opened = await openAdapter(database, adapterOptions)
          await work(opened.database(base), database.rows)
        } finally {
          await opened?.close()
          await database.close()
        }
      }

      test("a column that only an ORM fills is named, with the reason; one of UUIDs is filled", async () => {
        const uuid = { sqlite: "char(36)", postgres: "uuid", mysql: "char(36)" }[name]
        // SQLite adds no such column without a default to a table: it is the one of a new table.
        const statements =
          name === "sqlite"
            ? [
                `DROP TABLE "verification"`,
                `CREATE TABLE "verification" ("id" text PRIMARY KEY, "identifier" text NOT NULL, "value" text NOT NULL, "expiresAt" date NOT NULL,
                 "createdAt" date, "updatedAt" date, "uuid" ${uuid} NOT NULL, "slug" varchar(20) NOT NULL)`,
              ]
            : [
                `ALTER TABLE "verification" ADD COLUMN "uuid" ${uuid} NOT NULL`,
                `ALTER TABLE "verification" ADD COLUMN "slug" varchar(20) NOT NULL`,
              ]
        await altered(statements, async (adapter, rows) => {
          const data = {
            identifier: "a",
            value: "v",
            expiresAt: new Date("2030-01-01"),
            createdAt: new Date(),
            updatedAt: new Date(),
          }
          await assert.rejects(adapter.create({ model: "verification", data }), (error) => {
            assert.ok(["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code), error.stack)
            assert.deepEqual([error.table, error.field], ["verification", "slug"])
            assert.match(error.message, /verification\.slug is required: .*no default in the database.*\$defaultFn/)
            return true
          })
          await rows(`ALTER TABLE "verification" DROP COLUMN "slug"`)
          await adapter.create({ model: "verification", data })
          const [{ v }] = await rows(`SELECT "uuid" AS "v" FROM "verification"`)
          assert.match(v, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-/)
        })
      })

      const keys = {
        sqlite: [
          `DROP TABLE "verification"`,
          `CREATE TABLE "people" AS SELECT * FROM "user"`,
          `DROP TABLE "account"`,
          `DROP TABLE "session"`,
          `DROP TABLE "user"`,
          `ALTER TABLE "people" RENAME TO "user"`,
        ],
        postgres: [`ALTER TABLE "user" DROP CONSTRAINT "user_email_key"`],
        mysql: [`ALTER TABLE "user" DROP INDEX "email"`],
      }[name]
      for (const emails of ["unique", "shared"])
        test(`without a key on addresses, emails: ${emails}`, () =>
          altered(
            keys,
            async (adapter) => {
              const data = user({ email: "one@example.com" })
              await adapter.create({ model: "user", data })
              const second = () => adapter.create({ model: "user", data })
              if (emails === "unique")
                return assert.rejects(second, failure("ERR_UNIQUE", { table: "user", field: "email" }))
              await second()
              assert.equal(
                await adapter.count({ model: "user", where: [{ field: "email", value: "one@example.com" }] }),
                2,
              )
            },
            { emails },
          ))

      for (const emails of ["unique", "shared"])
        test(`tables that migrate makes, emails: ${emails}`, async () => {
          const database = await lane.create()
          const opened = await openAdapter(database, { emails })
          try {
            const statements = await (await ours()).migrate({ ...base, database: opened.database })
            const unique = statements.some(
              (statement) => /UNIQUE/.test(statement) && /user/i.test(statement) && /email/.test(statement),
            )
            assert.equal(unique, emails === "unique", statements.join(";\n"))
            if (emails === "shared")
              assert.ok(
                statements.some((statement) => /CREATE INDEX .*user.*email/i.test(statement)),
                statements.join(";\n"),
              )
            assert.deepEqual(await (await ours()).migrate({ ...base, database: opened.database }), [])
          } finally {
            await opened.close()
            await database.close()
          }
        })

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
