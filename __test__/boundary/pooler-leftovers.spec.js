// What the adapter leaves behind in a session that PgBouncer lends to others too: nothing. The next client of the session finds the
// settings, the statements and the locks that were there before. Also where the URL does not tell of the pooler.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { eventually } from "./program.js"

const timeout = 120_000
const [postgres] = databases.filter(({ name }) => name === "postgres")
/** Shorter than what the other client's statement takes. */
const operationTimeoutMs = 1000

/** All that one client of a session can leave to the next one. */
const leftovers = {
  session: "SELECT pg_backend_pid() AS session",
  settings: `SELECT name, setting FROM pg_settings WHERE source = 'session'
    OR name IN ('statement_timeout', 'lock_timeout', 'search_path', 'application_name', 'idle_in_transaction_session_timeout',
      'default_transaction_isolation', 'TimeZone') ORDER BY name`,
  // PgBouncer 1.24's own names, of which no other client uses one by chance.
  statements: "SELECT name, statement FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER%'",
  // Those of other sessions of the server are the other specs' own.
  locks: "SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
  channels: "SELECT pg_listening_channels() AS channel",
  tables: "SELECT relname FROM pg_class WHERE relpersistence = 't'",
}

/** Every kind of call: what reads, what writes, what locks, what fails, what makes tables. */
async function callEverything(url, options) {
  // To make the tables takes a busy machine longer than a call has here.
  const maker = RustAdapter(url, { ...options, migrate: true, pool: { max: 2 } })
  await maker.getUser("nobody")
  await maker.close()
  const adapter = RustAdapter(url, { ...options, migrate: true, pool: { max: 2, operationTimeoutMs } })
  await eventually("the adapter has connected, however slow the machine", () =>
    adapter.getUser("nobody").then(
      () => true,
      () => false,
    ),
  )
  const user = await adapter.createUser(newUser())
  const account = await adapter.linkAccount(newAccount(user.id))
  const session = await adapter.createSession(newSession(user.id))
  const look = async () => {
    assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.id, user.id)
    assert.equal((await adapter.getUserByAccount(account)).id, user.id)
  }
  await look()
  // While nothing is asked, statements are prepared, and the pooler is examined.
  await sleep(500)
  for (let round = 0; round < 3; round++) {
    await look()
    await Promise.all(Array.from({ length: 10 }, () => adapter.getUserByEmail(user.email)))
    await adapter.updateUser({ id: user.id, name: `renamed ${round}` })
    await adapter.updateSession({ ...session, expires: new Date(Date.now() + 1e8) })
    const token = await adapter.createVerificationToken(newVerificationToken())
    assert.deepEqual(await adapter.useVerificationToken(token), token)
    await adapter.createAuthenticator(newAuthenticator(user.id))
    await adapter.createUser(newUser({ name: null, image: null }))
    await assert.rejects(adapter.createUser(user), failure("ERR_UNIQUE"))
    await assert.rejects(adapter.createSession(newSession("nobody")), failure("ERR_FOREIGN_KEY"))
  }
  await adapter.revokeAllSessions(user.id)
  await adapter.pruneExpired()
  await adapter.unlinkAccount(account)
  await adapter.deleteUser(user.id)
  await sleep(500)
  await adapter.close()
}

const settings = {
  "that refuses start-up parameters": [],
  "that passes over start-up parameters": ["ignore_startup_parameters = extra_float_digits, options"],
}
const ways = { undeclared: "", "declared by ?pgbouncer=true": "?pgbouncer=true" }
/** What the adapter may find in the session, or in the database. */
const circumstances = {
  "": () => {},
  // The first that sqlx gives to a statement.
  ", where a name is taken": (observer) => observer.query("PREPARE sqlx_s_1 AS SELECT 'of another client'"),
  ", without PL/pgSQL": (_, database) => database.rows("DROP EXTENSION plpgsql"),
  ", on columns of types of its own": async (_, database) => {
    const maker = RustAdapter(database.url, { migrate: true })
    await maker.getUser("nobody")
    await maker.close()
    await database.rows("CREATE DOMAIN person AS text")
    await database.rows(`ALTER TABLE "user" ALTER "name" TYPE person, ALTER "image" TYPE person`)
  },
}

if (postgres) {
  for (const [version, maps] of Object.entries({ 1.18: false, 1.24: true })) {
    for (const [manner, lines] of Object.entries(settings)) {
      describe(`nothing is left behind in a session of PgBouncer ${version} ${manner}`, () => {
        let pooler
        before(async () => {
          // One session for all of its clients.
          pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL, { maps, poolSize: 1, settings: lines })
        })
        after(() => pooler.stop())

        const cases = Object.entries(ways).flatMap(([way, query]) =>
          Object.entries(circumstances).map(([circumstance, arrange]) => [`${way}${circumstance}`, query, arrange]),
        )
        for (const [title, query, arrange] of cases) {
          test(title, { timeout }, async (t) => {
            const database = await postgres.create()
            t.after(database.close)
            const url = pooler.through(database.url)
            const observer = new pg.Client({ connectionString: url, application_name: "the other client" })
            await observer.connect()
            t.after(() => observer.end())
            const look = async () => {
              const seen = {}
              for (const [what, text] of Object.entries(leftovers)) seen[what] = (await observer.query(text)).rows
              return seen
            }
            await arrange(observer, database)
            const before = await look()
            await callEverything(`${url}${query}`)
            assert.deepEqual(await look(), before)
            // A name that was taken stands for what it stood for.
            if (before.statements.length) await observer.query("EXECUTE sqlx_s_1")
            // It would be cancelled by a limit of ours.
            await observer.query("SELECT pg_sleep($1)", [1.5 * (operationTimeoutMs / 1000)])
          })
        }
      })
    }
  }
}
