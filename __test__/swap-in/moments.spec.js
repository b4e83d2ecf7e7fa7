// Columns named `created_at` and `updated_at`, of any type: what holds instants gets the present one, a column of days gets the day in UTC,
// and what holds neither is the application's. No write is refused for it, unless such a column must not be null.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { before, day, moment, moments, nothing, prelude } from "./moment-types.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const text = "varchar(200)"

for (const database of databases) {
  const { name } = database
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]

  /** Auth.js's tables, each with these further columns. */
  async function tables(own, further) {
    const more = Object.entries(further).map(([column, type]) => `, "${column}" ${type}`)
    for (const statement of [
      ...prelude[name],
      `CREATE TABLE "users" ("id" ${text} NOT NULL PRIMARY KEY, "name" ${text}, "email" ${text}, "emailVerified" ${date},
        "image" ${text}, "password" ${text}${more.join("")})`,
      `CREATE TABLE "accounts" ("userId" ${text} NOT NULL, "type" ${text}, "provider" ${text}, "providerAccountId" ${text}${more.join("")})`,
      `CREATE TABLE "sessions" ("sessionToken" ${text} NOT NULL PRIMARY KEY, "userId" ${text} NOT NULL, "expires" ${date} NOT NULL${more.join("")})`,
    ])
      await own.rows(statement)
  }

  const lane = (title, further, work) =>
    test(title, { timeout }, async () => {
      const own = await database.create()
      let adapter
      try {
        await tables(own, further)
        adapter = RustAdapter(own.url)
        await work(adapter, own)
      } finally {
        await adapter?.close()
        await own.close()
      }
    })

  const days = () => [Date.now() - 60_000, Date.now()].map((time) => new Date(time).toISOString().slice(0, 10))
  const is = {
    [moment]: (value) => assert.ok(Math.abs(value - Date.now()) < 60_000, `${value}`),
    [day]: (value) => assert.ok(days().includes(value), `${value}`),
    [nothing]: (value) => assert.ok(value === null || value === undefined, `${value}`),
  }
  // An account's integers are the provider's, in seconds.
  const inAccount = (value) => (typeof value === "number" ? value * 1000 : value)

  describe(`moments on ${name}`, () => {
    for (const [type, kind] of Object.entries(moments[name])) {
      lane(`updated_at of type ${type}: ${kind}`, { updated_at: type }, async (adapter, own) => {
        const user = await adapter.createUser({ email: "a@example.com", name: "A" })
        await adapter.linkAccount({ userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" })
        await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
        if (kind === nothing) {
          for (const table of ["users", "sessions"])
            await own.rows(`UPDATE "${table}" SET "updated_at" = ${before(type)}`)
          const was = await own.rows(`SELECT "updated_at" FROM "users"`)
          await adapter.updateUser({ id: user.id, name: "B" })
          await adapter.updateSession({ sessionToken: "t", expires })
          await adapter.passwords.set(user.id, "correct horse battery")
          assert.deepEqual(await own.rows(`SELECT "updated_at" FROM "users"`), was)
          return
        }
        const forget = (table) => own.rows(`UPDATE "${table}" SET "updated_at" = NULL`)
        const stored = async () => (await adapter.getUser(user.id)).updated_at
        await forget("users")
        is[kind]((await adapter.updateUser({ id: user.id, name: "B" })).updated_at)
        is[kind](await stored())
        await forget("sessions")
        is[kind]((await adapter.updateSession({ sessionToken: "t", expires })).updated_at)
        is[kind]((await adapter.getSessionAndUser("t")).session.updated_at)
        await forget("users")
        await adapter.passwords.set(user.id, "correct horse battery")
        is[kind](await stored())
      })

      lane(
        `created_at of type ${type} that must not be null: ${kind}`,
        { created_at: `${type} NOT NULL` },
        async (adapter, own) => {
          const create = () => adapter.createUser({ email: "a@example.com" })
          if (kind === nothing) {
            await assert.rejects(create(), (error) => {
              // A column that cannot be read is the database's to ask for.
              assert.ok(["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code), `${error.code}: ${error.message}`)
              assert.deepEqual([error.table, error.field], ["user", "created_at"])
              if (error.code === "ERR_INVALID_VALUE") assert.match(error.message, /^user\.created_at is required: /)
              return true
            })
            assert.deepEqual(await own.rows(`SELECT * FROM "users"`), [])
            return
          }
          const user = await create()
          is[kind](user.created_at)
          assert.deepEqual(await adapter.getUser(user.id), user)
          const session = await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
          is[kind](session.created_at)
          await adapter.linkAccount({ userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" })
          is[kind](inAccount((await adapter.getAccount("1", "p")).created_at))
          assert.deepEqual(await adapter.updateUser({ id: user.id, name: "B" }), { ...user, name: "B" })
        },
      )
    }

    if (name !== "sqlite")
      lane(
        "a column of days that must not be null, under another name",
        { created: "date NOT NULL", modified: "date NOT NULL" },
        async (adapter, own) => {
          const user = await adapter.createUser({ email: "a@example.com" })
          is[day](user.created)
          await own.rows(`UPDATE "users" SET "created" = '2001-02-03', "modified" = '2001-02-03'`)
          const updated = await adapter.updateUser({ id: user.id, name: "B" })
          assert.equal(updated.created, "2001-02-03")
          is[day](updated.modified)
        },
      )
  })
}
