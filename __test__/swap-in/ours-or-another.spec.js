// Our own tables beside another set: the one with people in it is used, with a warning, and none is guessed.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { startProgram } from "../boundary/program.js"
import { databases } from "../databases.js"
import { layouts } from "./layouts.js"

const timeout = 60_000
const own = ["user", "account", "session", "verificationToken", "authenticator"]
const expires = new Date("2040-01-02T03:04:05.678Z")
const ours = { tables: { user: "user", account: "account", session: "session" } }
const theirs = { tables: { user: "users", account: "accounts", session: "sessions" } }

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
  const signIn = async (adapter, name) => {
    const { id } = await adapter.createUser({ email: `${name}@example.com` })
    await adapter.createSession({ sessionToken: name, userId: id, expires })
    return id
  }
  const refused = async (database, options = {}) => {
    const words = [
      "more than one set of tables",
      "users, accounts, sessions",
      "user, account, session",
      "option tables",
    ]
    const judge = ({ code, message }) => {
      assert.equal(code, "ERR_SCHEMA", message)
      for (const word of words) assert.ok(message.includes(word), `${word} in: ${message}`)
      return true
    }
    await assert.rejects(
      uses(database.url, options, (adapter) => adapter.getUser("u7")),
      judge,
    )
    const { code, stderr } = await cli(["check", database.url])
    assert.equal(code, 2)
    judge({ code: "ERR_SCHEMA", message: stderr })
  }
  /** What a program finds by a token, and how often it was warned. */
  const found = async (database, token, options = {}) => {
    const program = startProgram(
      `const adapter = RustAdapter(url, options)
       console.log((await adapter.getSessionAndUser(given.token))?.user.email ?? null)
       await adapter.close()`,
      { url: database.url, options, token },
    )
    const { code, stdout, stderr } = await program.ended
    assert.equal(code, 0, stderr)
    return [stdout.trim(), stderr.match(/RUST_ADAPTER_TABLES_CHOSEN/g)?.length ?? 0, stderr]
  }
  const withBoth = async (database) => {
    assert.equal((await cli(["migrate", database.url])).code, 0)
    await layouts.plural.create(database)
  }

  describe(`our tables or another set: ${lane.name}`, () => {
    for (const options of [{}, { migrate: true }]) {
      const label = JSON.stringify(options)

      withDatabase(`${label}: ours have people: ours, with a warning`, async (database) => {
        assert.equal((await cli(["migrate", database.url])).code, 0)
        await uses(database.url, {}, (adapter) => signIn(adapter, "eve"))
        await layouts.plural.create(database)
        const [email, warnings, stderr] = await found(database, "eve", options)
        assert.deepEqual([email, warnings], ["eve@example.com", 1], stderr)
        const report = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
        assert.deepEqual(
          report.tables.map(({ foundAs }) => foundAs),
          own,
        )
        assert.ok(
          report.warnings.some(({ message }) => message.includes("users, accounts") && /not used/.test(message)),
        )
      })

      withDatabase(`${label}: ours are empty, the others have people: these, with a warning`, async (database) => {
        await withBoth(database)
        await layouts.plural.signIn(database)
        // A user alone is not enough to be in use.
        await database.rows(`INSERT INTO "user" ("id", "email") VALUES ('stray', 'stray@example.com')`)
        const [email, warnings, stderr] = await found(database, "token-7", options)
        assert.deepEqual([email, warnings], ["ada@example.com", 1], stderr)
        for (const word of ["users", "user"]) assert.ok(stderr.includes(word), stderr)
        await uses(database.url, options, (adapter) => signIn(adapter, "bob"))
        assert.equal((await database.rows(`SELECT * FROM "sessions"`)).length, 2)
        assert.equal((await database.rows(`SELECT * FROM "session"`)).length, 0)
        const report = JSON.parse((await cli(["check", database.url, "--json"])).stdout)
        assert.deepEqual(
          report.tables.map(({ foundAs }) => foundAs),
          layouts.plural.tables,
        )
        assert.ok(report.warnings.some(({ message }) => message.includes("user, account") && /not used/.test(message)))
      })

      withDatabase(
        `${label}: neither has people, or both: an error, and the option tables settles it`,
        async (database) => {
          await withBoth(database)
          await refused(database, options)
          await layouts.plural.signIn(database)
          await uses(database.url, ours, (adapter) => signIn(adapter, "eve"))
          await refused(database, options)
          assert.deepEqual((await found(database, "eve", ours)).slice(0, 2), ["eve@example.com", 0])
          assert.deepEqual((await found(database, "token-7", theirs)).slice(0, 2), ["ada@example.com", 0])
        },
      )
    }

    withDatabase("a fresh install beside an unrelated table of users: ours, without a word", async (database) => {
      await database.rows(`CREATE TABLE "users" ("id" integer PRIMARY KEY, "email" varchar(99), "name" varchar(99))`)
      await database.rows(`INSERT INTO "users" ("id", "email") VALUES (1, 'a@example.com')`)
      assert.equal((await cli(["migrate", database.url])).code, 0)
      await uses(database.url, {}, (adapter) => signIn(adapter, "eve"))
      const [email, warnings, stderr] = await found(database, "eve")
      assert.deepEqual([email, warnings, stderr], ["eve@example.com", 0, ""])
    })

    withDatabase("one of ours dropped and replaced by another's: still ours, not a second set", async (database) => {
      assert.equal((await cli(["migrate", database.url])).code, 0)
      await database.rows(`DROP TABLE "verificationToken"`)
      await database.rows(
        `CREATE TABLE "verification_tokens" ("identifier" varchar(99) NOT NULL, "token" varchar(99) NOT NULL, "expires" bigint NOT NULL)`,
      )
      const [email, warnings, stderr] = await found(database, "nobody")
      assert.deepEqual([email, warnings, stderr], ["null", 0, ""])
    })

    withDatabase("a process stays with the tables that it began with, while others come and go", async (database) => {
      assert.equal((await cli(["migrate", database.url])).code, 0)
      await uses(database.url, {}, async (adapter) => {
        const id = await signIn(adapter, "eve")
        await layouts.plural.create(database)
        await layouts.plural.signIn(database)
        // Both are in use, then only the other: a new column makes the process look again each time.
        for (const [column, empties] of [
          ["role", false],
          ["locale", true],
        ]) {
          if (empties) await database.rows(`DELETE FROM "session"`)
          await database.rows(`ALTER TABLE "user" ADD "${column}" varchar(20)`)
          const changed = await adapter.updateUser({ id, [column]: column })
          assert.equal(changed[column], column)
          assert.equal((await adapter.getUserByEmail("eve@example.com")).id, id)
          assert.equal(await adapter.getUserByEmail("ada@example.com"), null)
        }
      })
    })

    withDatabase(
      "around the first sign-in: each process errs or finds the tables in use, and never others",
      async (database) => {
        await withBoth(database)
        await refused(database)
        await uses(database.url, {}, async (adapter) => {
          await assert.rejects(adapter.getUserByEmail("ada@example.com"), { code: "ERR_SCHEMA" })
          await layouts.plural.signIn(database)
          // An error is not remembered.
          assert.equal((await adapter.getUserByEmail("ada@example.com")).id, "u7")
          await uses(database.url, { pool: { max: 2 } }, async (second) =>
            assert.equal((await second.getUserByEmail("ada@example.com")).id, "u7"),
          )
        })
      },
    )
  })
}
