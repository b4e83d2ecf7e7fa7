// TLS by the rules of the URL: who is not proved to be the server that was asked for is refused.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { databases, enabled } from "../databases.js"
import { startTlsMariaDb, startTlsPostgres } from "../servers/tls.js"

const timeout = 60_000

const createDatabase = {
  postgres: async ({ url, ca }) => {
    const client = new pg.Client({ connectionString: url, ssl: { ca: readFileSync(ca, "utf8") } })
    await client.connect()
    await client.query("CREATE DATABASE auth")
    await client.end()
  },
  mysql: async ({ url, ca }) => {
    const connection = await mysql.createConnection({ uri: url, ssl: { ca: readFileSync(ca, "utf8") } })
    await connection.query("CREATE DATABASE auth")
    await connection.end()
  },
}

/** How each database's URLs spell the same wishes. */
const spellings = {
  postgres: {
    start: startTlsPostgres,
    full: (ca) => `sslmode=verify-full&sslrootcert=${ca}`,
    ca: (ca) => `sslmode=verify-ca&sslrootcert=${ca}`,
    unverified: ["sslmode=require", "sslaccept=accept_invalid_certs"],
    strict: ["sslmode=verify-full", "ssl=true", "sslaccept=strict"],
    none: "sslmode=disable",
  },
  mysql: {
    start: startTlsMariaDb,
    full: (ca) => `ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`,
    ca: (ca) => `ssl-mode=VERIFY_CA&ssl-ca=${ca}`,
    unverified: ["ssl-mode=REQUIRED", 'ssl={"rejectUnauthorized":false}', "sslaccept=accept_invalid_certs"],
    strict: ["ssl-mode=VERIFY_IDENTITY", 'ssl={"rejectUnauthorized":true}', "ssl=true", "sslaccept=strict"],
    none: "ssl-mode=DISABLED",
  },
}

for (const [name, { start, full, ca, unverified, strict, none }] of Object.entries(spellings).filter(([name]) =>
  enabled(name),
)) {
  describe(`TLS to ${name}`, () => {
    let server
    before(async () => {
      server = await start()
      await createDatabase[name](server)
    })
    after(() => server?.stop())

    const address = (base, query) => {
      const url = new URL(base)
      url.pathname = "/auth"
      return `${url.href}?${query}`
    }
    const works = async (url) => {
      const adapter = RustAdapter(url, { migrate: true })
      const user = newUser()
      assert.deepEqual(await adapter.createUser(user), user)
      assert.deepEqual(await adapter.deleteUser(user.id), user)
      await adapter.close()
    }
    const refused = async (url) => {
      const adapter = RustAdapter(url, { migrate: true })
      await assert.rejects(adapter.createUser(newUser()), failure("ERR_CONNECT", { method: "createUser" }))
      await adapter.close()
    }

    test("the right authority and the right host name: works", { timeout }, async () => {
      await works(address(server.url, full(server.ca)))
      await works(address(server.url, ca(server.ca)))
    })
    test("another authority: refused", { timeout }, async () => {
      await refused(address(server.url, full(server.otherCa)))
      await refused(address(server.url, ca(server.otherCa)))
    })
    test("another host name: refused", { timeout }, () => refused(address(server.addressUrl, full(server.ca))))
    test("a server without that certificate, or without TLS: refused, not downgraded to", { timeout }, async (t) => {
      const plain = await databases.find((database) => database.name === name).create()
      t.after(plain.close)
      await refused(`${plain.url}?${full(server.ca)}`)
      await refused(`${plain.url}?${ca(server.ca)}`)
    })
    for (const query of strict) {
      test(`${query} alone trusts public authorities, and not this one: refused`, { timeout }, () =>
        refused(address(server.url, query)),
      )
    }
    for (const query of unverified) {
      test(`${query} encrypts and verifies nothing: works`, { timeout }, () => works(address(server.url, query)))
    }
    test("without TLS where it was not wanted: works", { timeout }, () => works(address(server.url, none)))
    test("values beyond the buffers of TLS travel whole, both ways, several at once", { timeout }, async () => {
      const adapter = RustAdapter(address(server.url, full(server.ca)), { migrate: true, pool: { max: 4 } })
      const users = Array.from({ length: 6 }, (_, index) => newUser({ image: String(index).repeat(3_000_000) }))
      assert.deepEqual(await Promise.all(users.map((user) => adapter.createUser(user))), users)
      assert.deepEqual(await Promise.all(users.map(({ id }) => adapter.getUser(id))), users)
      assert.deepEqual(await Promise.all(users.map(({ id }) => adapter.deleteUser(id))), users)
      await adapter.close()
    })
    test("a file that is not there, or no certificate, is an error that names no secret", { timeout }, async () => {
      for (const file of ["/no/such/file.pem", import.meta.filename]) {
        await assert.rejects(RustAdapter(address(server.url, full(file))).getUser("x"), (error) => {
          assert.match(error.code, /^ERR_(CONNECT|CONFIG)$/)
          assert.doesNotMatch(`${error.stack}${error.cause?.stack}`, /p@ss|p%40ss/)
          return true
        })
      }
    })
  })
}
