// SQLite columns without a declared type keep each value as it is: integers there are ids like those of integer columns.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openAdapter } from "../better-auth/adapter.js"
import { databases } from "../databases.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const lane = databases.find(({ name }) => name === "sqlite")

if (lane)
  describe("SQLite: columns without a type", () => {
    for (const [ids, one, two] of [
      ["string", "1", "2"],
      ["number", 1, 2],
    ])
      for (const strict of [false, true])
        test(`ids: ${ids}, ${strict ? "ANY in strict tables" : "no type"}: what is returned is found`, {
          timeout,
        }, async () => {
          const database = await lane.create()
          const [any, end] = strict ? ["ANY", "STRICT"] : ["", ""]
          for (const statement of [
            `CREATE TABLE users (id ${any} PRIMARY KEY, name TEXT, email TEXT, emailVerified INTEGER, image TEXT) ${end}`,
            `CREATE TABLE accounts (userId ${any} NOT NULL REFERENCES users (id), type TEXT, provider TEXT, providerAccountId ${any}) ${end}`,
            `CREATE TABLE sessions (sessionToken TEXT, userId ${any} NOT NULL REFERENCES users (id), expires INTEGER NOT NULL) ${end}`,
            `INSERT INTO users (id, email) VALUES (1, 'ada@example.com'), (2, 'bob@example.com')`,
          ])
            await database.rows(statement)
          const adapter = RustAdapter(database.url, { ids })
          try {
            const ada = await adapter.getUserByEmail("ada@example.com")
            assert.equal(ada.id, one)
            assert.deepEqual(await adapter.getUser(ada.id), ada)
            if (ids === "string") assert.equal(await adapter.getUser("01"), null)
            assert.equal(await adapter.getUser("nobody"), null)
            const session = await adapter.createSession({ sessionToken: "tok", userId: ada.id, expires })
            assert.equal(session.userId, one)
            assert.equal((await adapter.getSessionAndUser("tok")).user.id, one)
            await adapter.linkAccount({ userId: ada.id, type: "oauth", provider: "p", providerAccountId: "007" })
            assert.equal((await adapter.getUserByAccount({ provider: "p", providerAccountId: "007" })).id, one)
            assert.equal(await adapter.getUserByAccount({ provider: "p", providerAccountId: "7" }), null)
            assert.equal((await adapter.updateUser({ id: two, name: "Bob" })).id, two)
            assert.deepEqual(await database.rows("SELECT typeof(userId) AS class FROM sessions"), [
              { class: "integer" },
            ])
            if (ids === "string") {
              const made = await adapter.createUser({ email: "eve@example.com" })
              assert.deepEqual(await adapter.getUser(made.id), made)
            } else {
              await assert.rejects(adapter.createUser({ email: "eve@example.com" }), {
                code: "ERR_INVALID_VALUE",
                field: "id",
              })
              assert.equal((await adapter.createUser({ id: 3, email: "eve@example.com" })).id, 3)
            }
            await adapter.deleteUser(one)
            assert.equal(await adapter.getUser(one), null)
          } finally {
            await adapter.close()
            await database.close()
          }
        })

    test("Better Auth's", { timeout }, async () => {
      const database = await lane.create()
      for (const statement of [
        `CREATE TABLE user (id PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, emailVerified INTEGER NOT NULL, image TEXT, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL)`,
        `CREATE TABLE session (id PRIMARY KEY, expiresAt INTEGER NOT NULL, token TEXT NOT NULL UNIQUE, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, ipAddress TEXT, userAgent TEXT, userId NOT NULL REFERENCES user (id))`,
        `CREATE TABLE account (id PRIMARY KEY, accountId TEXT NOT NULL, providerId TEXT NOT NULL, userId NOT NULL REFERENCES user (id), accessToken TEXT, refreshToken TEXT, idToken TEXT, accessTokenExpiresAt INTEGER, refreshTokenExpiresAt INTEGER, scope TEXT, password TEXT, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL)`,
        `CREATE TABLE verification (id PRIMARY KEY, identifier TEXT NOT NULL, value TEXT NOT NULL, expiresAt INTEGER NOT NULL, createdAt INTEGER, updatedAt INTEGER)`,
        `INSERT INTO user VALUES (7, 'Ada', 'ada@example.com', 1, NULL, 2000000000000, 2000000000000)`,
      ])
        await database.rows(statement)
      const opened = await openAdapter({ url: database.url })
      try {
        const adapter = opened.database({})
        const by = (field, value) => adapter.findOne({ model: "user", where: [{ field, value }] })
        const ada = await by("email", "ada@example.com")
        assert.equal(ada.id, "7")
        assert.deepEqual(await by("id", "7"), ada)
        assert.equal(await by("id", "07"), null)
        const data = { userId: "7", token: "tok", expiresAt: expires, createdAt: expires, updatedAt: expires }
        assert.equal((await adapter.create({ model: "session", data })).userId, "7")
        const found = await adapter.findMany({
          model: "session",
          where: [{ field: "userId", value: ["7"], operator: "in" }],
        })
        assert.deepEqual(
          found.map(({ token }) => token),
          ["tok"],
        )
      } finally {
        await opened.close()
        await database.close()
      }
    })
  })
