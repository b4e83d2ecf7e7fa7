// Every type that a catalog can show, as the column of an id and of a key of Better Auth's. There are two outcomes: it works exactly, or
// ERR_SCHEMA names table, column and type. Never does a value change on its way.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
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
  describe(`every type of Better Auth's ids and keys on ${name}`, () => {
    const { types, tables, using, serves, refusal, stored, rows } = typeTables(database)

    for (const { type, value: literal, as } of types) {
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
    }
  })
}
