// What applications' tables have in the places of Auth.js's columns: ids whose default is one text for all rows, and `emailVerified` as a boolean.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const timeout = 30_000

for (const { name: lane, create } of databases) {
  describe(`users as applications have them: ${lane}`, () => {
    const text = lane === "mysql" ? "varchar(191)" : "text"
    const boolean = lane === "mysql" ? "tinyint(1)" : "boolean"

    async function open(t, id, verified, further = "") {
      const own = await create()
      t.after(() => own.close())
      await own.rows(
        `CREATE TABLE "users" ("id" ${id} PRIMARY KEY, "name" ${text}, "email" varchar(191) UNIQUE, "emailVerified" ${verified}, "image" ${text}${further})`,
      )
      await own.rows(
        `CREATE TABLE "sessions" ("sessionToken" varchar(100) PRIMARY KEY, "userId" varchar(191) NOT NULL, "expires" bigint NOT NULL)`,
      )
      await own.rows(
        `CREATE TABLE "accounts" ("userId" varchar(191) NOT NULL, "type" varchar(30) NOT NULL, "provider" varchar(60) NOT NULL, "providerAccountId" varchar(60) NOT NULL, PRIMARY KEY ("provider", "providerAccountId"))`,
      )
      const adapter = RustAdapter(own.url)
      t.after(() => adapter.close())
      return { own, adapter }
    }

    for (const [what, id] of [
      ["an empty text", `varchar(191) NOT NULL DEFAULT ''`],
      ["a text", `varchar(191) NOT NULL DEFAULT 'it''s none'`],
    ])
      test(`ids whose default is ${what} are made here`, { timeout }, async (t) => {
        const { own, adapter } = await open(t, id, lane === "postgres" ? "timestamptz" : "bigint")
        const given = randomUUID()
        const ada = await adapter.createUser({ id: given, email: "ada@example.com", emailVerified: null })
        const bob = await adapter.createUser({ email: "bob@example.com", emailVerified: null })
        assert.equal(ada.id, given)
        assert.match(bob.id, /^[\da-f-]{36}$/)
        assert.deepEqual(
          (await own.rows(`SELECT "id" FROM "users" ORDER BY "email"`)).map(({ id }) => id),
          [ada.id, bob.id],
        )
        assert.deepEqual(await adapter.getUserByEmail("bob@example.com"), bob)
      })

    test("emailVerified as a boolean", { timeout }, async (t) => {
      const { own, adapter } = await open(t, "varchar(191)", `${boolean} DEFAULT false`)
      await own.rows(
        `INSERT INTO "users" ("id", "email") VALUES ('0e984725-c51c-4bf4-9960-e1c80e27aba0', 'ada@example.com')`,
      )
      const ada = await adapter.getUserByEmail("ada@example.com")
      assert.equal(ada.emailVerified, false)
      const verified = await adapter.updateUser({ id: ada.id, emailVerified: new Date("2026-01-02T03:04:05.000Z") })
      assert.equal(verified.emailVerified, true)
      assert.equal((await adapter.getUser(ada.id)).emailVerified, true)
      assert.equal(Number((await own.rows(`SELECT "emailVerified" AS "is" FROM "users"`))[0].is), 1)
      const bob = await adapter.createUser({ email: "bob@example.com", emailVerified: null })
      assert.equal(bob.emailVerified, null)
      await assert.rejects(adapter.updateUser({ id: ada.id, emailVerified: "yes" }), { code: "ERR_INVALID_VALUE" })
    })

    test("dates under further names are filled in and moved", { timeout }, async (t) => {
      const date = lane === "postgres" ? "timestamp(3)" : "datetime"
      const columns = ["createTime", "updateTime", "updateAt", "createAt"].map((name) => `, "${name}" ${date} NOT NULL`)
      const { adapter } = await open(
        t,
        "varchar(191)",
        lane === "postgres" ? "timestamptz" : "bigint",
        columns.join(""),
      )
      const ada = await adapter.createUser({ email: "ada@example.com", emailVerified: null })
      for (const name of ["createTime", "updateTime", "updateAt", "createAt"])
        assert.ok(Math.abs(ada[name] - Date.now()) < 60_000, `${name} ${ada[name]}`)
    })
  })
}
