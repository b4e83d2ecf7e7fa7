// What a server's logs and views show of the adapter's calls: docs/security.md says it, and this measures it. A value is known by what
// it begins with.
import assert from "node:assert/strict"
import { readFileSync, statSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { newAccount, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { privateFolder } from "../servers/folder.js"
import { giveToServers } from "../servers/identity.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startMySql9 } from "../servers/mysql9.js"
import { startPostgres } from "../servers/postgres.js"
import { eventually } from "./program.js"

const timeout = 120_000
const wants = (database) => (process.env.TEST_DATABASES || "postgres,mysql").includes(database)
const isMySql9 = process.env.TEST_DATABASES === "mysql"
let number = 0

/** A person's sign-in and what follows, with values that can be told. What is refused: `{ user, account, session }` for a second time. */
async function signIn(adapter) {
  const secret = (what) => `VALUE-${what}-${++number}`
  const user = await adapter.createUser(newUser({ id: secret("id"), name: secret("name"), email: secret("email") }))
  const account = newAccount(user.id, { providerAccountId: secret("account"), access_token: secret("access") })
  await adapter.linkAccount(account)
  const session = await adapter.createSession(newSession(user.id, { sessionToken: secret("token") }))
  const token = newVerificationToken({ identifier: secret("identifier"), token: secret("verification") })
  await adapter.createVerificationToken(token)
  await adapter.getSessionAndUser(session.sessionToken)
  await adapter.getUserByEmail(user.email)
  await adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date(Date.now() + 1e8) })
  await adapter.useVerificationToken({ identifier: token.identifier, token: token.token })
  return { user, account, session }
}

/** Calls that the server refuses. */
async function failures(adapter, { user, account }) {
  const refused =
    (...codes) =>
    (error) =>
      codes.includes(error.code) && !/VALUE-/.test(`${error.stack}${error.cause?.stack}`)
  await assert.rejects(adapter.createUser(newUser({ email: user.email })), refused("ERR_UNIQUE"))
  // MySQL 9 looks for the user first.
  await assert.rejects(
    adapter.linkAccount({ ...account, userId: `${user.id} ` }),
    refused("ERR_UNIQUE", "ERR_FOREIGN_KEY"),
  )
  await assert.rejects(
    adapter.linkAccount({ ...account, providerAccountId: "VALUE-odd", scope: "odd" }),
    refused("ERR_DATABASE"),
  )
}

const values = (texts) => texts.filter((text) => /VALUE-/.test(text))

if (wants("postgres")) {
  describe("what PostgreSQL shows", () => {
    let [server, client, folder, adapter] = []
    before(async () => {
      folder = privateFolder("logs")
      giveToServers(folder.path)
      server = await startPostgres({
        settings: {
          logging_collector: "on",
          log_directory: folder.path,
          log_filename: "log",
          shared_preload_libraries: "pg_stat_statements,auto_explain",
        },
      })
      client = new pg.Client(server.url)
      await client.connect()
      await client.query("CREATE EXTENSION pg_stat_statements")
      adapter = RustAdapter(server.url, { migrate: true })
      await adapter.getUser("VALUE-first")
      await client.query(`ALTER TABLE "account" ADD CONSTRAINT odd CHECK (scope <> 'odd')`)
    })
    after(async () => {
      await adapter?.close()
      await client?.end()
      await server?.stop()
      folder.remove()
    })

    const column = async (text) => (await client.query({ text, rowMode: "array" })).rows.flat().map(String)

    /** What a connection finds that is opened now. */
    const fresh = async (text, ...values) => {
      const client = new pg.Client(server.url)
      await client.connect()
      const { rows } = await client.query({ text, values, rowMode: "array" })
      await client.end()
      return rows[0][0]
    }
    /** The lines of the log from the byte `from` on, up to now: what the server logs comes to its file in order, and a while later. */
    const linesFrom = async (from) => {
      const mark = `mark ${++number}`
      await client.query(`DO $$ BEGIN RAISE LOG '${mark}'; END $$`)
      const lines = () => readFileSync(folder.join("log"), "utf8").slice(from).split("\n")
      const isMark = (line) => line.includes(mark)
      await eventually("the log is written", () => lines().some(isMark))
      return lines().slice(0, lines().findIndex(isMark))
    }

    /** The kinds of log lines with a value, while the server has these settings; and how many statements it logged. */
    const logged = async (t, settings, work) => {
      const set = async (list) => {
        for (const each of list) await client.query(`ALTER SYSTEM ${each}`)
        const now = await fresh("SELECT clock_timestamp()::text")
        await client.query("SELECT pg_reload_conf()")
        await eventually("new connections have the settings", () => fresh("SELECT pg_conf_load_time() > $1", now))
      }
      const names = Object.keys(settings)
      await set(names.map((name) => `SET ${name} = '${settings[name]}'`))
      t.after(() => set(names.map((name) => `RESET ${name}`)))
      await linesFrom(0)
      const from = statSync(folder.join("log")).size
      await work()
      const lines = await linesFrom(from)
      const kinds = values(lines).map((line) => /(Key|Failing row|parameters|Index Cond)/.exec(line)?.[1] ?? line)
      return { kinds: [...new Set(kinds)].sort(), statements: lines.filter((line) => /STATEMENT:/.test(line)) }
    }
    /** On connections of their own: a statement that has been executed often has a plan without values. */
    const everything = async () => {
      const fresh = RustAdapter(server.url, { pool: { idleTimeoutMs: 60_000 + ++number } })
      await failures(fresh, await signIn(fresh))
      await fresh.close()
    }

    test("by default: the keys of what is refused, and the row that a check refuses", { timeout }, async (t) => {
      const { kinds, statements } = await logged(t, {}, everything)
      assert.deepEqual(kinds, ["Failing row", "Key"])
      assert.ok(statements.length >= 2, "the statements that failed are logged")
      assert.deepEqual(values(statements), [])
    })

    const cases = [
      [{ log_error_verbosity: "terse" }, []],
      [{ log_statement: "all" }, ["Failing row", "Key", "parameters"]],
      [{ log_statement: "all", log_parameter_max_length: "0" }, ["Failing row", "Key"]],
      [{ log_statement: "all", log_parameter_max_length: "0", log_error_verbosity: "terse" }, []],
      [{ log_min_duration_statement: "0" }, ["Failing row", "Key", "parameters"]],
      [{ log_parameter_max_length_on_error: "-1" }, ["Failing row", "Key", "parameters"]],
      [{ "auto_explain.log_min_duration": "0", log_error_verbosity: "terse" }, ["Index Cond"]],
    ]
    for (const [settings, expected] of cases) {
      test(`with ${JSON.stringify(settings)}`, { timeout }, async (t) => {
        assert.deepEqual((await logged(t, settings, everything)).kinds, expected)
      })
    }

    test("its views: no value, also while a statement waits", { timeout }, async () => {
      const { session } = await signIn(adapter)
      const locker = new pg.Client(server.url)
      await locker.connect()
      await locker.query(`BEGIN; SELECT * FROM "session" FOR UPDATE`)
      const update = adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date() })
      const waits = () => column("SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
      const [waiting] = await eventually("the update waits", async () => (await waits()).length && (await waits()))
      assert.match(waiting, /^UPDATE .*\$1/)
      const views = ["query FROM pg_stat_activity WHERE pid <> pg_backend_pid()", "query FROM pg_stat_statements"]
      for (const view of views) {
        const shown = await column(`SELECT ${view}`)
        assert.ok(shown.some((text) => /\$1/.test(text)))
        assert.deepEqual(values(shown), [])
      }
      await locker.end()
      await update
    })
  })
}

