// Every type that a catalog can show, in each role that a column of Better Auth's can have. There are three outcomes: the column works
// exactly; it is needed, and ERR_SCHEMA names its table, column and type; or it is optional, and left out with a warning of `check`.
// Never does an optional column refuse its model, and never does a value change on its way.
import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { byId, expiresAt, now, typeTables } from "./type-tables.js"

const timeout = 120_000
const aUser = (more) => ({
  name: "A",
  email: "a@example.com",
  emailVerified: true,
  createdAt: now,
  updatedAt: now,
  ...more,
})
const aSession = (more) => ({ token: "t", userId: "1", expiresAt, createdAt: now, updatedAt: now, ...more })

for (const database of reference ? [] : databases) {
  const { name } = database
  describe(`every type of Better Auth's columns on ${name}`, () => {
    const { types, tables, using, serves, refusal, stored, rows } = typeTables(database)

    // The types of which `check` says that a new row has to be given a value.
    const mustBeGiven = new Set()
    before(async () => {
      await tables({ thing: Object.fromEntries(types.map(({ type }, index) => [`e${index}`, `${type} NOT NULL`])) })
      const { text } = await using({}, (_, check) => check())
      for (const [index, { type }] of types.entries())
        if (new RegExp(`thing\\.e${index} .*must not be null and has no default`).test(text)) mustBeGiven.add(type)
    })

    for (const { type, value: literal, as, rewritten } of types) {
      test(`an id of type ${type}`, { timeout }, async () => {
        await tables({ user: { id: `${type} NOT NULL` }, session: { userId: type } })
        await rows(`INSERT INTO "user" ("id", "email") VALUES (${literal}, 'ada@example.com')`)
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
          await rows(`INSERT INTO "session" ("id", "userId", "token") VALUES ('1', '1', ${literal})`)
          // As the caller would know it: by the text of the value.
          const [{ v }] = await rows(
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
          assert.deepEqual(await rows(`SELECT * FROM "session"`), [])
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
