// What finding the tables costs: catalog queries on the first call, none on the second. As the servers log it.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { databases, enabled } from "../databases.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startPostgres } from "../servers/postgres.js"
import { createTables } from "./tables.js"

const timeout = 60_000
const isCatalog = (text) => /pg_catalog|information_schema/i.test(text)

/** `statements` resolves to the texts that the server was sent by the adapter so far. */
async function costs(url, statements) {
  const adapter = RustAdapter(url)
  assert.equal(await adapter.getUser("nobody"), null)
  const first = await statements()
  assert.equal(await adapter.getUser("nobody"), null)
  await RustAdapter(url).getUserByEmail("nobody@example.com")
  const then = (await statements()).slice(first.length)
  await adapter.close()
  assert.ok(first.filter(isCatalog).length >= 1 && first.filter(isCatalog).length <= 3, first.join("\n"))
  const samples = first.filter((text) => text.includes("AS place"))
  assert.equal(samples.length, 1, first.join("\n"))
  assert.equal(then.length, 2, then.join("\n"))
  for (const text of then) assert.match(text, /^SELECT .*FROM (.public..)?.users. /s)
}

if (enabled("postgres")) {
  test("PostgreSQL: three catalog queries at most, and no query but its own after the first call", {
    timeout,
  }, async (t) => {
    const server = await startPostgres({
      settings: { log_statement: "all", logging_collector: "on", log_line_prefix: "%a|" },
    })
    t.after(() => server.stop())
    const client = new pg.Client(server.url)
    client.on("error", () => {})
    await client.connect()
    await createTables({ rows: (sql) => client.query(sql) })
    let marks = 0
    await costs(server.url, async () => {
      await sleep(300)
      // What the server logs comes to its file in order, on a busy machine a while later.
      const mark = `mark ${++marks}`
      await client.query(`SELECT '${mark}'`)
      const text = await eventually("the log is written", async () => {
        const { rows } = await client.query(
          "SELECT string_agg(pg_read_file('log/' || name), '' ORDER BY name) AS text FROM pg_ls_logdir()",
        )
        return rows[0].text?.includes(mark) && rows[0].text
      })
      return [...text.matchAll(/^rust-auth-adapter\|LOG: {2}(?:statement|execute [^:]*): ((?:.|\n\t)*)/gm)].map(
        ([, statement]) => statement,
      )
    })
    await client.end()
  })
}

if (enabled("mysql")) {
  test("MariaDB: three catalog queries at most, and no query but its own after the first call", {
    timeout,
  }, async (t) => {
    const server = await startMariaDb({ args: ["--general-log=1", "--log-output=TABLE"] })
    t.after(() => server.stop())
    const client = await mysql.createConnection(server.url)
    t.after(() => client.end())
    await client.query("CREATE DATABASE auth")
    await client.query("USE auth")
    await createTables({ rows: (sql) => client.query(sql.replaceAll('"', "`")) })
    const url = new URL(server.url)
    url.pathname = "/auth"
    await costs(url.href, async () => {
      const [log] = await client.query(`SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log
        WHERE command_type IN ('Query', 'Execute') AND thread_id <> CONNECTION_ID() ORDER BY event_time`)
      return log.map(({ text }) => text)
    })
  })
}

for (const database of databases) {
  test(`${database.name}: how long finding the tables takes`, { timeout }, async (t) => {
    const own = await database.create()
    const took = []
    try {
      await createTables(own)
      for (let round = 0; round < 5; round++) {
        const adapter = RustAdapter(own.url)
        const begin = performance.now()
        assert.equal(await adapter.getUser("nobody"), null)
        took.push(performance.now() - begin)
        await adapter.close()
      }
    } finally {
      await own.close()
    }
    // Told, not judged: it includes connecting, and the machine may be busy.
    t.diagnostic(`the first call took ${took.map((ms) => ms.toFixed(1)).join(", ")} ms, connecting included`)
  })
}
