// Every statement of every method finds its rows by an index of our schema, at any size. What the server itself says
// about the statements it was sent; SQLite's are asked about in the Rust tests of src/sql.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { openLane } from "../contract/lane.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken, tables } from "../contract/rows.js"
import { otherConnections } from "../databases/mysql.js"
import { databases, enabled } from "../databases.js"
import { startPostgres } from "../servers/postgres.js"

const timeout = 120_000

/** So many rows that reading a whole table is never the better plan. */
const FILLERS = {
  user: (n) => ({ id: `filler-${n}`, email: `${n}@example.com` }),
  session: (n) => ({ sessionToken: `filler-${n}`, userId: `filler-${n}`, expires: new Date() }),
  account: (n) => ({ userId: `filler-${n}`, type: "oauth", provider: "filler", providerAccountId: n }),
  verificationToken: (n) => ({ identifier: `filler-${n}`, token: n, expires: new Date() }),
  authenticator: (n) => ({
    credentialID: n,
    userId: `filler-${n}`,
    providerAccountId: n,
    credentialPublicKey: "key",
    counter: 0,
    credentialDeviceType: "singleDevice",
    credentialBackedUp: 0,
  }),
}

async function fill(connection) {
  for (const [table, row] of Object.entries(FILLERS)) {
    const rows = Array.from({ length: 5000 }, (_, index) => row(String(index)))
    await connection.query("INSERT INTO ?? (??) VALUES ?", [table, Object.keys(rows[0]), rows.map(Object.values)])
  }
  await connection.query("ANALYZE TABLE ??", [tables])
}

/** Calls every method, on rows that are there, among others; of another adapter, if `calls` is told so. */
async function everyMethod(maker) {
  const people = []
  for (let index = 0; index < 200; index++) {
    const user = await maker.createUser(newUser())
    const session = await maker.createSession(newSession(user.id))
    const account = await maker.linkAccount(newAccount(user.id))
    const authenticator = await maker.createAuthenticator(newAuthenticator(user.id))
    const token = await maker.createVerificationToken(newVerificationToken())
    people.push({ user, session, account, authenticator, token })
  }
  return {
    people,
    calls: async (adapter = maker) => {
      for (const many of [1, 3, 9, 40, 130]) {
        const some = people.slice(0, many)
        await Promise.all(some.map(({ session }) => adapter.getSessionAndUser(session.sessionToken)))
        await Promise.all(some.map(({ user }) => adapter.getUser(user.id)))
        await Promise.all(some.map(({ user }) => adapter.getUserByEmail(user.email)))
      }
      const [{ user, session, account, authenticator, token }, other] = people
      await adapter.createUser(newUser())
      await adapter.getUserByAccount(account)
      await adapter.getAccount(account.providerAccountId, account.provider)
      await adapter.updateUser({ id: user.id, name: "x" })
      await adapter.updateUser({ id: user.id, email: "new@example.com", image: null })
      await adapter.linkAccount(account) // once more
      await adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date(2e12) })
      await adapter.getAuthenticator(authenticator.credentialID)
      await adapter.listAuthenticatorsByUserId(user.id)
      await adapter.updateAuthenticatorCounter(authenticator.credentialID, 7)
      await adapter.useVerificationToken(token)
      await adapter.listAccounts(user.id)
      const [device] = await adapter.listSessions(user.id, { currentToken: session.sessionToken })
      await adapter.revokeSession(user.id, device.id)
      await adapter.revokeOtherSessions(other.user.id, other.session.sessionToken)
      await adapter.revokeAllSessions(other.user.id)
      const expires = new Date("2020-01-01T00:00:00Z")
      await adapter.createSession(newSession(user.id, { expires }))
      await adapter.createVerificationToken(newVerificationToken({ expires }))
      assert.deepEqual(await adapter.pruneExpired({ now: new Date("2021-01-01") }), {
        sessions: 1,
        verificationTokens: 1,
      })
      await adapter.deleteSession(session.sessionToken)
      await adapter.unlinkAccount(account)
      await adapter.deleteUser(other.user.id)
    },
  }
}

/** Without hashes, and with look-ups for tokens and for their hashes. */
const modes = { "": undefined, ", with hashed tokens": "hashed" }

