// Views and foreign tables: found, read, and written to as far as the database lets them; tables come before views of them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openAdapter, ours } from "../better-auth/adapter.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"
import { layouts } from "./layouts.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const names = ["users", "accounts", "sessions", "verification_tokens"]
const lists = {
  sqlite: `SELECT name AS "name" FROM sqlite_master`,
  postgres: `SELECT table_schema || '.' || table_name AS "name" FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  mysql: `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE()`,
}
const columns = {
  users: ["id", "name", "email", "emailVerified", "image"],
  accounts: [
    "id",
    "userId",
    "type",
    "provider",
    "providerAccountId",
    "refresh_token",
    "access_token",
    "expires_at",
    "token_type",
    "scope",
    "id_token",
    "session_state",
  ],
  sessions: ["id", "sessionToken", "userId", "expires"],
  verification_tokens: ["identifier", "token", "expires"],
}

/** The tables under names that say nothing, and views of them under Auth.js's. */
async function views(lane, database) {
  await layouts.plural.create(database)
  await layouts.plural.signIn(database)
  for (const [at, name] of names.entries()) {
    await database.rows(`ALTER TABLE "${name}" RENAME TO "legacy_${at}_x"`)
    await database.rows(`CREATE VIEW "${name}" AS SELECT * FROM "legacy_${at}_x"`)
  }
  // SQLite's views are written to by triggers alone.
  if (lane.name !== "sqlite") return
  for (const [at, name] of names.entries()) {
    const list = columns[name]
    const quoted = list.map((column) => `"${column}"`).join(", ")
    const news = list.map((column) => `NEW."${column}"`).join(", ")
    const same = list
      .slice(0, at === 3 ? 2 : 1)
      .map((column) => `"${column}" = OLD."${column}"`)
      .join(" AND ")
    const table = `"legacy_${at}_x"`
    for (const [verb, work] of [
      ["INSERT", `INSERT INTO ${table} (${quoted}) VALUES (${news})`],
      ["DELETE", `DELETE FROM ${table} WHERE ${same}`],
      [
        "UPDATE",
        `UPDATE ${table} SET ${list.map((column) => `"${column}" = NEW."${column}"`).join(", ")} WHERE ${same}`,
      ],
    ])
      await database.rows(`CREATE TRIGGER "${name}_${verb}" INSTEAD OF ${verb} ON "${name}" BEGIN ${work}; END`)
  }
}

const contract = async (adapter) => {
  assert.equal((await adapter.getSessionAndUser("token-7")).user.email, "ada@example.com")
  const user = await adapter.createUser({ name: "Eve", email: "eve@example.com", emailVerified: null })
  assert.ok(user.id)
  assert.deepEqual(await adapter.getUser(user.id), user)
  await adapter.linkAccount({ userId: user.id, type: "oauth", provider: "google", providerAccountId: "1" })
  await assert.rejects(
    adapter.linkAccount({ userId: "u7", type: "oauth", provider: "google", providerAccountId: "1" }),
    { code: "ERR_UNIQUE" },
  )
  assert.equal((await adapter.getUserByAccount({ provider: "google", providerAccountId: "1" })).id, user.id)
  await adapter.createSession({ sessionToken: "tok", userId: user.id, expires })
  assert.equal(
    (await adapter.updateSession({ sessionToken: "tok", expires: new Date(+expires + 1000) })).userId,
    user.id,
  )
  assert.equal(+(await adapter.getSessionAndUser("tok")).session.expires, +expires + 1000)
  assert.equal((await adapter.updateUser({ id: user.id, name: "Eva" })).name, "Eva")
  await adapter.createVerificationToken({ identifier: "i", token: "t", expires })
  assert.equal((await adapter.useVerificationToken({ identifier: "i", token: "t" })).identifier, "i")
  assert.equal(await adapter.useVerificationToken({ identifier: "i", token: "t" }), null)
  await adapter.createSession({ sessionToken: "old", userId: user.id, expires: new Date("2001-01-01") })
  assert.equal((await adapter.pruneExpired()).sessions, 1)
  await adapter.deleteSession("tok")
  assert.equal(await adapter.getSessionAndUser("tok"), null)
  await adapter.deleteUser(user.id)
  assert.equal(await adapter.getUser(user.id), null)
}

for (const lane of databases) {
  const withDatabase = (name, work) =>
    test(name, { timeout }, async () => {
      const database = await lane.create()
      database.tables = async () => (await database.rows(lists[lane.name])).map(({ name }) => name).sort()
      try {
        await work(database)
      } finally {
        await database.close()
      }
    })
  const uses = async (url, options, work) => {
    const adapter = RustAdapter(url, options)
    try {
      return await work(adapter)
    } finally {
      await adapter.close()
    }
  }

  describe(`views: ${lane.name}`, () => {
    withDatabase(
      "a set of views is used where there is nothing else; check says that they are views",
      async (database) => {
        await views(lane, database)
        await uses(database.url, {}, contract)
        const { code, stdout } = await cli(["check", database.url, "--json"])
        const report = JSON.parse(stdout)
        assert.deepEqual([code, report.tables.map(({ foundAs }) => foundAs)], [1, names])
        const messages = report.warnings.map(({ message }) => message)
        for (const name of names)
          assert.equal(
            messages.filter((message) => message.startsWith(`${name} is a view`)).length,
            1,
            messages.join("\n"),
          )
        assert.ok(!report.warnings.some(({ remedy }) => /INDEX/.test(remedy ?? "")), stdout)
      },
    )

    withDatabase("views are named like tables", async (database) => {
      await views(lane, database)
      await uses(
        database.url,
        {
          tables: { user: "users", account: "accounts", session: "sessions", verificationToken: "verification_tokens" },
        },
        contract,
      )
    })

    withDatabase("migrate makes nothing beside views, in any way", async (database) => {
      await views(lane, database)
      const before = await database.tables()
      const { code, stderr } = await cli(["migrate", database.url])
      assert.equal(code, 1)
      assert.match(stderr, /^ERR_SCHEMA: .*users, accounts, sessions/)
      await assert.rejects(
        uses(database.url, { migrate: true }, (adapter) => adapter.getUser("x")),
        { code: "ERR_SCHEMA" },
      )
      const opened = await openAdapter({ url: database.url })
      const config = {
        database: opened.database,
        secret: "a secret of thirty-two characters",
        emailAndPassword: { enabled: true },
      }
      await assert.rejects((await ours()).migrate(config), { code: "ERR_SCHEMA" })
      await opened.close()
      assert.deepEqual(await database.tables(), before)
    })

    withDatabase("tables come before views of them, and that is no second set", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      for (const [view, table] of [
        ["user", "users"],
        ["session", "sessions"],
        ["account", "accounts"],
        ["app_users", "users"],
        ["app_sessions", "sessions"],
      ])
        await database.rows(`CREATE VIEW "${view}" AS SELECT * FROM "${table}"`)
      const { stdout } = await cli(["check", database.url, "--json"])
      const report = JSON.parse(stdout)
      assert.deepEqual(
        report.tables.map(({ foundAs }) => foundAs),
        names,
      )
      assert.ok(!report.warnings.some(({ message }) => /another set|is a view/.test(message)), stdout)
      await uses(database.url, {}, contract)
    })

    withDatabase("our own tables beside views of them are ours", async (database) => {
      assert.equal((await cli(["migrate", database.url])).code, 0)
      for (const [view, table] of [
        ["users", "user"],
        ["sessions", "session"],
      ])
        await database.rows(`CREATE VIEW "${view}" AS SELECT * FROM "${table}"`)
      await uses(database.url, {}, (adapter) => adapter.createUser({ email: "eve@example.com" }))
      assert.equal((await cli(["migrate", database.url])).stdout, "the schema is up to date: nothing was to be done\n")
    })

    withDatabase("a view of users beside tables of sessions and accounts", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      await database.rows(`ALTER TABLE "users" RENAME TO "people"`)
      await database.rows(`ALTER TABLE "people" RENAME COLUMN "email" TO "mail"`)
      await database.rows(
        `CREATE VIEW "users" AS SELECT "id", "name", "mail" AS "email", "emailVerified", "image" FROM "people"`,
      )
      const { user } = await uses(database.url, {}, (adapter) => adapter.getSessionAndUser("token-7"))
      assert.equal(user.email, "ada@example.com")
    })

    withDatabase("a view that nothing can be written to: read, and a write is ERR_READ_ONLY", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      await database.rows(`ALTER TABLE "sessions" RENAME TO "past"`)
      const distinct = lane.name === "sqlite" ? "" : "DISTINCT"
      await database.rows(`CREATE VIEW "sessions" AS SELECT ${distinct} * FROM "past"`)
      await uses(database.url, {}, async (adapter) => {
        assert.equal((await adapter.getSessionAndUser("token-7")).user.email, "ada@example.com")
        await assert.rejects(adapter.createSession({ sessionToken: "t", userId: "u7", expires }), {
          code: "ERR_READ_ONLY",
        })
        await assert.rejects(adapter.updateSession({ sessionToken: "token-7", expires }), { code: "ERR_READ_ONLY" })
        await assert.rejects(adapter.deleteSession("token-7"), { code: "ERR_READ_ONLY" })
        assert.equal((await adapter.getSessionAndUser("token-7")).user.email, "ada@example.com")
      })
    })

    if (lane.name === "sqlite")
      withDatabase("a view that does not work is passed over", async (database) => {
        await layouts.plural.create(database)
        await layouts.plural.signIn(database)
        await database.rows(`CREATE TABLE "gone" ("id" integer)`)
        await database.rows(`CREATE VIEW "broken" AS SELECT * FROM "gone"`)
        await database.rows(`DROP TABLE "gone"`)
        const { user } = await uses(database.url, {}, (adapter) => adapter.getSessionAndUser("token-7"))
        assert.equal(user.email, "ada@example.com")
      })

    if (lane.name === "postgres") {
      withDatabase("a materialized view is read, and not written to", async (database) => {
        await layouts.plural.create(database)
        await layouts.plural.signIn(database)
        await database.rows(`ALTER TABLE "users" RENAME TO "people"`)
        await database.rows(`CREATE MATERIALIZED VIEW "users" AS SELECT * FROM "people"`)
        await uses(database.url, {}, async (adapter) => {
          assert.equal((await adapter.getSessionAndUser("token-7")).user.email, "ada@example.com")
          await assert.rejects(adapter.createUser({ email: "eve@example.com" }), { code: "ERR_READ_ONLY" })
        })
        const { stdout } = await cli(["check", database.url])
        assert.match(stdout, /users is a materialized view/)
      })
    }
  })
}
