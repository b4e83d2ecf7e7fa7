// Every type that a catalog can show, in each role that a column can have. There are three outcomes: the column works exactly; it is
// needed, and ERR_SCHEMA names its table, column and type; or it is further, and left out with a warning of `check`. Never is the
// whole application refused for a further column, and never does a value change on its way.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter, RustAdapterError } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"
import { prelude, typesOf } from "./every-type.js"

const timeout = 120_000
const expires = new Date("2040-01-02T03:04:05.678Z")

for (const database of databases) {
  const { name } = database
  const types = typesOf(database)
  const text = "varchar(100)"
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]
  // A stored value as the database shows it, which an exact round leaves as it is.
  const shown = { sqlite: (column) => `quote("${column}")`, postgres: (column) => `"${column}"::text` }[name]
  const raw = shown ?? ((column) => `HEX(CAST("${column}" AS BINARY))`)

  describe(`every type on ${name}`, () => {
    let own
    before(async () => {
      own = await database.create()
      for (const statement of prelude[name]) await own.rows(statement)
    })
    after(() => own.close())

    /** Tables anew, with these columns in place of the usual ones. */
    async function tables({ users = {}, sessions = {}, accounts = {} }) {
      const list = (columns) => Object.entries(columns).map(([column, type]) => `"${column}" ${type}`)
      const all = {
        users: { id: `${text} NOT NULL`, name: text, email: text, emailVerified: date, image: text, ...users },
        sessions: {
          sessionToken: `${text} NOT NULL`,
          userId: `${text} NOT NULL`,
          expires: `${date} NOT NULL`,
          ...sessions,
        },
        accounts: { userId: text, type: text, provider: text, providerAccountId: text, ...accounts },
      }
      for (const [table, columns] of Object.entries(all)) {
        await own.rows(`DROP TABLE IF EXISTS "${table}"`)
        await own.rows(`CREATE TABLE "${table}" (${list(columns).join(", ")})`)
      }
    }

    /** Does `work` with an adapter of its own. */
    async function using(work) {
      const adapter = RustAdapter(own.url)
      try {
        return await work(adapter)
      } finally {
        await adapter.close()
      }
    }

    const warnings = async () => {
      const { stdout, stderr } = await cli(["check", own.url, "--json"])
      assert.notEqual(stdout, "", stderr)
      return JSON.parse(stdout).warnings.map(({ message }) => message)
    }

    // What `check` says of further columns of all these types, by the type.
    const leftAlone = new Map()
    const mustBeGiven = new Set()
    before(async () => {
      const columns = (constraint) => types.map(({ type }, index) => [`e${index}`, `${type} ${constraint}`])
      await tables({ users: Object.fromEntries(columns("")) })
      for (const message of await warnings()) {
        const [, index, why] = message.match(/^users\.e(\d+) is left alone: (.*)$/) ?? []
        if (index === undefined) continue
        assert.match(why, /^its type \S.* is none that JavaScript's values go into$/)
        leftAlone.set(types[index].type, message)
      }
      await tables({ users: Object.fromEntries(columns("NOT NULL")) })
      for (const message of await warnings()) {
        const [, index] =
          message.match(
            /^users\.e(\d+) .*must not be null and has no default(?: in the database)?: creating a row fails/,
          ) ?? []
        if (index !== undefined) mustBeGiven.add(types[index].type)
      }
    })

    test("a needed column that cannot serve is what check says, too", { timeout }, async () => {
      const { type } = types.find(({ type }) => leftAlone.has(type))
      await tables({ users: { id: type } })
      const { code, stderr } = await cli(["check", own.url])
      assert.deepEqual([code, /ERR_SCHEMA: users\.id is of the type/.test(stderr)], [2, true], stderr)
    })

    /** Whether a call works. If not, the only reason may be that `table.column` cannot hold what it has to. */
    async function serves(call, table, column) {
      try {
        await call()
        return true
      } catch (error) {
        assert.ok(error instanceof RustAdapterError, error.stack)
        assert.equal(error.code, "ERR_SCHEMA", `${error.code}: ${error.message}; ${error.cause}`)
        assert.deepEqual([error.table, error.field], [table, column], error.message)
        assert.match(error.message, new RegExp(`^${table}\\.${column} is of the type .+, which cannot hold`))
        return false
      }
    }

    const stored = async (table, column, where) =>
      (await own.rows(`SELECT ${raw(column)} AS "v" FROM "${table}" WHERE ${where}`))[0]?.v

    /** What refuses a value, if anything does: an error that names the field. */
    async function refusal(call, table, field) {
      try {
        await call()
        return undefined
      } catch (error) {
        assert.ok(error instanceof RustAdapterError, error.stack)
        assert.ok(
          ["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code),
          `${error.code}: ${error.message}; ${error.cause}`,
        )
        assert.deepEqual([error.table, error.field], [table, field], error.message)
        return error
      }
    }

    for (const { type, value: literal, as, rewritten, roles } of types) {
      if (roles.includes("id"))
        test(`an id of type ${type}`, { timeout }, async () => {
          await tables({
            users: { id: `${type} NOT NULL` },
            sessions: { userId: `${type} NOT NULL` },
            accounts: { userId: type },
          })
          await own.rows(`INSERT INTO "users" ("id", "email") VALUES (${literal}, 'ada@example.com')`)
          await using(async (adapter) => {
            if (!(await serves(() => adapter.getUserByEmail("ada@example.com"), "users", "id"))) return
            const ada = await adapter.getUserByEmail("ada@example.com")
            assert.equal(typeof ada.id, "string")
            assert.deepEqual(await adapter.getUser(ada.id), ada)
            const was = await stored("users", "id", `"email" = 'ada@example.com'`)
            const session = await adapter.createSession({ sessionToken: "t", userId: ada.id, expires })
            assert.deepEqual(session, { sessionToken: "t", userId: ada.id, expires })
            assert.equal(await stored("sessions", "userId", "1 = 1"), was)
            assert.deepEqual(await adapter.getSessionAndUser("t"), { session, user: ada })
            assert.equal((await adapter.updateUser({ id: ada.id, name: "Ada" })).id, ada.id)
            assert.equal(await stored("users", "id", "1 = 1"), was)
            const refused = await refusal(() => adapter.createUser({ email: "grace@example.com" }), "user", "id")
            if (!refused) {
              const grace = await adapter.getUserByEmail("grace@example.com")
              assert.notEqual(grace.id, ada.id)
              assert.deepEqual(await adapter.getUser(grace.id), grace)
            }
            assert.equal((await adapter.deleteUser(ada.id)).email, "ada@example.com")
            assert.equal(await adapter.getUser(ada.id), null)
            assert.equal(await adapter.getSessionAndUser("t"), null)
          })
        })

      if (roles.includes("key")) {
        test(`an e-mail address of type ${type}`, { timeout }, async () => {
          await tables({ users: { email: type } })
          await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('1', ${literal})`)
          await using(async (adapter) => {
            if (!(await serves(() => adapter.getUser("1"), "users", "email"))) return
            const user = await adapter.getUser("1")
            assert.equal(typeof user.email, "string")
            assert.deepEqual(await adapter.getUserByEmail(user.email), user)
            const was = await stored("users", "email", "1 = 1")
            await adapter.updateUser({ id: "1", name: "Ada", email: user.email })
            assert.equal(await stored("users", "email", "1 = 1"), was)
            assert.equal((await adapter.deleteUser("1")).email, user.email)
          })
        })
        test(`a session's token of type ${type}`, { timeout }, async () => {
          await tables({ users: { note: type }, sessions: { sessionToken: `${type} NOT NULL` } })
          await own.rows(`INSERT INTO "users" ("id") VALUES ('1')`)
          await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('2', 'a@example.com')`)
          await using(async (adapter) => {
            if (!(await serves(() => adapter.getSessionAndUser("x"), "sessions", "sessionToken"))) return
            await own.rows(
              `INSERT INTO "sessions" ("sessionToken", "userId", "expires") SELECT ${literal}, '1', "expires" FROM (SELECT ${
                {
                  sqlite: "32503680000000",
                  postgres: "timestamptz '2999-12-31'",
                  mysql: "CAST('2999-12-31' AS datetime)",
                }[name]
              } AS "expires") e`,
            )
            // As the caller would know it: by the text of the value.
            const [{ v }] = await own.rows(
              `SELECT CAST("sessionToken" AS ${name === "mysql" ? "char" : "text"}) AS "v" FROM "sessions"`,
            )
            const token = as ?? (type.startsWith("char") ? v.trimEnd() : v)
            const { session } = (await adapter.getSessionAndUser(token)) ?? assert.fail(`no session ${token}`)
            assert.equal(session.sessionToken, token)
            const was = await stored("sessions", "sessionToken", "1 = 1")
            await adapter.updateSession({ sessionToken: token, expires })
            assert.equal(await stored("sessions", "sessionToken", "1 = 1"), was)
            assert.deepEqual((await adapter.getSessionAndUser(token)).session.expires, expires)
            await adapter.deleteSession(token)
            assert.deepEqual(await own.rows(`SELECT * FROM "sessions"`), [])
            await adapter.createSession({ sessionToken: token, userId: "1", expires })
            assert.equal(await stored("sessions", "sessionToken", "1 = 1"), was)
          })
        })
      }

      if (roles.includes("date"))
        test(`a date of type ${type}`, { timeout }, async () => {
          await tables({ sessions: { expires: `${type} NOT NULL` } })
          await own.rows(`INSERT INTO "users" ("id") VALUES ('1')`)
          await using(async (adapter) => {
            if (!(await serves(() => adapter.getSessionAndUser("x"), "sessions", "expires"))) return
            const given = { sessionToken: "t", userId: "1", expires }
            // A date that the column has no room for.
            if (await refusal(() => adapter.createSession(given), "session", "expires")) {
              assert.deepEqual(await own.rows(`SELECT * FROM "sessions"`), [])
              return
            }
            const { session } = await adapter.getSessionAndUser("t")
            const off = Math.abs(session.expires - expires)
            // Types of whole seconds say so by what they are declared as.
            assert.ok(off === 0 || off < 1000, `${off} ms off`)
            const again = await adapter.updateSession({ sessionToken: "t", expires: session.expires })
            assert.deepEqual(again, session)
          })
        })

      if (roles.includes("extra")) {
        test(`a further column of type ${type}`, { timeout }, async () => {
          await tables({ users: { extra: type } })
          await own.rows(`INSERT INTO "users" ("id", "email", "extra") VALUES ('1', 'a@example.com', ${literal})`)
          const was = await stored("users", "extra", "1 = 1")
          const left = leftAlone.get(type)
          await using(async (adapter) => {
            const user = await adapter.getUser("1")
            assert.equal("extra" in user, left === undefined, left)
            assert.deepEqual(await adapter.getUserByEmail("a@example.com"), user)
            await adapter.updateUser({ id: "1", name: "Ada" })
            assert.equal(await stored("users", "extra", "1 = 1"), was)
            if ("extra" in user) {
              assert.notEqual(user.extra, null)
              const changed = await adapter.updateUser({ id: "1", extra: user.extra })
              assert.deepEqual(changed, { ...user, name: "Ada" })
              const again = rewritten ?? was
              assert.equal(await stored("users", "extra", "1 = 1"), again)
              const other = await adapter.createUser({ id: "2", email: "b@example.com", extra: user.extra })
              assert.deepEqual(other.extra, user.extra)
              assert.equal(await stored("users", "extra", `"email" = 'b@example.com'`), again)
              assert.equal((await adapter.updateUser({ id: "1", extra: null })).extra, null)
            }
            assert.equal((await adapter.deleteUser("1")).id, "1")
          })
        })

        test(`a further column of type ${type} that must not be null`, { timeout }, async () => {
          await tables({ users: { extra: `${type} NOT NULL` } })
          await own.rows(`INSERT INTO "users" ("id", "email", "extra") VALUES ('1', 'a@example.com', ${literal})`)
          const was = await stored("users", "extra", "1 = 1")
          await using(async (adapter) => {
            const user = await adapter.getUser("1")
            assert.equal(user.email, "a@example.com")
            await adapter.updateUser({ id: "1", name: "Ada" })
            assert.equal(await stored("users", "extra", "1 = 1"), was)
            const refused = await refusal(() => adapter.createUser({ email: "b@example.com" }), "user", "extra")
            assert.equal(refused !== undefined, mustBeGiven.has(type))
            if ("extra" in user) {
              await adapter.createUser({ email: "c@example.com", extra: user.extra })
              assert.equal(await stored("users", "extra", `"email" = 'c@example.com'`), rewritten ?? was)
            }
          })
        })
      }
    }

    // All of them at once: through a view, where there is one, and on the table.
    test("a view of all of them, named in tables", { timeout }, async () => {
      // SQLite says of a view's column that none of its types is BLOB; of JSON, MariaDB does not say that it is.
      const hidden = { sqlite: [""], mariadb: ["json"] }[database.flavour ?? name] ?? []
      const readable = types.filter(({ type }) => !hidden.includes(type))
      await tables({ users: Object.fromEntries(readable.map(({ type }, index) => [`e${index}`, type])) })
      const columns = readable.map((_, index) => `"e${index}"`).join(", ")
      await own.rows(
        `INSERT INTO "users" ("id", "email", ${columns}) VALUES ('1', 'a@example.com', ${readable.map(({ value }) => value).join(", ")})`,
      )
      await own.rows(`DROP VIEW IF EXISTS "members"`)
      await own.rows(`CREATE VIEW "members" AS SELECT * FROM "users"`)
      if (name === "sqlite")
        await own.rows(`CREATE TRIGGER "renames" INSTEAD OF UPDATE ON "members" BEGIN
          UPDATE "users" SET "name" = NEW."name" WHERE "id" = OLD."id"; END`)
      const onTable = await using((adapter) => adapter.getUser("1"))
      const adapter = RustAdapter(own.url, { tables: { user: "members" } })
      try {
        assert.deepEqual(await adapter.getUser("1"), onTable)
        assert.deepEqual(await adapter.getUserByEmail("a@example.com"), onTable)
        assert.deepEqual(await adapter.updateUser({ id: "1", name: "Ada" }), { ...onTable, name: "Ada" })
        assert.deepEqual(await using((other) => other.getUser("1")), { ...onTable, name: "Ada" })
      } finally {
        await adapter.close()
        await own.rows(`DROP VIEW "members"`)
      }
    })
  })
}
