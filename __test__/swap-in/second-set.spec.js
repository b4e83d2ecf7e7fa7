// What creates tables never makes a second, empty set beside the one in use: by the command, by `migrate: true`, and in SQLite's files.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"
import { layoutsOf, layouts } from "./layouts.js"

const timeout = 60_000
const own = ["user", "account", "session", "verificationToken", "authenticator"]
const record = "rust_auth_adapter_migration"

const lists = {
  sqlite: `SELECT name AS "name" FROM sqlite_master WHERE type = 'table'`,
  postgres: `SELECT table_schema || '.' || table_name AS "name" FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  mysql: `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE()`,
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
  /** By each way to create tables: refused, with a word of what was found, and nothing is made. */
  const refusedWith = async (database, words) => {
    const before = await database.tables()
    const { code, stdout, stderr } = await cli(["migrate", database.url])
    assert.deepEqual([code, stdout], [1, ""], stderr)
    assert.match(stderr, /^ERR_SCHEMA: /)
    const error = await uses(database.url, { migrate: true }, (adapter) => adapter.getUser("x")).then(
      () => assert.fail("created"),
      (reason) => reason,
    )
    assert.equal(error.code, "ERR_SCHEMA", error.message)
    for (const word of words)
      for (const said of [stderr, error.message]) assert.ok(said.includes(word), `${word} in: ${said}`)
    for (const said of [stderr, error.message]) assert.doesNotMatch(said, /create the tables with/)
    assert.deepEqual(await database.tables(), before)
  }

  describe(`nothing makes a second set: ${lane.name}`, () => {
    for (const [name, layout] of layoutsOf(lane)) {
      withDatabase(`${name}: by the command and by migrate: true`, async (database) => {
        await layout.create(database)
        await layout.signIn(database)
        await refusedWith(database, layout.tables)
        // Every user is still there, and no option is needed.
        const { user, session } = await uses(database.url, {}, (adapter) => adapter.getSessionAndUser("token-7"))
        assert.deepEqual([user.email, session.sessionToken], ["ada@example.com", "token-7"])
        const report = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
        assert.deepEqual(
          report.tables.map(({ foundAs }) => foundAs),
          layout.tables,
        )
      })
    }

    withDatabase(
      "one column is named otherwise: refused, and the message says what is lacking and which option names it",
      async (database) => {
        await layouts["prefix and snake case"].create(database)
        await database.rows(`ALTER TABLE "app_session" RENAME COLUMN "expires" TO "expires_at"`)
        await database.rows(`ALTER TABLE "app_account" RENAME COLUMN "provider" TO "issuer"`)
        await refusedWith(database, [
          "app_user",
          "app_session has no column for expires",
          "app_account has no column for provider",
          "columns",
        ])
      },
    )

    withDatabase("all tables under names that say nothing: refused by what is in them", async (database) => {
      await layouts.plural.create(database)
      for (const [from, to] of [
        ["users", "members"],
        ["sessions", "logins"],
        ["accounts", "links"],
        ["verification_tokens", "codes"],
      ]) {
        await database.rows(`ALTER TABLE "${from}" RENAME TO "${to}"`)
      }
      await refusedWith(database, ["logins", "links", 'tables: { session: "logins" }'])
    })

    withDatabase("users under a name of the application's own: refused by who signs in", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      await database.rows(`ALTER TABLE "users" RENAME TO "people"`)
      await database.rows(`ALTER TABLE "people" RENAME COLUMN "email" TO "mail"`)
      await refusedWith(database, ["accounts has the columns of account", "sessions has the columns of session"])
    })

    withDatabase("tables of an application's own are no obstacle", async (database) => {
      await database.rows(
        `CREATE TABLE "customers" ("id" integer PRIMARY KEY, "email" varchar(99), "name" varchar(99))`,
      )
      await database.rows(`CREATE TABLE "users" ("id" integer PRIMARY KEY, "email" varchar(99), "name" varchar(99))`)
      // A bank's, express-session's and Laravel's.
      await database.rows(`CREATE TABLE "accounts" ("id" integer PRIMARY KEY, "user_id" integer, "balance" integer)`)
      await database.rows(
        `CREATE TABLE "sessions" ("sid" varchar(99) PRIMARY KEY, "sess" varchar(99), "expire" integer, "user_id" integer)`,
      )
      await database.rows(`INSERT INTO "users" VALUES (1, 'ada@example.com', 'Ada')`)
      const { code, stderr } = await cli(["migrate", database.url])
      assert.deepEqual([code, stderr], [0, ""])
      const user = await uses(database.url, { migrate: true }, (adapter) =>
        adapter.createUser({ email: "ada@example.com" }),
      )
      assert.deepEqual(
        (await database.rows(`SELECT "id" FROM "user"`)).map(({ id }) => id),
        [user.id],
      )
      assert.equal((await cli(["check", database.url])).code, 0)
    })

    withDatabase(
      "tables of ours in use are upgraded and used, also when another set is added later; check warns of it",
      async (database) => {
        assert.equal((await cli(["migrate", database.url])).code, 0)
        const { id } = await uses(database.url, {}, (adapter) => adapter.createUser({ email: "eve@example.com" }))
        await uses(database.url, {}, (adapter) =>
          adapter.createSession({ sessionToken: "eve", userId: id, expires: new Date(2524608000000) }),
        )
        for (const later of ["plural", "prefix, plural"]) await layouts[later].create(database)
        const again = await cli(["migrate", database.url])
        assert.deepEqual([again.code, again.stdout], [0, "the schema is up to date: nothing was to be done\n"])
        for (const options of [{}, { migrate: true }]) {
          assert.equal(
            (await uses(database.url, options, (adapter) => adapter.getUserByEmail("eve@example.com"))).id,
            id,
          )
          assert.equal(await uses(database.url, options, (adapter) => adapter.getUserByEmail("ada@example.com")), null)
        }
        const { code, stdout } = await cli(["check", database.url, "--json"])
        const report = JSON.parse(stdout)
        assert.deepEqual([code, report.tables.map(({ foundAs }) => foundAs)], [1, own])
        const warnings = report.warnings.map(({ message }) => message)
        assert.equal(warnings.length, 2, warnings.join("\n"))
        for (const tables of [layouts.plural.tables, layouts["prefix, plural"].tables]) {
          assert.ok(
            warnings.some((warning) => tables.every((table) => warning.includes(table)) && /not used/.test(warning)),
            warnings.join("\n"),
          )
        }
      },
    )

    withDatabase("sessions that lack a column: what needs them says which, and check does", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      await database.rows(`ALTER TABLE "sessions" RENAME COLUMN "expires" TO "until"`)
      const words = /no.*session; sessions has no column for expires \(columns: { session: { expires: "…" } }\)/
      const { code, stdout } = await cli(["check", database.url])
      assert.deepEqual(
        [
          code,
          /there is no table for session: sessions in the database will fail; sessions has no column for expires/.test(
            stdout,
          ),
        ],
        [1, true],
        stdout,
      )
      await uses(database.url, {}, async (adapter) => {
        await assert.rejects(adapter.getSessionAndUser("token-7"), {
          code: "ERR_SCHEMA",
          table: "session",
          message: words,
        })
        assert.equal((await adapter.getUserByEmail("ada@example.com")).id, "u7")
      })
      const named = await uses(database.url, { columns: { session: { expires: "until" } } }, (adapter) =>
        adapter.getSessionAndUser("token-7"),
      )
      assert.equal(named.user.id, "u7")
    })

    withDatabase(
      "without accounts and sessions that fit: the nearest are named, among however many tables",
      async (database) => {
        for (let each = 0; each < 20; each++) await database.rows(`CREATE TABLE "a_table_${each}" ("id" integer)`)
        await layouts.drizzle.create(database)
        await database.rows(`ALTER TABLE "session" RENAME COLUMN "expires" TO "until"`)
        await database.rows(`ALTER TABLE "account" RENAME COLUMN "provider" TO "issuer"`)
        const { code, stderr } = await cli(["check", database.url])
        assert.equal(code, 2)
        assert.match(stderr, /user has the columns of user/)
        assert.match(stderr, /session has no column for expires \(columns: { session: { expires: "…" } }\)/)
        assert.match(stderr, /account has no column for provider/)
        assert.doesNotMatch(stderr, /a_table|rust-auth-adapter migrate/)
      },
    )

    withDatabase(
      "a set that lacks its sessions, and one that lacks accounts too: what is there and what it lacks are said, and the way out",
      async (database) => {
        await layouts.plural.create(database)
        await database.rows(`ALTER TABLE "sessions" RENAME COLUMN "expires" TO "until"`)
        // Users and accounts could be used; the sessions are there, but for a column.
        await refusedWith(database, [
          "generate",
          "users, accounts",
          "sessions has no column for expires",
          "columns: { session: { expires",
        ])
        await database.rows(`ALTER TABLE "accounts" RENAME COLUMN "provider" TO "issuer"`)
        await refusedWith(database, ["generate", "accounts has no column for provider"])
      },
    )

    withDatabase(
      "what generate prints makes ours beside tables that nearly fit, and then these are used",
      async (database) => {
        await layouts.plural.create(database)
        for (const [table, column] of [
          ["sessions", "expires"],
          ["accounts", "provider"],
        ]) {
          await database.rows(`ALTER TABLE "${table}" RENAME COLUMN "${column}" TO "other"`)
        }
        assert.equal((await cli(["migrate", database.url])).code, 1)
        const { stdout } = await cli(["generate", lane.dialect])
        for (const statement of stdout.split(/;\n/).filter((part) => part.trim()))
          await database.rows(lane.name === "mysql" ? statement.replaceAll("`", '"') : statement)
        assert.equal((await cli(["migrate", database.url])).code, 0)
        await uses(database.url, {}, (adapter) => adapter.createUser({ email: "ada@example.com" }))
        assert.equal((await database.rows(`SELECT * FROM "user"`)).length, 1)
      },
    )

    if (lane.name === "sqlite") {
      withDatabase("an empty file is ours; one with others' tables is theirs, of any kind", async (database) => {
        await uses(database.url, {}, (adapter) => adapter.getUser("x"))
        assert.deepEqual((await database.tables()).sort(), [...own, record].sort())
        for (const [, layout] of layoutsOf(lane)) {
          const theirs = await lane.create()
          await layout.create(theirs)
          await layout.signIn(theirs)
          const found = await uses(theirs.url, {}, (adapter) => adapter.getUserByEmail("ada@example.com"))
          assert.equal(found.name, "Ada")
          assert.equal(
            (await theirs.rows(`SELECT name FROM sqlite_master WHERE type = 'table'`)).length,
            layout.tables.length,
          )
          await theirs.close()
        }
      })
    }

    if (lane.name === "postgres") {
      withDatabase(
        "PostgreSQL: a set elsewhere in the search path counts, one out of reach does not, and ?schema= settles it",
        async (database) => {
          const [{ name }] = await database.rows("SELECT current_database() AS name")
          await database.rows("CREATE SCHEMA first")
          await database.rows("CREATE SCHEMA apart")
          await database.rows(`ALTER DATABASE "${name}" SET search_path = first, public`)
          await layouts.prisma.create(database)
          await refusedWith(database, ["public.User", "schema"])
          await database.rows(`ALTER DATABASE "${name}" SET search_path = apart`)
          await uses(`${database.url}?x`.replace("?x", ""), { migrate: true }, (adapter) =>
            adapter.createUser({ email: "a@example.com" }),
          )
          assert.equal((await database.rows(`SELECT * FROM apart."user"`)).length, 1)
          const { code } = await cli(["migrate", `${database.url}?schema=first`])
          assert.equal(code, 0)
          assert.deepEqual(await database.rows(`SELECT * FROM first."user"`), [])
        },
      )

      withDatabase(
        "PostgreSQL: a set that no option names, in a schema outside the search path: with people in it, refused; empty, named",
        async (database) => {
          const [{ name }] = await database.rows("SELECT current_database() AS name")
          await database.rows("CREATE SCHEMA apart")
          await database.rows("SET search_path TO apart")
          await layouts.prisma.create(database)
          await layouts.prisma.signIn(database)
          await refusedWith(database, ["apart.User", "?schema=apart", "?schema=public"])
          // A caller that says which schema is meant is not asked again, and hears of the other one.
          const explicit = await cli(["migrate", `${database.url}?schema=mine`])
          assert.equal(explicit.code, 0)
          assert.match(explicit.stdout, /^applied 0001_auth, which made account, /)
          assert.match(explicit.stderr, /another set.*outside the search path.*apart\.User.*\?schema=apart/)
          const mine = JSON.parse((await cli(["check", `${database.url}?schema=mine`, "--json"])).stdout)
          assert.ok(
            mine.recommendations.some(({ message }) => message.includes("apart.User")),
            JSON.stringify(mine),
          )
          assert.ok(!mine.warnings.some(({ message }) => message.includes("apart.User")), JSON.stringify(mine))
          // These are used by their name, and then are not outside.
          const theirs = JSON.parse((await cli(["check", `${database.url}?schema=apart`, "--json"])).stdout)
          assert.equal(theirs.tables[0].foundAs, "User")
          assert.ok(!JSON.stringify(theirs.warnings).includes("apart.User"))
          // A search path of the database's says so too.
          await database.rows(`ALTER DATABASE "${name}" SET search_path = other`)
          await database.rows("CREATE SCHEMA other")
          assert.equal((await cli(["migrate", database.url])).code, 0)
          await database.rows(`ALTER DATABASE "${name}" RESET search_path`)
          // Ours in other schemas are empty; those apart have no user any more.
          await database.rows(`DELETE FROM apart."Session"`)
          const { code, stdout, stderr } = await cli(["migrate", database.url])
          assert.equal(code, 0, stderr)
          assert.match(stdout, /^applied 0001_auth, which made account, /)
          assert.match(stderr, /another set.*apart\.User/)
          const { warnings } = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
          assert.ok(warnings.some(({ message }) => message.includes("apart.User") && /not used/.test(message)))
          await uses(database.url, {}, (adapter) => adapter.createUser({ email: "a@example.com" }))
          assert.equal((await database.rows(`SELECT * FROM public."user"`)).length, 1)
        },
      )

      withDatabase(
        "PostgreSQL: our own tables in a later schema of the search path are used there, and not made again in the first",
        async (database) => {
          const [{ name }] = await database.rows("SELECT current_database() AS name")
          assert.equal((await cli(["migrate", database.url])).code, 0)
          await database.rows("CREATE SCHEMA first")
          await database.rows(`CREATE TABLE first."user" (id integer)`)
          await database.rows(`ALTER DATABASE "${name}" SET search_path = first, public`)
          await refusedWith(database, ["public.user"])
          await uses(database.url, {}, (adapter) => adapter.createUser({ email: "a@example.com" }))
          assert.equal((await database.rows(`SELECT * FROM public."user"`)).length, 1)
        },
      )
    }
  })
}