if (enabled("postgres")) {
  for (const [how, sessionTokens] of Object.entries(modes))
    describe(`PostgreSQL${how}`, () => {
      test("every plan has an index condition on every table, also those of foreign keys", { timeout }, async (t) => {
        const server = await startPostgres({
          settings: {
            shared_preload_libraries: "auto_explain",
            "auto_explain.log_min_duration": 0,
            "auto_explain.log_format": "json",
            "auto_explain.log_nested_statements": "on",
            // Small tables are read as a whole for good reasons. Here the question is what would happen with large ones.
            enable_seqscan: "off",
            logging_collector: "on",
          },
        })
        t.after(() => server.stop())
        const adapter = RustAdapter(server.url, { migrate: true, sessionTokens })
        t.after(() => adapter.close())
        const { calls } = await everyMethod(adapter)
        const client = new pg.Client(server.url)
        await client.connect()
        client.on("error", () => {}) // the server goes first
        const log = async () =>
          (
            await client.query(
              "SELECT string_agg(pg_read_file('log/' || name), '' ORDER BY name) AS text FROM pg_ls_logdir()",
            )
          ).rows[0].text
        // A query for many is planned for the table's size: with a small one, to read it all is right.
        await client.query(`SET auto_explain.log_min_duration = -1; INSERT INTO "user" (id) SELECT 'filler-' || i FROM generate_series(1, 100000) i;
        INSERT INTO session SELECT 'filler-' || i, 'filler-' || i, now() FROM generate_series(1, 100000) i;
        ANALYZE`)
        const before = (await log()).length
        await calls()
        // What the server logs comes to its file in this order, on a busy machine a while later.
        await client.query("DO $$ BEGIN RAISE LOG 'all has been called'; END $$")
        await eventually("the log is written", async () => (await log()).slice(before).includes("all has been called"))
        const news = (await log()).slice(before)
        await client.end()
        const plans = [...news.matchAll(/plan:\n((?:\t.*\n)+)/g)].map(([, json]) => JSON.parse(json))
        const seen = new Set()
        const visit = (node, text) => {
          if (/Scan/.test(node["Node Type"]) && node["Relation Name"] !== undefined) {
            seen.add(node["Relation Name"])
            const byBitmap = node["Node Type"] === "Bitmap Heap Scan"
            assert.ok(
              byBitmap || node["Index Cond"] || node["TID Cond"],
              `${node["Node Type"]} of ${node["Relation Name"]} in ${text}`,
            )
          }
          if (node["Node Type"] === "Bitmap Index Scan") assert.ok(node["Index Cond"], text)
          for (const child of node.Plans ?? []) visit(child, text)
        }
        for (const { Plan: plan, "Query Text": text } of plans) visit(plan, text)
        assert.deepEqual([...seen].sort(), [...tables].sort())
        const texts = plans.map((plan) => plan["Query Text"])
        assert.ok(
          texts.some((text) => text.includes("= ANY(")),
          "look-ups that share queries are among them",
        )
        assert.ok(
          texts.some((text) => text.includes("SKIP LOCKED")),
          "what deletes expired rows is among them",
        )
        assert.ok(
          texts.some((text) => text.startsWith("DELETE FROM ONLY")),
          "foreign keys are among them",
        )
      })
    })
}

for (const database of databases.filter(({ name }) => name === "mysql")) {
  for (const [how, sessionTokens] of Object.entries(modes))
    describe(`${database.flavour}${how}`, () => {
      const lane = openLane({ ...database, options: { sessionTokens } })

      test("every statement uses a key for every table", { timeout }, async (t) => {
        const { calls } = await everyMethod(lane.adapter)
        const connection = await mysql.createConnection(lane.database.url)
        await fill(connection)
        const [[before]] = await connection.query("SELECT @@global.log_output AS output, @@global.general_log AS log")
        await connection.query("SET GLOBAL log_output = 'TABLE', general_log = ON")
        t.after(async () => {
          await connection.query("SET GLOBAL log_output = ?, general_log = ?", [before.output, before.log])
          await connection.end()
        })
        // A new one: only statements prepared from now on are logged with their values.
        const adapter = RustAdapter(lane.database.url, { sessionTokens, pool: { max: 9 } })
        t.after(() => adapter.close())
        await calls(adapter)
        // Others may be at work on the same server.
        const connected = (await otherConnections(lane.rows)).map(({ id }) => id)
        const [log] = await connection.query(
          `SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log WHERE command_type = 'Execute'
          AND thread_id IN (?)`,
          [connected],
        )
        const texts = log.map(({ text }) => text).filter((text) => /^(SELECT|UPDATE|DELETE)/.test(text))
        const seen = new Set()
        for (const text of texts) {
          const [plan] = await connection.query(`EXPLAIN FORMAT=TRADITIONAL ${text}`)
          for (const step of plan) {
            // A row of a unique key that has gone meanwhile: it was looked for by that key.
            if (/const table/.test(step.Extra ?? "")) continue
            // The one row that others are joined to is of no table.
            if (/^<derived/.test(step.table ?? "") && step.type === "system") continue
            if (step.table === null && step.Extra === "No tables used") continue
            assert.ok(
              step.key && !["ALL", "index"].includes(step.type),
              `${JSON.stringify(step)}\n${text.slice(0, 500)}`,
            )
          }
          for (const table of tables) if (text.includes(`\`${table}\``)) seen.add(table)
        }
        assert.deepEqual([...seen].sort(), [...tables].sort())
        assert.ok(
          texts.some((text) => text.includes(" IN (")),
          "look-ups that share queries are among them",
        )
      })
    })
}
