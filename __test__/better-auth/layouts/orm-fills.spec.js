// Columns that only an ORM fills: drizzle-kit makes them NOT NULL, and without a default. The error and `check` name them and say why;
// a `defaultValue` of Better Auth's, or a default of the database's, settles it.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { betterAuth } from "better-auth"
import { databases } from "../../databases.js"
import { openAdapter, ours, reference } from "../adapter.js"
import { base, quickPasswords } from "../stage.js"
import * as drizzle from "./drizzle.js"

const options = { ...base, emailAndPassword: { enabled: true, password: quickPasswords } }

/** Two columns of the application's users, as Drizzle's documentation fills them. */
const columns = {
  sqlite: ["sqlite-core", "text", "text()", "integer", "integer()"],
  postgres: ["pg-core", "text", "text()", "integer", "integer()"],
  mysql: ["mysql-core", "varchar", "varchar({ length: 40 })", "int", "int()"],
}
const edited = (lane) => (code) => {
  const [core, text, slug, integer, visits] = columns[lane.name]
  const more = `
    slug: ${slug.replace(text, "textOf")}.notNull().$defaultFn(() => crypto.randomUUID()),
    visits: ${visits.replace(integer, "integerOf")}.notNull().$defaultFn(() => 0),`
  const changed = code.replace(/(export const user = \w+Table\(\s*"user",\s*\{)/, `$1${more}`)
  assert.notEqual(changed, code)
  return `import { ${text} as textOf, ${integer} as integerOf } from "drizzle-orm/${core}"\n${changed}`
}

for (const lane of reference ? [] : databases) {
  describe(`columns that only Drizzle fills, on ${lane.name}`, () => {
    test("they are named, and what is advised settles it", { timeout: 60_000 }, async () => {
      const database = await lane.create()
      const theirs = await drizzle.open(lane, database, options, {}, edited(lane))
      const opened = await openAdapter(database)
      const signUp = (auth) => {
        const body = { name: "Ada", email: `${crypto.randomUUID()}@example.com`, password: "correct horse" }
        return auth.api.signUpEmail({ body })
      }
      try {
        await signUp(betterAuth({ ...options, database: theirs.database }))
        const [{ slug, visits }] = await database.rows(`SELECT "slug", "visits" FROM "user"`)
        assert.deepEqual([slug.length, visits], [36, 0])

        const data = {
          name: "A",
          email: "a@example.com",
          emailVerified: true,
          createdAt: new Date(),
          updatedAt: new Date(),
        }
        const adapter = opened.database(options)
        await assert.rejects(adapter.create({ model: "user", data }), (error) => {
          assert.ok(["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code), error.stack)
          assert.equal(error.table, "user")
          assert.match(error.message, /^user\.(slug|visits) is required: .*no default in the database.*\$defaultFn/)
          return true
        })
        const before = await (await ours()).check({ ...options, database: opened.database })
        assert.equal(before.usable, true)
        for (const column of ["slug", "visits"])
          assert.match(before.text, new RegExp(`user\\.${column} must not be null and has no default.*\\$defaultFn`))

        const additionalFields = {
          slug: { type: "string", required: true, defaultValue: () => crypto.randomUUID(), input: false },
          visits: { type: "number", required: true, defaultValue: 0, input: false },
        }
        const told = { ...options, user: { additionalFields } }
        const { user } = await signUp(betterAuth({ ...told, database: opened.database }))
        assert.deepEqual([user.slug.length, user.visits], [36, 0])
        const after = await (await ours()).check({ ...told, database: opened.database })
        assert.doesNotMatch(after.text, /must not be null/)
      } finally {
        await opened.close()
        await theirs.close()
        await database.close()
      }
    })
  })
}