if (wants("mysql")) {
  describe(`what ${isMySql9 ? "MySQL 9" : "MariaDB"} shows`, () => {
    let [server, client, adapter] = []
    before(async () => {
      const args = ["--performance-schema=ON"]
      server = isMySql9 ? await startMySql9({ args }) : await startMariaDb({ args })
      client = await mysql.createConnection({ uri: server.url, multipleStatements: true })
      await client.query(`UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name LIKE 'events_statements%';
        SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1; SET GLOBAL slow_query_log = 1; SET GLOBAL long_query_time = 0;
        CREATE DATABASE application`)
      const url = new URL(server.url)
      url.pathname = "/application"
      adapter = RustAdapter(url.href, { migrate: true })
      await adapter.getUser("VALUE-first")
      await client.query("USE application; ALTER TABLE account ADD CONSTRAINT odd CHECK (scope <> 'odd')")
    })
    after(async () => {
      await adapter?.close()
      await client?.end()
      await server?.stop()
    })

    /** All texts of a query's answer. */
    const texts = async (text) =>
      (await client.query(text))[0].flatMap((row) =>
        Object.values(row)
          .filter((value) => value !== null)
          .map((value) => (Buffer.isBuffer(value) ? value.toString() : String(value))),
      )

    test("the logs of statements: values where a statement is executed, none where it is prepared", {
      timeout,
    }, async () => {
      await failures(adapter, await signIn(adapter))
      const of = (kind) => texts(`SELECT argument FROM mysql.general_log WHERE command_type = '${kind}'`)
      const prepared = await of("Prepare")
      assert.ok(prepared.length > 5)
      assert.deepEqual(values(prepared), [])
      assert.deepEqual(
        values(await of("Query")).filter((text) => !/general_log/.test(text)),
        [],
      )
      assert.ok(values(await of("Execute")).length > 5)
      assert.ok(values(await texts("SELECT sql_text FROM mysql.slow_log")).length > 5)
    })

    test("the performance schema: question marks, but for the message of a key that is there already", {
      timeout,
    }, async () => {
      const { user } = await signIn(adapter)
      await assert.rejects(adapter.createUser(newUser({ email: user.email })), { code: "ERR_UNIQUE" })
      for (const table of [
        "events_statements_history_long",
        "events_statements_summary_by_digest",
        "threads",
        "prepared_statements_instances",
      ]) {
        const shown = await texts(`SELECT * FROM performance_schema.${table}`)
        const others = values(shown).filter((text) => !/^Duplicate entry/.test(text) && !/VALUE-\)|LIKE/.test(text))
        assert.deepEqual(others, [], table)
        if (table === "events_statements_history_long")
          assert.ok(values(shown).some((text) => /^Duplicate entry/.test(text)))
      }
    })

    test("while a statement waits: its values", { timeout }, async () => {
      const { session } = await signIn(adapter)
      const locker = await mysql.createConnection(server.url)
      await locker.query("USE application")
      await locker.query("START TRANSACTION")
      await locker.query("SELECT * FROM session FOR UPDATE")
      const update = adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date() })
      const waiting = await eventually("the update waits", async () => {
        const shown = values(
          await texts("SELECT trx_query FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"),
        )
        return shown.length && shown
      })
      assert.match(waiting[0], /^UPDATE .*VALUE-token/)
      assert.ok(values(await texts("SHOW FULL PROCESSLIST")).length)
      assert.ok(values(await texts("SHOW ENGINE INNODB STATUS")).length)
      await locker.query("ROLLBACK")
      await locker.end()
      await update
    })
  })
}
