// New ids are of the form that the table's ids have, on every database and in columns of a type of their own.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const timeout = 30_000

// `id`: one that is there; `type`: its column's; `form`: what new ones look like; `databases`: those that have the type.
const forms = [
  {
    name: "UUIDv4",
    type: "varchar(36)",
    id: "0e984725-c51c-4bf4-9960-e1c80e27aba0",
    form: /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  },
  {
    name: "UUIDv7",
    type: "varchar(36)",
    id: "0192f3c8-7d4e-7a31-9c55-0242ac120002",
    form: /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  },
  {
    name: "UUIDv7",
    type: "uuid",
    databases: ["postgres", "mariadb"],
    id: "0192f3c8-7d4e-7a31-9c55-0242ac120002",
    form: /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  },
  {
    name: "UUIDv4",
    type: "uuid",
    databases: ["postgres", "mariadb"],
    id: "0e984725-c51c-4bf4-9960-e1c80e27aba0",
    form: /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  },
  {
    name: "UUIDv4 without hyphens",
    type: "char(32)",
    id: "0e984725c51c4bf49960e1c80e27aba0",
    form: /^[\da-f]{12}4[\da-f]{3}[89ab][\da-f]{15}$/,
  },
  {
    name: "UUIDv7 without hyphens",
    type: "char(32)",
    id: "0192f3c87d4e7a319c550242ac120002",
    form: /^[\da-f]{12}7[\da-f]{3}[89ab][\da-f]{15}$/,
  },
  { name: "ULID", type: "char(26)", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", form: /^0[\dA-HJKMNP-TV-Z]{25}$/ },
  { name: "ULID in lower case", type: "char(26)", id: "01j9z3ndektsv4rrffq69g5fav", form: /^0[\da-hjkmnp-tv-z]{25}$/ },
  { name: "ObjectId", type: "char(24)", id: "507f191e810c19729de860ea", form: /^[\da-f]{24}$/ },
  { name: "cuid", type: "varchar(25)", id: "cjld2cjxh0000qzrmn831i7rn", form: /^c[\da-z]{24}$/ },
  { name: "cuid2", type: "varchar(24)", id: "tz4a98xxat96iws9zmbrgj3a", form: /^[a-z][\da-z]{23}$/ },
  { name: "nanoid", type: "varchar(21)", id: "V1StGXR8_Z5jdHi6B-myT", form: /^[\w-]{21}$/ },
  {
    name: "of no known form",
    type: "varchar(12)",
    databases: ["postgres", "mariadb", "mysql"],
    id: "ada",
    form: /^[\w-]{12}$/,
  },
  // SQLite holds texts of any length in such a column.
  { name: "of no known form", type: "varchar(12)", databases: ["sqlite"], id: "ada", form: /^[\da-f-]{36}$/ },
]

const moment = (id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)

for (const { name: lane, flavour, create } of databases) {
  describe(`ids on ${lane}`, () => {
    for (const { name, type, id, form } of forms.filter((each) => each.databases?.includes(flavour ?? lane) ?? true)) {
      /** Tables with one user, and an adapter on them. */
      async function open(t) {
        const own = await create()
        t.after(() => own.close())
        await own.rows(`CREATE TABLE "users" ("id" ${type} NOT NULL PRIMARY KEY, "email" varchar(191) UNIQUE)`)
        await own.rows(
          `CREATE TABLE "sessions" ("sessionToken" varchar(100) NOT NULL PRIMARY KEY, "userId" ${type} NOT NULL, "expires" bigint NOT NULL)`,
        )
        await own.rows(`CREATE TABLE "accounts" ("userId" ${type} NOT NULL, "type" varchar(30) NOT NULL, "provider" varchar(60) NOT NULL,
          "providerAccountId" varchar(100) NOT NULL, PRIMARY KEY ("provider", "providerAccountId"))`)
        await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('${id}', 'there@example.com')`)
        const adapter = RustAdapter(own.url)
        t.after(() => adapter.close())
        return { own, adapter }
      }

      test(`${name}, ${type}`, { timeout }, async (t) => {
        const { own, adapter } = await open(t)
        const made = []
        // Auth.js gives every new user a version 4 UUID; other callers leave the id to the adapter.
        for (const given of [{}, { id: randomUUID() }, {}]) {
          const user = await adapter.createUser({ ...given, email: `${made.length}@example.com`, emailVerified: null })
          assert.match(user.id, form)
          assert.deepEqual(await adapter.getUser(user.id), user)
          made.push(user.id)
        }
        assert.equal(new Set(made).size, 3)
        const stored = await own.rows(`SELECT "id" FROM "users" WHERE "email" <> 'there@example.com'`)
        assert.deepEqual(stored.map((row) => row.id).sort(), made.sort())
        if (name.startsWith("UUIDv7"))
          for (const each of made) assert.ok(Math.abs(moment(each) - Date.now()) < 60_000, each)
        if (name === "of no known form") return
        // An id of the table's own form is taken as it is given.
        const given = id.replace(/.$/, (last) => (last === "1" ? "2" : "1"))
        assert.equal((await adapter.createUser({ id: given, email: "given@example.com" })).id, given)
      })

      if (name === "UUIDv4")
        test(`a version 7 that is given to a table of ${name}, ${type}`, { timeout }, async (t) => {
          const { adapter } = await open(t)
          const given = "0192f3c8-7d4e-7a31-9c55-0242ac120002"
          assert.equal((await adapter.createUser({ id: given, email: "given@example.com" })).id, given)
        })
    }
  })
}
