// Servers whose places for connections are all taken: a call waits for one to be free, for as long as connecting may take.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { withDatabase } from "../databases/tables.js"
import { startMariaDb } from "../servers/mariadb.js"
import { eventually } from "./program.js"

const timeout = 60_000
const PLACES = 3

/** A client that has a place: a busy server notices some of the clients that have left only later. */
const placed = (connect) => eventually("a place is free", () => connect().catch(() => undefined))

/** The same for each way in which a server says that it is full. `hold()` takes all places and answers what frees one. */
function crowded({ adapterOn, hold, reason, rows }) {
  test("a call waits until another client leaves its place", { timeout }, async (t) => {
    const free = await hold(t)
    const adapter = adapterOn(t, { connectTimeoutMs: 12_000 })
    const begun = performance.now()
    const made = adapter.createUser(newUser())
    await sleep(1_000)
    await eventually("it is refused", () => adapter.stats().connections.failed > 0, 10_000)
    await free()
    const user = await made
    assert.deepEqual(await adapter.getUser(user.id), user)
    assert.ok(performance.now() - begun > 1_000)
    assert.ok(adapter.stats().connections.failed > 0, "it was refused first")
  })

  test("where none is left within connectTimeoutMs, the error names the server and the reason", {
    timeout,
  }, async (t) => {
    await hold(t)
    const adapter = adapterOn(t, { connectTimeoutMs: 700 })
    const { hostname, port } = new URL(rows.url)
    for (const call of [() => adapter.getUser("x"), () => adapter.createUser(newUser())]) {
      const begun = performance.now()
      const error = await call().then(assert.fail, (error) => error)
      const took = performance.now() - begun
      assert.deepEqual([error.code, error.host, error.port], ["ERR_CONNECT", hostname, port])
      assert.match(error.cause.message, reason)
      assert.ok(took >= 700 && took < 3_000, `${took} ms`)
    }
  })

  test("calls share the places that the pool has got", { timeout }, async (t) => {
    const adapter = adapterOn(t, { connectTimeoutMs: 12_000, max: 10 })
    const users = await Promise.all(Array.from({ length: 40 }, () => adapter.createUser(newUser())))
    const found = await Promise.all(users.map(({ id }) => adapter.getUser(id)))
    assert.deepEqual(found, users)
  })
}

const lane = (name) => databases.find((each) => each.name === name)

/** An adapter with the tables made by the one who owns the database. */
async function ownTables(url) {
  const adapter = RustAdapter(url, { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
}

const open = (url) => (t, pool) => {
  const adapter = RustAdapter(url(), { pool })
  t.after(() => adapter.close())
  return adapter
}

/** Takes all places by clients of another driver's. */
const holding = (connect) => async (t) => {
  const clients = []
  t.after(() => Promise.all(clients.map((client) => client.end())))
  for (let i = 0; i < PLACES; i++) clients.push(await placed(connect))
  return () => clients.pop().end()
}

if (lane("postgres")) {
  describe("PostgreSQL: 53300, of a role with a limit", () => {
    const role = `crowded_${process.pid}`
    let database, url
    before(async () => {
      database = await lane("postgres").create()
      await ownTables(database.url)
      await database.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'few' CONNECTION LIMIT ${PLACES}`)
      await database.rows(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`)
      url = Object.assign(new URL(database.url), { username: role, password: "few" }).href
    })
    after(async () => {
      await database.rows(`DROP OWNED BY ${role}`)
      await database.rows(`DROP ROLE ${role}`)
      await database.close()
    })
    crowded({
      adapterOn: open(() => url),
      hold: holding(async () => {
        const client = new pg.Client({ connectionString: url })
        client.on("error", () => {})
        await client.connect()
        return client
      }),
      reason: /^53300: too many connections for role/,
      rows: {
        get url() {
          return url
        },
      },
    })
  })
}

if (lane("mysql")) {
  // Servers of their own: the limits are a whole server's.
  for (const [title, args, reason, held] of [
    ["1203, of a server that gives each user few", [`--max-user-connections=${PLACES}`], /^1203: /, PLACES],
    ["1040, of a server that has few", ["--max-connections=10"], /^1040: Too many connections/, 10],
  ])
    describe(`MariaDB: ${title}`, () => {
      let server, url
      before(async () => {
        server = await startMariaDb({ args })
        const root = await mysql.createConnection(server.url)
        await root.query("CREATE DATABASE crowded")
        await root.query("CREATE USER few@'%' IDENTIFIED BY 'few'")
        await root.query("GRANT ALL ON crowded.* TO few@'%'")
        await root.end()
        url = Object.assign(new URL(withDatabase(server.url, "crowded")), { username: "few", password: "few" }).href
        await ownTables(url)
      })
      after(() => server.stop())
      crowded({
        adapterOn: open(() => url),
        hold: async (t) => {
          const clients = []
          t.after(() => Promise.all(clients.map((client) => client.end())))
          // MariaDB keeps one more place, for a user who may end other users' sessions. It comes last.
          for (let i = 0; i < held; i++) clients.push(await placed(() => mysql.createConnection(url)))
          return () => clients.pop().end()
        },
        reason,
        rows: {
          get url() {
            return url
          },
        },
      })
    })
}
