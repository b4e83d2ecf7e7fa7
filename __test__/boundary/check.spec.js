// `npx rust-auth-adapter check`: what it finds, warns of and exits with; its remedies are run and mend what they say.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { cli } from "./cli.js"

const timeout = 60_000

/** Tables as an application might have made them: other names, no keys but the primary ones, short tokens, a column to fill in. */
const foreign = [
  `CREATE TABLE "app_users" ("id" varchar(36) NOT NULL PRIMARY KEY, "email" varchar(191), "email_verified" varchar(30), "name" varchar(100),
     "image" varchar(100), "tenant" integer NOT NULL)`,
  `CREATE TABLE "app_accounts" ("id" varchar(36) NOT NULL PRIMARY KEY, "user_id" varchar(36) NOT NULL, "type" varchar(30) NOT NULL,
     "provider" varchar(30) NOT NULL, "provider_account_id" varchar(100) NOT NULL, "access_token" varchar(255))`,
  `CREATE TABLE "app_sessions" ("session_token" varchar(100) NOT NULL PRIMARY KEY, "user_id" varchar(36) NOT NULL, "expires" bigint NOT NULL)`,
]

for (const database of databases) {
  describe(`check on ${database.name}`, () => {
    const withDatabase = (name, work) =>
      test(name, { timeout }, async () => {
        const own = await database.create()
        try {
          await work(own)
        } finally {
          await own.close()
        }
      })

    withDatabase("its own tables are all right: code 0", async ({ url }) => {
      assert.equal((await cli(["migrate", url])).code, 0)
      const { code, stdout, stderr } = await cli(["check", url])
      assert.deepEqual([code, stderr], [0, ""])
      assert.match(stdout, /verificationToken: found as verificationToken/)
      assert.match(stdout, /\nno warnings\n$/)
    })

    withDatabase(
      "the server, how far it is, and how many rows there are, of which how many have expired",
      async (own) => {
        const adapter = RustAdapter(own.url, { migrate: true })
        const user = await adapter.createUser({ email: "ada@example.com", emailVerified: null })
        for (const [number, year] of [2020, 2021, 2100].entries()) {
          const expires = new Date(Date.UTC(year, 0))
          await adapter.createSession({ sessionToken: `session-${number}`, userId: user.id, expires })
          await adapter.createVerificationToken({ identifier: "ada@example.com", token: `${number}`, expires })
        }
        await adapter.close()
        const { server, tables } = JSON.parse((await cli(["check", own.url, "--json"])).stdout)
        assert.match(server.version, /^(SQLite 3\.|PostgreSQL \d+|MariaDB \d+\.|MySQL \d+\.)/)
        assert.ok(server.bytes > 1000, `${server.bytes} bytes`)
        const counts = tables.map(({ table, rows, expired }) => [table, rows, expired])
        assert.deepEqual(counts, [
          ["user", 1, null],
          ["account", 0, null],
          ["session", 3, 2],
          ["verificationToken", 3, 2],
          ["authenticator", 0, null],
        ])
        const { stdout } = await cli(["check", own.url])
        assert.match(stdout, /^session: found as session, 3 rows, 2 of them expired$/m)
        if (database.name === "sqlite") {
          assert.deepEqual([server.address, server.turnMs, server.pooler], [null, null, null])
          assert.equal(server.database, own.path)
          return
        }
        const { hostname, port, pathname, password } = new URL(own.url)
        assert.deepEqual([server.address, server.database], [`${hostname}:${port}`, pathname.slice(1)])
        assert.ok(server.turnMs > 0 && server.turnMs < 1000, `${server.turnMs} ms`)
        assert.equal(server.pooler, "none")
        // MySQL 9 speaks TLS by itself.
        assert.ok(server.tls === null || /^TLSv1\.[23]$/.test(server.tls), server.tls)
        assert.match(server.timeZone, /^(UTC|Etc\/UTC|\+00:00)$/)
        assert.match(stdout, /^a turn takes [\d.]+ ms; (not encrypted|TLSv1\.[23])$/m)
        if (password) assert.ok(!stdout.includes(password))
      },
    )

    withDatabase("columns that an application added to them are read and written: code 0", async ({ url, rows }) => {
      assert.equal((await cli(["migrate", url])).code, 0)
      await rows(`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'user' NOT NULL`)
      await rows(`ALTER TABLE "session" ADD COLUMN "hits" integer`)
      const { code, stdout } = await cli(["check", url, "--json"])
      const { tables, warnings } = JSON.parse(stdout)
      assert.deepEqual([code, warnings], [0, []])
      const column = (table, name) =>
        tables.find((each) => each.table === table).columns.find(({ field }) => field === name)
      assert.deepEqual([column("user", "role").meaning, column("session", "hits").meaning], ["text", "number"])
      // One that stands for nothing any more is said to be left alone, with the reason.
      await rows(`ALTER TABLE "authenticator" RENAME COLUMN "counter" TO "count"`)
      const after = await cli(["check", url])
      assert.equal(after.code, 1)
      assert.match(after.stdout, /no table for authenticator/)
    })

    withDatabase("no tables of ours: code 2, and the command that makes them", async ({ url, rows }) => {
      await rows(`CREATE TABLE "basket" ("id" integer)`)
      const { code, stderr } = await cli(["check"], { DATABASE_URL: url })
      assert.equal(code, 2)
      assert.match(stderr, /ERR_SCHEMA.*npx rust-auth-adapter migrate/)
    })

    const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[database.name]
    const tables = (users, sessions = "") => [
      `CREATE TABLE "users" ("id" varchar(36) NOT NULL PRIMARY KEY, "name" varchar(99), "email" varchar(191) UNIQUE, "emailVerified" ${date},
         "image" varchar(99)${users})`,
      `CREATE TABLE "sessions" ("sessionToken" varchar(99) PRIMARY KEY, "userId" varchar(36) NOT NULL, "expires" ${date} NOT NULL${sessions})`,
    ]
    const warnings = async (own, list = "warnings") =>
      JSON.parse((await cli(["check", own.url, "--json"])).stdout)[list].map(({ message }) => message)

    withDatabase("one name in two spellings: each column is a field, and `columns` says otherwise", async (own) => {
      const moments = `, "createdAt" ${date}, "created_at" ${date}, "seenAt" varchar(30)`
      for (const statement of tables(moments, `, "user_id" varchar(36)`)) await own.rows(statement)
      const told = (await warnings(own)).filter((message) => message.includes("spells one name"))
      const settled = "the option columns says which column stands for which field"
      assert.deepEqual(told, [
        `users spells one name in 2 ways: createdAt is the field createdAt, created_at is the field created_at; ${settled}`,
        `sessions spells one name in 2 ways: userId is the field userId, user_id is the field user_id; ${settled}`,
      ])
      const [first, second] = [new Date("2030-01-01"), new Date("2031-01-01")]
      const adapter = RustAdapter(own.url)
      const user = await adapter.createUser({ email: "a@example.com", createdAt: first, created_at: second })
      assert.deepEqual([user.createdAt, user.created_at], [first, second])
      // As an application of Drizzle's knows it: the key createdAt, and the column created_at.
      const named = RustAdapter(own.url, { columns: { user: { createdAt: "created_at" } } })
      const found = await named.getUser(user.id)
      assert.deepEqual([found.createdAt, "created_at" in found], [second, false])
      const changed = await named.updateUser({ id: user.id, createdAt: first })
      assert.deepEqual(changed.createdAt, first)
      assert.deepEqual((await adapter.getUser(user.id)).created_at, first)
      await Promise.all([adapter.close(), named.close()])
    })

    if (database.name === "sqlite") {
      const units = async (own, users, list) => {
        for (const statement of tables(users)) await own.rows(statement)
        return (await warnings(own, list)).filter((message) => message.includes("tells its unit"))
      }
      const untold = (column) => `${column} has no date and no default that tells its unit`
      const milliseconds = `that is what Drizzle's mode "timestamp_ms" reads; where the application reads seconds, the option dates: "seconds" says so`
      const seconds = `that is what Drizzle's mode "timestamp" reads; where the application reads milliseconds, the option dates: "milliseconds" says so`

      withDatabase("the unit of a date that nothing tells is said, as a recommendation", async (own) => {
        assert.deepEqual(await units(own, `, "createdAt" integer`, "recommendations"), [
          `${untold("users.emailVerified")}, and no other column does: it is written in milliseconds; ${milliseconds}`,
          `${untold("users.createdAt")}, and no other column does: it is written in milliseconds; ${milliseconds}`,
          `${untold("sessions.expires")}, and no other column does: it is written in milliseconds; ${milliseconds}`,
        ])
        await own.rows(
          `INSERT INTO "users" ("id", "createdAt", "emailVerified") VALUES ('1', 1900000000, 1900000000000)`,
        )
        assert.deepEqual(
          await warnings(own, "recommendations").then((all) => all.filter((each) => /unit/.test(each))),
          [],
        )
      })

      withDatabase("one that only an application's own column tells is said, as a warning", async (own) => {
        assert.deepEqual(await units(own, `, "createdAt" integer NOT NULL DEFAULT (unixepoch())`), [
          `${untold("users.emailVerified")}: it is written in seconds, as user.createdAt is; ${seconds}`,
          `${untold("sessions.expires")}: it is written in seconds, as user.createdAt is; ${seconds}`,
        ])
        const adapter = RustAdapter(own.url)
        const { emailVerified } = await adapter.createUser({
          emailVerified: new Date("2030-01-01"),
          email: "a@example.com",
        })
        assert.deepEqual(emailVerified, new Date("2030-01-01"))
        const [{ v }] = await own.rows(`SELECT "emailVerified" AS "v" FROM "users"`)
        assert.equal(v, Date.UTC(2030, 0, 1) / 1000)
        assert.deepEqual(
          (await warnings(own)).filter((each) => /unit/.test(each)),
          [],
        )
        await adapter.close()
      })
    }

    withDatabase("another application's tables: found, explained, and mended by its own remedies", async (own) => {
      for (const statement of foreign) await own.rows(statement)
      const { code, stdout, stderr } = await cli(["check", own.url, "--json"])
      assert.deepEqual([code, stderr], [1, ""])
      const report = JSON.parse(stdout)
      assert.deepEqual(
        report.tables.map(({ table, foundAs }) => [table, foundAs]),
        [
          ["user", "app_users"],
          ["account", "app_accounts"],
          ["session", "app_sessions"],
        ],
      )
      const { columns } = report.tables[0]
      assert.equal(columns.find(({ field }) => field === "emailVerified").column, "email_verified")
      assert.equal(report.tables[2].columns.find(({ field }) => field === "expires").meaning, "date, as milliseconds")

      const texts = report.warnings.map(({ message }) => message).join("\n")
      for (const words of [
        /app_users has no unique key on email/,
        /app_accounts has no unique key on provider, provider_account_id/,
        /app_accounts has no index on user_id/,
        /app_sessions has no index on expires/,
        /app_accounts\.user_id has no foreign key to app_users\.id/,
        /app_sessions\.user_id has no foreign key to app_users\.id/,
        /app_users\.tenant must not be null/,
        /no table for verificationToken/,
        /no table for authenticator/,
      ])
        assert.match(texts, words)
      assert.equal(/app_sessions has no unique key/.test(texts), false)
      assert.equal(/access_token has room for 255/.test(texts), database.name !== "sqlite")

      await assert.rejects(RustAdapter(own.url).createUser({ email: "a@example.com" }), {
        code: "ERR_INVALID_VALUE",
        table: "user",
        field: "tenant",
      })
      const user = await RustAdapter(own.url).createUser({ email: "a@example.com", tenant: 7 })
      assert.equal(user.tenant, 7)

      for (const { remedy } of report.warnings) if (remedy) await own.rows(remedy)
      const after = JSON.parse((await cli(["check", own.url, "--json"])).stdout)
      assert.deepEqual(
        after.warnings.filter(({ remedy }) => remedy),
        [],
      )
      // The column to fill in, the two tables that are not there, and on SQLite the two foreign keys that it adds to no table.
      assert.equal(after.warnings.length, database.name === "sqlite" ? 5 : 3)
    })
  })
}

const mysqlLane = databases.find(({ name }) => name === "mysql")
if (mysqlLane) {
  test("check tells when MySQL's clocks may need the option timeZone", { timeout }, async () => {
    const own = await mysqlLane.create()
    try {
      await own.rows(
        `CREATE TABLE "users" ("id" varchar(36) NOT NULL PRIMARY KEY, "email" varchar(191) UNIQUE, "emailVerified" datetime(3))`,
      )
      await own.rows(
        `CREATE TABLE "sessions" ("sessionToken" varchar(99) PRIMARY KEY, "userId" varchar(36), "expires" datetime(3) NOT NULL)`,
      )
      const inUtc = await cli(["check", own.url], { TZ: "UTC" })
      assert.doesNotMatch(inUtc.stdout, /timeZone/)
      const elsewhere = await cli(["check", own.url], { TZ: "Asia/Kolkata" })
      assert.match(elsewhere.stdout, /330 minutes off UTC: .*timeZone: "local"/)
    } finally {
      await own.close()
    }
  })
}
