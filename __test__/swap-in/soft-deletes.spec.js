// Tables of ORMs that hide rows by a mark in the place of deleting them: the rows count as there and a deletion deletes, as `check` says,
// until a view of the rows without a mark takes the table's place.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const text = "varchar(200)"

for (const database of databases) {
  const { name } = database
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]

  /** Auth.js's tables, each with these columns besides. */
  async function tables(own, more = {}) {
    const usual = {
      users: `"id" ${text} NOT NULL PRIMARY KEY, "name" ${text}, "email" ${text} UNIQUE, "emailVerified" ${date}, "image" ${text}`,
      accounts: `"userId" ${text} NOT NULL, "type" ${text}, "provider" ${text}, "providerAccountId" ${text}`,
      sessions: `"sessionToken" ${text} NOT NULL PRIMARY KEY, "userId" ${text} NOT NULL, "expires" ${date} NOT NULL`,
      verification_tokens: `"identifier" ${text}, "token" ${text}, "expires" ${date} NOT NULL`,
      authenticators: `"credentialID" ${text} NOT NULL PRIMARY KEY, "userId" ${text} NOT NULL, "providerAccountId" ${text},
        "credentialPublicKey" ${text}, "counter" integer, "credentialDeviceType" ${text}, "credentialBackedUp" boolean, "transports" ${text}`,
    }
    for (const [table, columns] of Object.entries(usual))
      await own.rows(`CREATE TABLE "${table}" (${columns}${more[table] ? `, ${more[table]}` : ""})`)
  }
  const lane = (title, work) =>
    test(title, { timeout }, async () => {
      const own = await database.create()
      try {
        await work(own)
      } finally {
        await own.close()
      }
    })
  const using = async (own, options, work) => {
    const adapter = RustAdapter(own.url, options)
    try {
      await work(adapter)
    } finally {
      await adapter.close()
    }
  }
  const warned = async (own) => {
    const { stdout, stderr } = await cli(["check", own.url, "--json"])
    assert.notEqual(stdout, "", stderr)
    const messages = JSON.parse(stdout).warnings.map(({ message }) => message)
    return messages.filter((message) => /looks like the mark of an ORM/.test(message)).map((each) => each.split(" ")[0])
  }
  const marked = Object.fromEntries(
    ["users", "accounts", "sessions", "verification_tokens", "authenticators"].map((table, index) => [
      table,
      `"${index % 2 ? "deletedAt" : "deleted_at"}" ${date}`,
    ]),
  )
  const ada = { id: "1", name: "Ada", email: "ada@example.com" }

  describe(`rows that are marked as deleted on ${name}`, () => {
    lane("check names the columns of marks", async (own) => {
      await tables(own, marked)
      assert.deepEqual(await warned(own), [
        "users.deleted_at",
        "accounts.deletedAt",
        "sessions.deleted_at",
        "verification_tokens.deletedAt",
      ])
    })

    lane("check says nothing of other columns", async (own) => {
      await tables(own, { users: `"deleted" ${date}, "deleted_by" ${text}`, sessions: `"deleted_at" ${date} NOT NULL` })
      assert.deepEqual(await warned(own), [])
    })

    lane("they count as there, and a deletion deletes", async (own) => {
      await tables(own, marked)
      await using(own, {}, async (adapter) => {
        const { id } = await adapter.createUser(ada)
        await own.rows(`UPDATE "users" SET "deleted_at" = ${name === "sqlite" ? "1767225600000" : "CURRENT_TIMESTAMP"}`)
        assert.equal((await adapter.getUser(id)).email, ada.email)
        await adapter.deleteUser(id)
        assert.deepEqual(await own.rows(`SELECT * FROM "users"`), [])
      })
    })

    lane("check says nothing of a view", async (own) => {
      await tables(own, { users: marked.users })
      await own.rows(`ALTER TABLE "users" RENAME TO "people"`)
      await own.rows(`CREATE VIEW "users" AS SELECT * FROM "people" WHERE "deleted_at" IS NULL`)
      assert.deepEqual(await warned(own), [])
    })

    if (name === "sqlite") return

    for (const marks of name === "postgres" ? [false, true] : [false])
      lane(`a view of the others takes the table's place${marks ? ", and a rule marks the row" : ""}`, async (own) => {
        await tables(own, marked)
        await own.rows(`CREATE VIEW "present_users" AS SELECT * FROM "users" WHERE "deleted_at" IS NULL`)
        if (marks)
          await own.rows(`CREATE RULE "marks" AS ON DELETE TO "present_users" DO INSTEAD
            UPDATE "users" SET "deleted_at" = now() WHERE "id" = OLD."id"`)
        await using(own, { tables: { user: "present_users" } }, async (adapter) => {
          const user = await adapter.createUser(ada)
          assert.deepEqual(await adapter.getUserByEmail(ada.email), user)
          const account = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
          const session = { sessionToken: "t", userId: user.id, expires }
          await adapter.linkAccount(account)
          await adapter.createSession(session)
          assert.deepEqual((await adapter.getSessionAndUser("t")).user, user)
          assert.equal((await adapter.updateUser({ id: user.id, name: "Countess" })).name, "Countess")
          // Another program marks the row.
          await own.rows(`UPDATE "users" SET "deleted_at" = CURRENT_TIMESTAMP`)
          assert.equal(await adapter.getUser(user.id), null)
          assert.equal(await adapter.getUserByEmail(ada.email), null)
          assert.equal(await adapter.getUserByAccount(account), null)
          assert.equal(await adapter.getSessionAndUser("t"), null)
          await assert.rejects(adapter.createSession({ ...session, sessionToken: "u" }), { code: "ERR_FOREIGN_KEY" })
          await assert.rejects(adapter.createUser({ ...ada, id: "2" }), { code: "ERR_UNIQUE" })
          await own.rows(`UPDATE "users" SET "deleted_at" = NULL`)
          await adapter.deleteUser(user.id)
          assert.equal(await adapter.getUser(user.id), null)
          const left = await own.rows(`SELECT "id", "deleted_at" FROM "users"`)
          assert.equal(left.length, marks ? 1 : 0)
          if (marks) assert.ok(Math.abs(left[0].deleted_at - Date.now()) < 60_000)
          assert.deepEqual(await own.rows(`SELECT * FROM "sessions"`), [])
        })
      })
  })
}
