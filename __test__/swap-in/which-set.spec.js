// Of several sets of tables that could each stand alone none is guessed, and none mixed with another: only the one in use is taken, with a warning.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { startProgram } from "../boundary/program.js"
import { databases } from "../databases.js"
import { layouts } from "./layouts.js"

const timeout = 60_000
const ada = { sessionToken: "token-7" }

/** Pairs of layouts, and the lanes that can have both. */
const pairs = [
  ["prisma", "drizzle", ["postgres", "mysql"]],
  ["plural", "drizzle"],
  ["plural", "capitals", ["postgres", "mysql"]],
  ["prefix and snake case", "drizzle"],
  ["prefix and snake case", "prefix, plural"],
  ["mixed case", "pg"],
  ["without tokens", "plural"],
  ["next_auth", "drizzle", ["postgres"]],
  ["next_auth", "prisma", ["postgres"]],
  ["next_auth", "plural", ["postgres"]],
]

const mapped = ({ tables: [user, account, session, verificationToken], schema }) => {
  const name = (table) => (schema ? `${schema}.${table}` : table)
  return {
    tables: {
      user: name(user),
      account: name(account),
      session: name(session),
      ...(verificationToken && { verificationToken: name(verificationToken) }),
    },
  }
}

for (const lane of databases) {
  const withDatabase = (name, work) =>
    test(name, { timeout }, async () => {
      const database = await lane.create()
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
  const ambiguous =
    (sets) =>
    ({ code, message }) => {
      assert.equal(code, "ERR_SCHEMA", message)
      assert.match(message, /more than one set of tables/)
      for (const { tables } of sets)
        for (const table of tables) assert.ok(message.includes(table), `${table} in: ${message}`)
      assert.match(message, /option tables/)
      return true
    }

  describe(`which set is used: ${lane.name}`, () => {
    for (const names of pairs
      .filter(([, , lanes]) => !lanes || lanes.includes(lane.name))
      .map((pair) => pair.slice(0, 2))) {
      const sets = names.map((name) => layouts[name])

      withDatabase(
        `${names.join(" beside ")}: both empty, or both in use, is an error; the option tables settles it`,
        async (database) => {
          for (const set of sets) await set.create(database)
          const empty = await cli(["check", database.url])
          assert.equal(empty.code, 2)
          ambiguous(sets)({ code: "ERR_SCHEMA", message: empty.stderr })
          for (const set of sets) await set.signIn(database)
          await assert.rejects(
            uses(database.url, {}, (adapter) => adapter.getUser("u7")),
            ambiguous(sets),
          )
          for (const set of sets) {
            const found = await uses(database.url, mapped(set), (adapter) =>
              adapter.getSessionAndUser(ada.sessionToken),
            )
            assert.equal(found.user.email, "ada@example.com")
          }
        },
      )

      for (const [used, other] of [sets, sets.toReversed()]) {
        withDatabase(
          `${names.join(" beside ")}: of these, ${used.schema ?? ""} ${used.tables[0]} in use is taken, with a warning`,
          async (database) => {
            for (const set of [used, other]) await set.create(database)
            await used.signIn(database)
            // A user alone is not enough to be in use.
            const stray = other.schema ? `"${other.schema}"."${other.tables[0]}"` : `"${other.tables[0]}"`
            await database.rows(`INSERT INTO ${stray} ("id", "email") VALUES (1, 'stray@example.com')`)
            const program = startProgram(
              `
            const adapter = RustAdapter(url)
            const found = await adapter.getSessionAndUser("token-7")
            const made = await adapter.createVerificationToken?.({ identifier: "i", token: "t", expires: new Date(2524608000000) }).catch((error) => error.code)
            const { id } = await adapter.getUserByEmail("ada@example.com")
            await adapter.createSession({ sessionToken: "token-8", userId: id, expires: new Date(2524608000000) })
            console.log(JSON.stringify(found))
            await adapter.close()
          `,
              { url: database.url },
            )
            const { code, stderr } = await program.ended
            assert.equal(code, 0, stderr)
            assert.equal(stderr.match(/RUST_ADAPTER_TABLES_CHOSEN/g)?.length, 1, stderr)
            for (const table of [used.tables[0], other.tables[0]]) assert.ok(stderr.includes(table), stderr)

            const rows = async ({ tables, schema }) =>
              Promise.all(
                tables
                  .slice(2)
                  .map(
                    async (table) =>
                      (await database.rows(`SELECT * FROM ${schema ? `"${schema}".` : ""}"${table}"`)).length,
                  ),
              )
            assert.equal((await rows(used))[0], 2)
            assert.deepEqual(new Set(await rows(other)), new Set([0]))
            if (used.tables[3]) assert.equal((await rows(used))[1], 1)

            const report = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
            assert.deepEqual(
              report.tables.map(({ foundAs }) => foundAs),
              used.tables,
            )
            const warnings = report.warnings.map(({ message }) => message).filter((message) => /not used/.test(message))
            assert.equal(warnings.length, 1, JSON.stringify(report.warnings))
            for (const table of other.tables) assert.ok(warnings[0].includes(table), warnings[0])
          },
        )
      }
    }

    withDatabase("one set, and a stray table of another style: nothing to choose, and no warning", async (database) => {
      await layouts.plural.create(database)
      await layouts.plural.signIn(database)
      await database.rows(`CREATE TABLE "user" ("id" integer PRIMARY KEY, "email" varchar(99), "basket" integer)`)
      const program = startProgram(`console.log((await RustAdapter(url).getSessionAndUser("token-7")).user.email)`, {
        url: database.url,
      })
      const { code, stderr, stdout } = await program.ended
      assert.deepEqual([code, stderr, stdout], [0, "", "ada@example.com\n"])
    })

    withDatabase(
      "two tables for tokens beside one set: the error names both, the option settles it",
      async (database) => {
        await layouts.drizzle.create(database)
        await database.rows(
          `CREATE TABLE "verification_token" ("identifier" varchar(99) NOT NULL, "token" varchar(99) NOT NULL, "expires" bigint NOT NULL)`,
        )
        await assert.rejects(
          uses(database.url, {}, (adapter) => adapter.getUser("x")),
          {
            code: "ERR_SCHEMA",
            message: /verificationToken.*verification_token|verification_token.*verificationToken/,
            table: "verificationToken",
          },
        )
        const token = { identifier: "i", token: "t", expires: new Date(2524608000000) }
        await uses(database.url, { tables: { verificationToken: "verification_token" } }, (adapter) =>
          adapter.createVerificationToken(token),
        )
        assert.equal((await database.rows(`SELECT * FROM "verification_token"`)).length, 1)
      },
    )

    withDatabase("a table that is named belongs to its set: the rest comes from there", async (database) => {
      await layouts["prefix and snake case"].create(database)
      await layouts["prefix, plural"].create(database)
      for (const [user, session] of [
        ["app_user", "app_session"],
        ["web_users", "web_sessions"],
      ]) {
        const report = await uses(database.url, { tables: { user } }, async (adapter) => {
          const { id } = await adapter.createUser({ email: `${user}@example.com` })
          return adapter.createSession({ sessionToken: user, userId: id, expires: new Date(2524608000000) })
        })
        assert.equal(report.sessionToken, user)
        assert.equal((await database.rows(`SELECT * FROM "${session}"`)).length, 1)
      }
    })

    if (lane.name === "postgres") {
      withDatabase(
        "PostgreSQL: two schemas of the search path; the one in use, and the option schema",
        async (database) => {
          const [{ name }] = await database.rows("SELECT current_database() AS name")
          for (const schema of ["one", "two"]) {
            await database.rows(`CREATE SCHEMA ${schema}`)
            await database.rows(`SET search_path TO ${schema}`)
            await layouts.plural.create(database)
          }
          await database.rows(`ALTER DATABASE "${name}" SET search_path = one, two`)
          await assert.rejects(
            uses(database.url, {}, (adapter) => adapter.getUser("u7")),
            { code: "ERR_SCHEMA", message: /one\.users.*two\.users.*schema/ },
          )
          await layouts.plural.signIn(database)
          assert.equal((await uses(database.url, {}, (adapter) => adapter.getSessionAndUser("token-7"))).user.id, "u7")
          assert.equal(
            await uses(database.url, { schema: "one" }, (adapter) => adapter.getSessionAndUser("token-7")),
            null,
          )
          const report = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
          assert.ok(report.warnings.some(({ message }) => message.includes("one.users") && /not used/.test(message)))
        },
      )

      withDatabase("PostgreSQL: a set that may not be read is still a candidate", async (database) => {
        await layouts.plural.create(database)
        await layouts.plural.signIn(database)
        await layouts["prefix, plural"].create(database)
        await database.rows(`CREATE ROLE "${database.url.match(/[^/]+$/)[0].slice(0, 50)}_r"`)
        const role = `"${database.url.match(/[^/]+$/)[0].slice(0, 50)}_r"`
        await database.rows(`GRANT SELECT ON "users", "accounts", "sessions", "verification_tokens" TO ${role}`)
        const [{ name }] = await database.rows("SELECT current_database() AS name")
        await database.rows(`ALTER DATABASE "${name}" SET role = ${role}`)
        await assert.rejects(
          uses(database.url, {}, (adapter) => adapter.getUser("u7")),
          { code: "ERR_SCHEMA", message: /more than one set/ },
        )
        await database.rows(`ALTER DATABASE "${name}" RESET role`)
        await database.rows(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`)
        await database.rows(`DROP ROLE ${role}`)
      })
    }
  })
}
