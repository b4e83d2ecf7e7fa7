// The throwaway servers are what they say they are; tried with other clients than the adapter.
import assert from "node:assert/strict"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { enabled } from "../databases.js"
import { startPgBouncer } from "./pgbouncer.js"
import { startPostgres } from "./postgres.js"
import { startProxy } from "./proxy.js"
import { startTlsMariaDb, startTlsPostgres } from "./tls.js"

async function query(config, sql) {
  const client = new pg.Client(config)
  client.on("error", () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

if (enabled("postgres")) {
  describe("PostgreSQL server", () => {
    test("restart() keeps the data, kill() refuses connections, stop() leaves nothing", async (t) => {
      const server = await startPostgres()
      t.after(() => server.stop())
      await query(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
      const [{ data_directory: folder }] = await query(server.url, "SHOW data_directory")
      await server.kill()
      await assert.rejects(query(server.url, "SELECT 1"), { code: "ECONNREFUSED" })
      await server.restart()
      assert.deepEqual(await query(server.url, "SELECT n FROM kept"), [{ n: 7 }])
      await server.stop()
      assert.equal(existsSync(folder), false)
    })

    test("a wrong password is refused", async (t) => {
      const server = await startPostgres()
      t.after(() => server.stop())
      const wrong = new URL(server.url)
      wrong.password = "wrong"
      await assert.rejects(query(wrong.href, "SELECT 1"), { code: "28P01" })
    })
  })

  test("PgBouncer gives 8 clients 3 connections, a transaction at a time, and knows no prepared statements", async (t) => {
    const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL)
    const clients = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = new pg.Client(pooler.url)
        await client.connect()
        return client
      }),
    )
    t.after(async () => {
      await Promise.all(clients.map((client) => client.end()))
      await pooler.stop()
    })

    const backends = await Promise.all(
      clients.map((client) =>
        client.query("SELECT pg_backend_pid() AS pid, pg_sleep(0.05)").then(({ rows }) => rows[0].pid),
      ),
    )
    assert.equal(new Set(backends).size, 3)

    // Every client names its statement alike; only where a pooler looks after names does each get its own.
    const named = await Promise.allSettled(
      clients.flatMap((client, i) =>
        Array.from({ length: 5 }, () =>
          client.query({ name: "one", text: `SELECT ${i} AS n` }).then(({ rows }) => assert.equal(rows[0].n, i)),
        ),
      ),
    )
    assert.ok(
      named.some(({ status }) => status === "rejected"),
      "statement names reached the server unchanged",
    )
  })

  test("a proxy passes on, says nothing while stalled, and breaks connections", async (t) => {
    const proxy = await startProxy(process.env.TEST_POSTGRES_URL)
    t.after(() => proxy.stop())
    const client = new pg.Client(proxy.url)
    const broken = once(client, "error")
    await client.connect()
    assert.equal((await client.query("SELECT 1 AS n")).rows[0].n, 1)
    proxy.stall()
    const answer = client.query("SELECT 2").then(
      () => "answer",
      () => "broken",
    )
    assert.equal(await Promise.race([answer, sleep(300, "silence")]), "silence")
    proxy.resume()
    assert.equal(await answer, "broken")
    await broken
    assert.deepEqual(await query(proxy.url, "SELECT 3 AS n"), [{ n: 3 }])
  })

  test("the TLS server of PostgreSQL is proved by its own authority, under its own name, only", async (t) => {
    const server = await startTlsPostgres()
    t.after(() => server.stop())
    const ssl = (ca) => ({ ca: readFileSync(ca, "utf8") })
    const sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert.deepEqual(await query({ connectionString: server.url, ssl: ssl(server.ca) }, sql), [{ ssl: true }])
    await assert.rejects(query({ connectionString: server.url, ssl: ssl(server.otherCa) }, sql), {
      code: /SELF_SIGNED|UNABLE_TO/,
    })
    await assert.rejects(query({ connectionString: server.addressUrl, ssl: ssl(server.ca) }, sql), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    })
  })
}

if (enabled("mysql")) {
  test("the TLS server of MariaDB is proved by its own authority only, and its certificate names one host", async (t) => {
    const server = await startTlsMariaDb()
    t.after(() => server.stop())
    const certificate = async (ca) => {
      const connection = await mysql.createConnection({ uri: server.url, ssl: { ca: readFileSync(ca, "utf8") } })
      try {
        return connection.connection.stream.getPeerCertificate()
      } finally {
        await connection.end()
      }
    }
    assert.equal((await certificate(server.ca)).subjectaltname, "DNS:localhost")
    await assert.rejects(certificate(server.otherCa), { code: "HANDSHAKE_SSL_ERROR" })
  })
}
