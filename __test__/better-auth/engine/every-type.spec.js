// Every type that a catalog can show, in each role that a column of Better Auth's can have. There are three outcomes: the column works
// exactly; it is needed, and ERR_SCHEMA names its table, column and type; or it is optional, and left out with a warning of `check`.
// Never does an optional column refuse its model, and never does a value change on its way.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { prelude, typesOf } from "../../swap-in/every-type.js"
import { openAdapter, ours, reference } from "../adapter.js"
import { base } from "../stage.js"

const timeout = 120_000
const expiresAt = new Date("2040-01-02T03:04:05.678Z")

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
  const types = typesOf(database)
  const text = "varchar(100)"
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]
  // A stored value as the database shows it, which an exact round leaves as it is.
  const shown = { sqlite: (column) => `quote("${column}")`, postgres: (column) => `"${column}"::text` }[name]
  const raw = shown ?? ((column) => `HEX(CAST("${column}" AS BINARY))`)
  const usual = {
    user: {
      id: `${text} NOT NULL`,
      name: text,
      email: text,
      emailVerified: "boolean",
      image: text,
      createdAt: date,
      updatedAt: date,
    },
    session: {
      id: `${text} NOT NULL`,
      token: text,
      userId: text,
      expiresAt: date,
      ipAddress: text,
      userAgent: text,
      createdAt: date,
      updatedAt: date,
    },
    thing: { id: `${text} NOT NULL`, label: text },
  }
  const byId = (id) => [{ field: "id", value: id }]
  const now = new Date("2030-01-02T03:04:05.678Z")
  const aUser = (more) => ({
    name: "A",
    email: "a@example.com",
    emailVerified: true,
    createdAt: now,
    updatedAt: now,
    ...more,
  })
  const aSession = (more) => ({ token: "t", userId: "1", expiresAt, createdAt: now, updatedAt: now, ...more })

  describe(`every type of Better Auth's columns on ${name}`, () => {
    let own
    before(async () => {
      own = await database.create()
      for (const statement of prelude[name]) await own.rows(statement)
      const columns = {
        account: ["id", "accountId", "providerId", "userId"],
        verification: ["id", "identifier", "value"],
      }
      for (const [table, texts] of Object.entries(columns)) {
        const list = texts.map((column) => `"${column}" ${text} NOT NULL`)
        const dates = ["expiresAt", "createdAt", "updatedAt"].map((column) => `"${column}" ${date}`)
        await own.rows(`CREATE TABLE "${table}" (${[...list, ...dates].join(", ")})`)
      }
    })
    after(() => own?.close())

    /** Empty tables, with these columns in place of the usual ones. */
    const made = {}
    async function tables(changes) {
      for (const [table, columns] of Object.entries(usual)) {
        const list = Object.entries({ ...columns, ...changes[table] }).map(([column, type]) => `"${column}" ${type}`)
        if (made[table] === list.join(", ")) {
          await own.rows(`DELETE FROM "${table}"`)
          continue
        }
        await own.rows(`DROP TABLE IF EXISTS "${table}"`)
        made[table] = list.join(", ")
        await own.rows(`CREATE TABLE "${table}" (${made[table]})`)
      }
    }

    /** Does `work` with an adapter of its own, whose application has a model `thing` with these fields. */
    async function using(fields, work) {
      const thing = { label: { type: "string", required: true }, ...fields }
      const options = { ...base, plugins: [{ id: "things", schema: { thing: { fields: thing } } }] }
      const opened = await openAdapter(own)
      try {
        const check = async () => (await ours()).check({ ...options, database: opened.database })
        return await work(opened.database(options), check)
      } finally {
        await opened.close()
      }
    }

    /** Whether a call works. If not, the only reason may be that the column cannot hold what it has to. */
    async function serves(call, table, column) {
      try {
        await call()
        return true
      } catch (error) {
        assert.equal(error.code, "ERR_SCHEMA", `${error.stack}; ${error.cause}`)
        assert.deepEqual([error.table, error.field], [table, column], error.message)
        assert.match(
          error.message,
          new RegExp(`^${table}\\.${column} is of the type .+, which cannot hold ${column}: `),
        )
        return false
      }
    }

    /** What refuses a value, if anything does: an error that names the field. */
    async function refusal(call, table, field) {
      try {
        await call()
        return undefined
      } catch (error) {
        if (error.code === "ERR_SCHEMA") throw error
        assert.ok(
          ["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code),
          `${error.code}: ${error.stack}; ${error.cause}`,
        )
        assert.deepEqual([error.table, error.field], [table, field], error.message)
        return error
      }
    }

    const stored = async (table, column, where = "1 = 1") =>
      (await own.rows(`SELECT ${raw(column)} AS "v" FROM "${table}" WHERE ${where}`))[0]?.v

    for (const { type, value: literal, as, rewritten } of types) {
      test(`an id of type ${type}`, { timeout }, async () => {
        await tables({ user: { id: `${type} NOT NULL` }, session: { userId: type } })
        await own.rows(`INSERT INTO "user" ("id", "email") VALUES (${literal}, 'ada@example.com')`)
        await using({}, async (adapter) => {
          const byEmail = (email) => adapter.findOne({ model: "user", where: [{ field: "email", value: email }] })
          if (!(await serves(() => byEmail("ada@example.com"), "user", "id"))) return
          const ada = await byEmail("ada@example.com")
          assert.equal(typeof ada.id, "string")
          assert.deepEqual(await adapter.findOne({ model: "user", where: byId(ada.id) }), ada)
          const was = await stored("user", "id")
          const session = await adapter.create({ model: "session", data: aSession({ userId: ada.id }) })
          assert.deepEqual([session.userId, await stored("session", "userId")], [ada.id, was])
          const where = [{ field: "token", value: "t" }]
          const joined = await adapter.findOne({ model: "session", where, join: { user: true } })
          assert.deepEqual(joined.user, ada)
          const update = { name: "Ada" }
          assert.equal((await adapter.update({ model: "user", where: byId(ada.id), update })).id, ada.id)
          assert.equal(await stored("user", "id"), was)
          if (!(await refusal(() => adapter.create({ model: "user", data: aUser() }), "user", "id"))) {
            const other = await byEmail("a@example.com")
            assert.notEqual(other.id, ada.id)
            assert.deepEqual(await adapter.findOne({ model: "user", where: byId(other.id) }), other)
          }
          await adapter.delete({ model: "user", where: byId(ada.id) })
          assert.equal(await adapter.findOne({ model: "user", where: byId(ada.id) }), null)
        })
      })

      test(`a session's token of type ${type}`, { timeout }, async () => {
        await tables({ session: { token: type } })
        await using({}, async (adapter) => {
          const by = (token) => [{ field: "token", value: token }]
          const find = (token) => adapter.findOne({ model: "session", where: by(token) })
          // What the type does not take is no key: nothing is found, or the error names the column.
          const unknown = () => refusal(() => find("x"), "session", "token")
          if (!(await serves(unknown, "session", "token"))) return
          await own.rows(`INSERT INTO "session" ("id", "userId", "token") VALUES ('1', '1', ${literal})`)
          // As the caller would know it: by the text of the value.
          const [{ v }] = await own.rows(
            `SELECT CAST("token" AS ${name === "mysql" ? "char" : "text"}) AS "v" FROM "session"`,
          )
          const token = as ?? (type.startsWith("char") ? v.trimEnd() : v)
          const was = await stored("session", "token")
          await adapter.update({
            model: "session",
            where: byId("1"),
            update: { expiresAt, createdAt: now, updatedAt: now },
          })
          const session = (await find(token)) ?? assert.fail(`no session ${token}`)
          assert.equal(session.token, token)
          assert.equal(
            (await adapter.update({ model: "session", where: by(token), update: { userId: "2" } })).token,
            token,
          )
          assert.equal(await stored("session", "token"), was)
          await adapter.delete({ model: "session", where: by(token) })
          assert.deepEqual(await own.rows(`SELECT * FROM "session"`), [])
          assert.equal((await adapter.create({ model: "session", data: aSession({ token }) })).token, token)
          assert.equal(await stored("session", "token"), was)
        })
      })

      test(`a date of type ${type}`, { timeout }, async () => {
        await tables({ session: { expiresAt: `${type} NOT NULL` } })
        await using({}, async (adapter) => {
          const find = () => adapter.findOne({ model: "session", where: [{ field: "token", value: "t" }] })
          if (!(await serves(find, "session", "expiresAt"))) return
          // A date that the column has no room for.
          if (await refusal(() => adapter.create({ model: "session", data: aSession() }), "session", "expiresAt")) {
            assert.deepEqual(await own.rows(`SELECT * FROM "session"`), [])
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
        await own.rows(`INSERT INTO "thing" ("id", "label", "extra") VALUES ('1', 'a', ${literal})`)
        const was = await stored("thing", "extra")
        await using({ extra: { type: "string", required: true } }, async (adapter, check) => {
          const find = () => adapter.findOne({ model: "thing", where: byId("1") })
          const works = await serves(find, "thing", "extra")
          const { usable, text } = await check()
          assert.equal(usable, works, text)
          assert.equal(/thing\.extra is of the type \S.*, which cannot hold extra/.test(text), !works, text)
          if (!works) return
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

      test(`a column of type ${type} that the application does not name`, { timeout }, async () => {
        for (const [constraint, isMissed] of [
          ["", false],
          ["NOT NULL", true],
        ]) {
          await tables({ thing: { extra: `${type} ${constraint}` } })
          await own.rows(`INSERT INTO "thing" ("id", "label", "extra") VALUES ('1', 'a', ${literal})`)
          const was = await stored("thing", "extra")
          await using({}, async (adapter, check) => {
            const row = await adapter.update({ model: "thing", where: byId("1"), update: { label: "b" } })
            assert.deepEqual(row, { id: "1", label: "b" })
            assert.equal(await stored("thing", "extra"), was)
            const refused = await refusal(
              () => adapter.create({ model: "thing", data: { label: "c" } }),
              "thing",
              "extra",
            )
            const { text, usable } = await check()
            assert.equal(usable, true)
            // MySQL fills TIMESTAMP columns itself.
            const warns = /thing\.extra .*must not be null and has no default/.test(text)
            assert.equal(refused !== undefined, warns, text)
            if (!isMissed) assert.equal(warns, false, text)
          })
        }
      })
    }

    const fields = (type) => Object.fromEntries(types.map((_, index) => [`f${index}`, { type, required: false }]))
    const columns = () => Object.fromEntries(types.map(({ type }, index) => [`f${index}`, type]))

    for (const [type, sample] of Object.entries(samples)) {
      test(`optional fields that are ${type}, of all types`, { timeout }, async () => {
        await tables({ thing: columns() })
        await own.rows(`INSERT INTO "thing" ("id", "label") VALUES ('1', 'a')`)
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

    test("optional fields that are texts: what is there comes and goes exactly", { timeout }, async () => {
      await tables({ thing: columns() })
      const names = types.map((_, index) => `"f${index}"`)
      const values = types.map(({ value }) => value)
      await own.rows(`INSERT INTO "thing" ("id", "label", ${names.join(", ")}) VALUES ('1', 'a', ${values.join(", ")})`)
      await using(fields("string"), async (adapter, check) => {
        const { text } = await check()
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
