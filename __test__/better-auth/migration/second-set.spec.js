// `better-auth migrate` makes no second set beside tables in which people are, and alters none that is not Better Auth's; what runs finds
// its tables by the same rule.
import { betterAuth } from "better-auth"
import { username } from "better-auth/plugins"
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { databases } from "../../databases.js"
import { layouts, layoutsOf } from "../../swap-in/layouts.js"
import { openAdapter, ours } from "../adapter.js"
import { base, quickPasswords } from "../stage.js"
import { makeApplication } from "./application.js"

const options = { ...base, emailAndPassword: { enabled: true, password: quickPasswords } }
const models = { user: "user", session: "session", account: "account", verification: "verification" }
const named = (prefix) =>
  Object.fromEntries(Object.entries(models).map(([key, name]) => [key, { modelName: `${prefix}${name}` }]))
const person = () => ({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse", name: "Ada" })

const columnQueries = {
  sqlite: `SELECT m.name || '.' || c.name AS "column" FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
  postgres: `SELECT table_schema || '.' || table_name || '.' || column_name AS "column" FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  mysql: `SELECT CONCAT(table_name, '.', column_name) AS "column" FROM information_schema.columns WHERE table_schema = DATABASE()`,
}

for (const lane of databases) {
  describe(`better-auth migrate beside other tables: ${lane.name}`, () => {
    const withDatabase = (name, work) =>
      test(name, { timeout: 60_000 }, async () => {
        const database = await lane.create()
        database.columns = async () =>
          (await database.rows(columnQueries[lane.name])).map(({ column }) => column).sort()
        const opened = []
        database.open = async (more = {}) => {
          const each = await openAdapter({ url: more.url ?? database.url }, more.adapter)
          opened.push(each)
          return { ...options, ...more.options, database: each.database }
        }
        try {
          await work(database)
        } finally {
          for (const each of opened) await each.close()
          await database.close()
        }
      })
    const migrate = async (config) => (await ours()).migrate(config)
    const signUp = async (config) => betterAuth(config).api.signUpEmail({ body: person() })
    const refused = async (database, config, words) => {
      const before = await database.columns()
      for (const way of [() => migrate(config), () => config.database(config).createSchema(config, "x.sql")]) {
        const error = await way().then(
          () => assert.fail("not refused"),
          (reason) => reason,
        )
        assert.equal(error.code, "ERR_SCHEMA", error.message)
        for (const word of words) assert.ok(error.message.includes(word), `${word} in: ${error.message}`)
      }
      assert.deepEqual(await database.columns(), before)
    }

    for (const [name, layout] of layoutsOf(lane)) {
      withDatabase(`Auth.js's tables, ${name}: refused, and other names settle it`, async (database) => {
        await layout.create(database)
        await layout.signIn(database)
        const before = await database.columns()
        await refused(database, await database.open(), [layout.tables[0], layout.tables[2], "Auth.js", "modelName"])
        const config = await database.open({ options: named("ba_") })
        assert.equal((await migrate(config)).filter((statement) => statement.startsWith("CREATE TABLE")).length, 4)
        assert.deepEqual(
          (await database.columns()).filter((column) => !column.includes("ba_")),
          before,
        )
        assert.ok((await signUp(config)).user.id)
        assert.deepEqual(await migrate(config), [])
      })
    }

    withDatabase("by the command: code 1, why, and nothing is altered, however often", async (database) => {
      await layouts.drizzle.create(database)
      const application = makeApplication()
      application.write(
        "auth.mjs",
        `
        import { betterAuth } from "better-auth"
        import { rustAdapter } from "rust-auth-adapter/better-auth"
        export const auth = betterAuth({ secret: "a secret of thirty-two characters", baseURL: "http://localhost:3000", telemetry: { enabled: false },
          database: rustAdapter(${JSON.stringify(database.url)}), emailAndPassword: { enabled: true } })`,
      )
      const before = await database.columns()
      for (let round = 0; round < 2; round++) {
        const { code, output, errors } = await application.run("better-auth", "migrate", "--config", "auth.mjs")
        assert.deepEqual([code, output], [1, ""])
        assert.match(errors, /^ERR_SCHEMA: .*user, account, session.*Auth\.js.*modelName/)
        assert.deepEqual(await database.columns(), before)
      }
    })

    withDatabase(
      "tables that were made for both: refused too, since Auth.js's columns would stay empty",
      async (database) => {
        await layouts.drizzle.create(database)
        for (const [table, columns] of [
          ["user", ["createdAt", "updatedAt"]],
          ["session", ["id", "token", "expiresAt"]],
          ["account", ["id", "accountId", "providerId"]],
        ]) {
          for (const column of columns)
            await database.rows(`ALTER TABLE "${table}" ADD COLUMN "${column}" varchar(100)`)
        }
        await refused(database, await database.open(), ["user, account, session", "Auth.js"])
      },
    )

    withDatabase(
      "Better Auth's own tables under a prefix: migrate and what runs name them, and the option",
      async (database) => {
        const mail = await database.open({ options: named("mail_") })
        await migrate(mail)
        const { user } = await signUp(mail)
        const plain = await database.open()
        await refused(database, plain, ["mail_user", "mail_session", "modelName"])
        const error = await plain
          .database(plain)
          .findOne({ model: "user", where: [{ field: "id", value: user.id }] })
          .then(
            () => assert.fail("found"),
            (reason) => reason,
          )
        assert.equal(error.code, "ERR_SCHEMA")
        assert.match(error.message, /no table user.*user: \{ modelName: "mail_user" \}/)
        assert.doesNotMatch(error.message, /better-auth migrate/)
        // A second application on the same database says that it wants tables of its own.
        const second = await database.open({ options: named("shop_") })
        assert.equal((await migrate(second)).filter((statement) => statement.startsWith("CREATE TABLE")).length, 4)
        // A plugin's columns go where the application's tables are.
        const more = await database.open({ options: { ...named("mail_"), plugins: [username()] } })
        const added = await migrate(more)
        assert.ok(added.length > 0 && added.every((statement) => statement.includes("mail_user")), added.join("\n"))
      },
    )

    withDatabase(
      "tables under a prefix of which one lacks a column: refused, and what runs names the column's option",
      async (database) => {
        await migrate(await database.open({ options: named("mail_") }))
        await database.rows(`ALTER TABLE "mail_session" RENAME COLUMN "token" TO "secret"`)
        await database.rows(`ALTER TABLE "mail_account" RENAME COLUMN "providerId" TO "provider"`)
        const config = await database.open()
        await refused(database, config, ["mail_user", "mail_session", "mail_account", "modelName"])
        await assert.rejects(
          config.database(config).findOne({ model: "session", where: [{ field: "token", value: "x" }] }),
          {
            code: "ERR_SCHEMA",
            table: "session",
            message:
              /no table session, but mail_session has its columns but for token; .*session: \{ modelName: "mail_session", fields: \{ token: "…" \} \}/,
          },
        )
        const { session, account, ...rest } = named("mail_")
        const fields = {
          ...rest,
          session: { ...session, fields: { token: "secret" } },
          account: { ...account, fields: { providerId: "provider" } },
        }
        const settled = await database.open({ options: fields })
        assert.deepEqual(await migrate(settled), [])
        assert.ok((await signUp(settled)).token)
      },
    )

    withDatabase("tables that are nearly Auth.js's: refused too", async (database) => {
      await layouts.plural.create(database)
      await database.rows(`ALTER TABLE "sessions" RENAME COLUMN "expires" TO "until"`)
      await database.rows(`ALTER TABLE "accounts" RENAME COLUMN "provider" TO "issuer"`)
      await refused(database, await database.open(), ["users, accounts, sessions", "nearly Auth.js's", "modelName"])
    })

    withDatabase(
      "a table of that very name that is not Better Auth's: refused, with what it lacks; another name settles it",
      async (database) => {
        await database.rows(
          `CREATE TABLE "session" ("sid" varchar(99) PRIMARY KEY, "sess" varchar(99), "expire" integer)`,
        )
        await refused(database, await database.open(), ["session", "token", "expiresAt", "modelName"])
        const config = await database.open({ options: { session: { modelName: "login" } } })
        await migrate(config)
        assert.ok((await signUp(config)).token)
        assert.deepEqual(
          (await database.columns())
            .filter((column) => column.includes("session."))
            .map((column) => column.split(".").at(-1))
            .sort(),
          ["expire", "sess", "sid"],
        )
      },
    )

    withDatabase("what runs takes no table that lacks what such a table must have, and says what", async (database) => {
      await layouts.drizzle.create(database)
      const config = await database.open()
      const found = config.database(config).findOne({ model: "session", where: [{ field: "token", value: "x" }] })
      await assert.rejects(found, {
        code: "ERR_SCHEMA",
        message: /no table session, and session has no column for id, expiresAt, token/,
      })
    })

    withDatabase("an application's own tables are no obstacle, and stay as they are", async (database) => {
      await database.rows(`CREATE TABLE "customers" ("id" integer PRIMARY KEY, "email" varchar(99))`)
      await database.rows(`CREATE TABLE "users" ("id" integer PRIMARY KEY, "login" varchar(99))`)
      await database.rows(`CREATE TABLE "sessions" ("sid" varchar(99) PRIMARY KEY, "sess" varchar(99))`)
      const before = await database.columns()
      const config = await database.open()
      await migrate(config)
      assert.ok((await signUp(config)).user.id)
      const after = await database.columns()
      assert.deepEqual(
        before.filter((column) => !after.includes(column)),
        [],
      )
      assert.equal(after.filter((column) => /\b(customers|users|sessions)\./.test(column)).length, before.length)
    })

    withDatabase("what Better Auth's tables lack is added, beside any other sets", async (database) => {
      const config = await database.open()
      await migrate(config)
      await layouts["prefix and snake case"].create(database)
      await migrate(await database.open({ options: named("ba_") }))
      const more = await migrate(await database.open({ options: { plugins: [username()] } }))
      assert.ok(
        more.some((statement) => /ALTER TABLE .user. ADD COLUMN .username/.test(statement)),
        more.join("\n"),
      )
      assert.ok(more.every((statement) => !/app_|ba_/.test(statement)))
    })

    if (lane.name !== "sqlite") {
      withDatabase("tables of two spellings are not mixed: the error names both", async (database) => {
        const capitals = {
          user: { modelName: "User" },
          session: { modelName: "Session" },
          account: { modelName: "Account" },
          verification: { modelName: "Verification" },
        }
        await migrate(await database.open({ options: capitals }))
        await database.rows(
          `CREATE TABLE "user" ("id" varchar(64) PRIMARY KEY, "email" varchar(99), "name" varchar(99))`,
        )
        const config = await database.open()
        const found = config.database(config).findOne({ model: "user", where: [{ field: "id", value: "x" }] })
        await assert.rejects(found, { code: "ERR_SCHEMA", message: /user.*User.*modelName|User.*user.*modelName/ })
        await refused(database, config, ["User", "modelName"])
        assert.ok((await signUp(await database.open({ options: capitals }))).user.id)
      })
    }

    if (lane.name === "postgres") {
      withDatabase(
        "PostgreSQL: sets that no option names, in schemas outside the search path: refused while people are in them",
        async (database) => {
          const [{ name }] = await database.rows("SELECT current_database() AS name")
          const inSchema = (schema) => `${database.url}?schema=${schema}`
          await database.rows("CREATE SCHEMA apart")
          const apart = await database.open({ url: inSchema("apart") })
          await migrate(apart)
          await signUp(apart)
          await refused(database, await database.open(), ["apart.user", "?schema=apart", "?schema=public"])
          // The option, or a name, says which one is meant.
          assert.deepEqual(await migrate(await database.open({ url: inSchema("apart") })), [])
          const named = await database.open({ options: { user: { modelName: "person" } } })
          assert.match((await migrate(named))[0], /CREATE TABLE "person"/)
          await database.rows(`DROP TABLE "person", "session", "account", "verification"`)
          await database.rows("CREATE SCHEMA mine")
          assert.ok((await migrate(await database.open({ url: inSchema("mine") }))).length > 3)
          // So does a search path of the database's.
          await pathed(database, "first, public")
          await database.rows("CREATE SCHEMA first")
          const first = await database.open({ url: `${database.url}?application_name=first` })
          assert.ok((await migrate(first)).length > 3)
          await database.rows(`ALTER DATABASE "${name}" RESET search_path`)
          // Without people in it, a set hides none.
          await database.rows(`DELETE FROM apart."session"`)
          const plain = await database.open({ url: `${database.url}?application_name=plain` })
          assert.ok((await migrate(plain)).length > 3)
          assert.ok((await signUp(plain)).user.id)
        },
      )

      withDatabase(
        "PostgreSQL: Auth.js's tables in a schema outside the search path: refused too",
        async (database) => {
          await database.rows("CREATE SCHEMA apart")
          await database.rows("SET search_path TO apart")
          await layouts.prisma.create(database)
          await layouts.prisma.signIn(database)
          await refused(database, await database.open(), ["apart.User", "?schema=public"])
          const config = await database.open({ url: `${database.url}?schema=public` })
          assert.ok((await migrate(config)).length > 3)
          assert.ok((await signUp(config)).user.id)
        },
      )

      const pathed = async (database, path) => {
        const [{ name }] = await database.rows("SELECT current_database() AS name")
        await database.rows("CREATE SCHEMA IF NOT EXISTS auth")
        await database.rows(`ALTER DATABASE "${name}" SET search_path = ${path}`)
      }
      for (const columns of [
        `"id" integer PRIMARY KEY, "login" text`,
        `"id" text PRIMARY KEY, "email" text, "name" text`,
      ]) {
        withDatabase(
          `PostgreSQL: the first schema of the search path comes first; public."user" (${columns}) stays as it is`,
          async (database) => {
            await pathed(database, "auth, public")
            await database.rows(`CREATE TABLE public."user" (${columns})`)
            const before = await database.columns()
            const config = await database.open()
            await migrate(config)
            assert.deepEqual(
              (await database.columns()).filter((column) => column.startsWith("public.")),
              before,
            )
            const { user } = await signUp(config)
            assert.deepEqual(await database.rows(`SELECT "id" FROM auth."user"`), [{ id: user.id }])
            assert.deepEqual(await migrate(config), [])
          },
        )
      }

      withDatabase(
        "PostgreSQL: Better Auth's tables in a later schema are the ones, and are completed there",
        async (database) => {
          await migrate(await database.open())
          await pathed(database, "auth, public")
          await database.rows(`CREATE TABLE auth."user" ("id" integer, "login" text)`)
          const config = await database.open({
            url: `${database.url}?application_name=later`,
            options: { plugins: [username()] },
          })
          const statements = await migrate(config)
          assert.ok(
            statements.length > 0 && statements.every((statement) => statement.includes(`"public"."user"`)),
            statements.join("\n"),
          )
          const { user } = await signUp(config)
          assert.deepEqual(await database.rows(`SELECT "id" FROM public."user"`), [{ id: user.id }])
          assert.equal((await database.columns()).filter((column) => column.startsWith("auth.")).length, 2)
        },
      )

      withDatabase(
        "PostgreSQL: a plugin's table that is missing is made in the schema of the others",
        async (database) => {
          await migrate(await database.open())
          await pathed(database, "auth, public")
          const more = {
            id: "more",
            schema: {
              note: {
                fields: {
                  text: { type: "string" },
                  userId: { type: "string", references: { model: "user", field: "id" } },
                },
              },
            },
          }
          const statements = await migrate(
            await database.open({ url: `${database.url}?application_name=later`, options: { plugins: [more] } }),
          )
          assert.match(statements[0], /^CREATE TABLE "public"."note"/)
        },
      )
    }
  })
}
