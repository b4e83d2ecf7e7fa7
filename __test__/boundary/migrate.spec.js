// Our own tables: made once, by the process that comes first, beside what is there already, with the keys and indexes they need.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newAuthenticator, newUser, tables } from "../contract/rows.js"
import { databases } from "../databases.js"
import { indexesOf, tablesOf } from "./catalog.js"
import { startProgram } from "./program.js"

const timeout = 60_000
const record = "rust_auth_adapter_migration"

for (const database of databases) {
  const sqlite = database.name === "sqlite"

  describe(`migrations on ${database.name}`, () => {
    const fresh = async (t) => {
      const created = await database.create()
      t.after(created.close)
      return { ...created, name: database.name }
    }
    const open = (t, url, options) => {
      const adapter = RustAdapter(url, options)
      t.after(() => adapter.close())
      return adapter
    }

    if (sqlite) {
      test("an empty file gets its tables on first use, without asking", { timeout }, async (t) => {
        const lane = await fresh(t)
        const user = newUser()
        assert.deepEqual(await open(t, lane.url).createUser(user), user)
        assert.deepEqual(await tablesOf(lane), [...tables, record].sort())
      })

      test("a file with another application's tables does not, without asking", { timeout }, async (t) => {
        const lane = await fresh(t)
        await lane.rows("CREATE TABLE notes (text)")
        await assert.rejects(open(t, lane.url).getUser("x"), failure("ERR_SCHEMA"))
        assert.deepEqual(await tablesOf(lane), ["notes"])
        assert.equal(await open(t, lane.url, { migrate: true }).getUser("x"), null)
        assert.deepEqual(await tablesOf(lane), [...tables, record, "notes"].sort())
      })
    } else {
      test("missing tables are ERR_SCHEMA, which says what to run; nothing is made", { timeout }, async (t) => {
        const lane = await fresh(t)
        const adapter = open(t, lane.url)
        for (const method of Object.keys(adapter)) {
          await assert.rejects(
            adapter[method]({ id: "x" }),
            failure("ERR_SCHEMA", { method, message: /npx rust-auth-adapter migrate/ }),
          )
        }
        assert.deepEqual(await tablesOf(lane), [])
        // The same adapter works once another process has made them.
        await open(t, lane.url, { migrate: true }).getUser("x")
        assert.equal(await adapter.getUser("x"), null)
      })
    }

    test("without the tables of sessions and accounts nothing works, and ERR_SCHEMA says what to run", {
      timeout,
    }, async (t) => {
      const lane = await fresh(t)
      await open(t, lane.url, { migrate: true }).getUser("x")
      for (const table of ["session", "account"]) await lane.rows(`DROP TABLE "${table}"`)
      await assert.rejects(
        open(t, lane.url, { pool: { max: 2 } }).getUser("x"),
        failure("ERR_SCHEMA", { message: /npx rust-auth-adapter migrate/ }),
      )
    })

    test("without the table of passkeys only they are ERR_SCHEMA, which names it", { timeout }, async (t) => {
      const lane = await fresh(t)
      await open(t, lane.url, { migrate: true }).getUser("x")
      await lane.rows(`DROP TABLE "authenticator"`)
      const adapter = open(t, lane.url, { pool: { max: 2 } })
      const user = await adapter.createUser(newUser())
      for (const method of [
        "getAuthenticator",
        "createAuthenticator",
        "listAuthenticatorsByUserId",
        "updateAuthenticatorCounter",
      ]) {
        const argument = method === "createAuthenticator" ? newAuthenticator(user.id) : "x"
        await assert.rejects(adapter[method](argument, 1), failure("ERR_SCHEMA", { method, table: "authenticator" }))
      }
      assert.deepEqual(await adapter.deleteUser(user.id), user)
    })

    test("a table that vanishes later is ERR_SCHEMA to what needs it", { timeout }, async (t) => {
      const lane = await fresh(t)
      const adapter = open(t, lane.url, { migrate: true })
      const user = await adapter.createUser(newUser())
      await lane.rows(`DROP TABLE "session"`)
      await assert.rejects(adapter.getSessionAndUser("x"), failure("ERR_SCHEMA", { method: "getSessionAndUser" }))
      assert.deepEqual(await adapter.getUser(user.id), user)
      // As in a process that starts now: nothing is left there that would have to be deleted.
      assert.deepEqual(await adapter.deleteUser(user.id), user)
      assert.equal(await adapter.getUser(user.id), null)
    })

    test("migrating again changes nothing", { timeout }, async (t) => {
      const lane = await fresh(t)
      const user = await open(t, lane.url, { migrate: true }).createUser(newUser())
      const applied = await lane.stored(record)
      assert.equal(applied.length, 1)
      for (let max = 1; max <= 3; max++) {
        assert.deepEqual(await open(t, lane.url, { migrate: true, pool: { max } }).getUser(user.id), user)
      }
      assert.deepEqual(await lane.stored(record), applied)
    })

    test("several at once in each of two processes: the tables are made once", { timeout }, async (t) => {
      // SQLite refuses one of two who make a new file theirs in the same instant: often enough in twelve rounds.
      for (let round = 0; round < (database.name === "sqlite" ? 12 : 3); round++) {
        const lane = await fresh(t)
        const programs = Array.from({ length: 2 }, () =>
          startProgram(
            `
          const adapters = Array.from({ length: 4 }, (_, i) => RustAdapter(url, { migrate: true, pool: { max: i + 1 } }))
          console.log("ready")
          await new Promise((resolve) => process.stdin.resume().once("end", resolve))
          await Promise.all(adapters.map(({ createUser }) => createUser({})))
        `,
            { url: lane.url },
          ),
        )
        for (const program of programs) await program.said("ready")
        for (const program of programs) program.child.stdin.end()
        for (const program of programs) {
          const { code, stderr } = await program.ended
          assert.equal(code, 0, stderr)
        }
        assert.equal((await lane.stored("user")).length, 8)
        assert.equal((await lane.stored(record)).length, 1)
        assert.deepEqual(await tablesOf(lane), [...tables, record].sort())
      }
    })

    test("another application's tables of our names are refused and left as they are", { timeout }, async (t) => {
      const theirs = {
        user: `"id" integer PRIMARY KEY, "login" varchar(40)`,
        session: `"sid" integer, "sess" varchar(400)`,
      }
      for (const [table, columns] of Object.entries(theirs)) {
        const lane = await fresh(t)
        await lane.rows(`CREATE TABLE "${table}" (${columns})`)
        await lane.rows(`INSERT INTO "${table}" VALUES (7, 'there')`)
        for (const options of [{ migrate: true }, {}]) {
          await assert.rejects(open(t, lane.url, options).getUser("x"), failure("ERR_SCHEMA", { method: "getUser" }))
        }
        assert.deepEqual(await tablesOf(lane), [table])
        assert.deepEqual(
          (await lane.stored(table)).map((row) => Object.values(row)[1]),
          ["there"],
        )
      }
    })

    test("all of our names, but not our tables: refused on the first call", { timeout }, async (t) => {
      const lane = await fresh(t)
      for (const table of tables) await lane.rows(`CREATE TABLE "${table}" ("something" integer)`)
      for (const options of [{ migrate: true }, {}]) {
        await assert.rejects(open(t, lane.url, options).getUser("x"), failure("ERR_SCHEMA"))
        await assert.rejects(open(t, lane.url, options).createUser(newUser()), failure("ERR_SCHEMA"))
      }
      for (const table of tables) assert.deepEqual(await lane.stored(table), [])
      assert.deepEqual(await tablesOf(lane), [...tables].sort())
    })

    test("tables beside ours are not touched", { timeout }, async (t) => {
      const lane = await fresh(t)
      await lane.rows(`CREATE TABLE "users" ("id" integer, "name" varchar(40))`)
      await lane.rows(`INSERT INTO "users" VALUES (1, 'somebody')`)
      const adapter = open(t, lane.url, { migrate: true })
      const user = await adapter.createUser(newUser())
      await adapter.deleteUser(user.id)
      assert.deepEqual(await lane.stored("users"), [{ id: 1, name: "somebody" }])
      assert.deepEqual(await tablesOf(lane), [...tables, record, "users"].sort())
    })

    test("an interrupted migration is taken up again", { timeout }, async (t) => {
      const lane = await fresh(t)
      const first = open(t, lane.url, { migrate: true })
      const user = await first.createUser(newUser())
      // As left by a process that died half-way: DDL that had been committed, and no word that all was done.
      await lane.rows(`DELETE FROM "${record}"`)
      for (const table of ["authenticator", "verificationToken"]) await lane.rows(`DROP TABLE "${table}"`)
      const adapter = open(t, lane.url, { migrate: true, pool: { max: 2 } })
      assert.deepEqual(await adapter.getUser(user.id), user)
      assert.deepEqual(await tablesOf(lane), [...tables, record].sort())
      assert.equal((await lane.stored(record)).length, 1)
      assert.deepEqual(await adapter.listAuthenticatorsByUserId(user.id), [])
    })

    test("a process killed at any moment of its migration leaves what the next one completes", {
      timeout,
    }, async (t) => {
      for (const delay of [0, 10, 30, 70]) {
        const lane = await fresh(t)
        const program = startProgram(
          `
          console.log("starting")
          await RustAdapter(url, { migrate: true }).getUser("x")
        `,
          { url: lane.url },
        )
        await program.said("starting")
        await new Promise((resolve) => setTimeout(resolve, delay))
        program.child.kill("SIGKILL")
        await program.ended
        const user = newUser()
        assert.deepEqual(await open(t, lane.url, { migrate: true }).createUser(user), user, `killed after ${delay} ms`)
        assert.deepEqual(await tablesOf(lane), [...tables, record].sort())
        assert.equal((await lane.stored(record)).length, 1)
      }
    })

    test("every foreign key, every expiry and every key has its index", { timeout }, async (t) => {
      const lane = await fresh(t)
      await open(t, lane.url, { migrate: true }).getUser("x")
      const indexes = await indexesOf(lane)
      const unique = indexes.filter((index) => index.unique).map(({ table, columns }) => `${table}(${columns})`)
      for (const key of [
        "user(id)",
        "user(email)",
        "account(provider,providerAccountId)",
        "session(sessionToken)",
        "verificationToken(identifier,token)",
        "authenticator(credentialID)",
      ])
        assert.ok(unique.includes(key), `${key} in ${unique}`)
      const leading = indexes.map(({ table, columns }) => `${table}(${columns[0]})`)
      for (const column of [
        "account(userId)",
        "session(userId)",
        "authenticator(userId)",
        "session(expires)",
        "verificationToken(expires)",
      ])
        assert.ok(leading.includes(column), `${column} in ${leading}`)
    })

    test("foreign keys cascade by themselves", { timeout }, async (t) => {
      const lane = await fresh(t)
      const adapter = open(t, lane.url, { migrate: true })
      const { id } = await adapter.createUser(newUser())
      await adapter.linkAccount(newAccount(id))
      await lane.rows(`DELETE FROM "user" WHERE "id" = ?`, id)
      assert.deepEqual(await lane.stored("account"), [])
    })

    if (database.name === "postgres") {
      test("?schema= keeps the tables in that schema, which is made if need be", { timeout }, async (t) => {
        const lane = await fresh(t)
        for (const schema of ["auth", `We"ird schéma`]) {
          const url = `${lane.url}?schema=${encodeURIComponent(schema)}`
          await assert.rejects(open(t, url).getUser("x"), failure("ERR_SCHEMA"))
          const adapter = open(t, url, { migrate: true })
          const user = await adapter.createUser(newUser())
          await adapter.linkAccount(newAccount(user.id))
          assert.deepEqual(await lane.rows(`SELECT "id" FROM "${schema.replaceAll('"', '""')}"."user"`), [
            { id: user.id },
          ])
          assert.deepEqual(await adapter.deleteUser(user.id), user)
          assert.deepEqual(await tablesOf(lane, schema), [...tables, record].sort())
        }
        assert.deepEqual(await tablesOf(lane), [])
        // Schemas are apart: the same e-mail in both.
        const [one, two] = ["auth", "public"].map((schema) =>
          open(t, `${lane.url}?schema=${schema}`, { migrate: true, pool: { max: 2 } }),
        )
        const user = newUser()
        await one.createUser(user)
        await two.createUser(user)
        await one.deleteUser(user.id)
        assert.deepEqual(await two.getUser(user.id), user)
      })

      test("a search_path of the database's own choice is followed", { timeout }, async (t) => {
        const lane = await fresh(t)
        const [{ name }] = await lane.rows("SELECT current_database() AS name")
        await lane.rows("CREATE SCHEMA chosen")
        await lane.rows(`ALTER DATABASE "${name}" SET search_path = chosen`)
        const user = await open(t, lane.url, { migrate: true }).createUser(newUser())
        assert.deepEqual(await lane.rows(`SELECT "id" FROM chosen."user"`), [{ id: user.id }])
        assert.deepEqual(await tablesOf(lane, "public"), [])
      })
    }
  })
}
