// TLS as libpq does it: each mode, with each root certificate, to each server, by real psql and by the adapter. Where they differ,
// the difference is one of `DIFFERENCES`, and docs/options.md tells of it.
import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { enabled } from "../databases.js"
import { user, password } from "../servers/account.js"
import { makeCertificates } from "../servers/certificates.js"
import { client } from "../servers/clients.js"
import { privateFolder } from "../servers/folder.js"
import { startPostgres } from "../servers/postgres.js"

const MODES = [undefined, "disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
const ROOTS = ["none", "file", "system"]

/** Servers, by what is right or wrong with their certificate, or by which connections their rules let in. */
const SERVERS = [
  "right",
  "wrong authority",
  "wrong host",
  "version 1",
  "version 1, TLS 1.2",
  "version 1, wrong authority",
  "version 1, wrong host",
  "expired",
  "no list of names",
  "its own authority",
  "no TLS",
  "TLS only",
  "no TLS only",
]

/** `mode/root/server`, as patterns. */
const DIFFERENCES = [
  {
    why: "a server that has shown a certificate that is not trusted is not spoken to in plain text",
    cells: /^(prefer|default)\/file\/(.*wrong authority|expired|its own authority)$/,
    libpq: "plain",
    ours: "refused",
  },
  {
    why: "a certificate of a public authority is for the names of its list",
    cells: /^(default|verify-full)\/system\/(version 1(, TLS 1\.2)?|no list of names)$/,
    libpq: "encrypted",
    ours: "refused",
  },
]

for (const lane of ["postgres"].filter(enabled)) {
  describe(`TLS to ${lane} as libpq does it`, () => {
    let server, certificates, sockets, psql, observer, revision
    before(async () => {
      psql = client("psql")
      certificates = await makeCertificates({ parent: psql.folder })
      sockets = privateFolder("sockets")
      server = await startPostgres({ settings: { unix_socket_directories: sockets.path } })
      // What the operating system trusts, for psql and for the adapter.
      process.env.SSL_CERT_FILE = certificates.ca
      observer = observe()
      await observer.connect()
      await observer.query("CREATE DATABASE auth")
      const adapter = RustAdapter(address({}), { migrate: true })
      assert.equal(await adapter.getUser("nobody"), null)
      await adapter.close()
      revision = 0
    })
    after(async () => {
      await observer?.end()
      await server?.stop()
      certificates?.remove()
      sockets?.remove()
    })

    const observe = () => new pg.Client({ host: sockets.path, port: server.port, user, password, database: "postgres" })

    /** Makes the server one of SERVERS, and waits until new connections meet it. */
    async function become(name) {
      const has = name !== "no TLS"
      const file = certificates.servers[name.replace(", TLS 1.2", "")] ?? certificates.certificate
      const { rows } = await observer.query("SHOW hba_file")
      const kind = { "TLS only": "hostssl", "no TLS only": "hostnossl" }[name] ?? "host"
      writeFileSync(rows[0].hba_file, `local all all trust\n${kind} all all all scram-sha-256\n`)
      revision += 1
      const settings = { ssl_cert_file: file, ssl_key_file: certificates.key, ssl: has ? "on" : "off" }
      settings.ssl_max_protocol_version = name.endsWith("TLS 1.2") ? "TLSv1.2" : ""
      for (const [name, value] of Object.entries({ ...settings, deadlock_timeout: 1000 + revision })) {
        await observer.query(`ALTER SYSTEM SET ${name} = '${value}'`)
      }
      await observer.query("SELECT pg_reload_conf()")
      for (;;) {
        const fresh = observe()
        await fresh.connect()
        const { rows } = await fresh.query("SELECT setting FROM pg_settings WHERE name = 'deadlock_timeout'")
        await fresh.end()
        if (Number(rows[0].setting) === 1000 + revision) return
      }
    }

    function address({ mode, root = "none", name = "probe", path = (file) => file }) {
      const url = new URL(`postgres://localhost:${server.port}/auth`)
      Object.assign(url, { username: user, password })
      url.searchParams.set("application_name", name)
      if (mode) url.searchParams.set("sslmode", mode)
      const files = { file: certificates.ca, "the server's own": certificates.servers["its own authority"] }
      if (root !== "none") url.searchParams.set("sslrootcert", root === "system" ? root : path(files[root]))
      return url.href
    }

    const outcome = (ssl) => (ssl ? "encrypted" : "plain")

    async function byPsql(cell) {
      const sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
      const env = { PGHOSTADDR: "127.0.0.1", SSL_CERT_FILE: psql.inside(certificates.ca) }
      return psql.run(["-XAtc", sql, address({ ...cell, path: psql.inside })], env).then(
        (ssl) => outcome(ssl === "t"),
        (error) => {
          assert.match(error.stderr, /^psql: error:/)
          return "refused"
        },
      )
    }

    async function byAdapter(cell, name) {
      const adapter = RustAdapter(address({ ...cell, name }), { pool: { max: 1, connectTimeoutMs: 5000 } })
      try {
        assert.equal(await adapter.getUser("nobody"), null)
        const sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1"
        const { rows } = await observer.query(sql, [name])
        assert.equal(rows.length, 1, name)
        return outcome(rows[0].ssl)
      } catch (error) {
        assert.match(error.code, /^ERR_(CONNECT|CONFIG)$/, error.stack)
        assert.doesNotMatch(`${error.stack}${error.cause?.stack}`, /p@ss|p%40ss/)
        return "refused"
      } finally {
        await adapter.close()
      }
    }

    const met = new Set()
    for (const name of SERVERS) {
      test(`a server with: ${name}`, { timeout: 240_000 }, async () => {
        await become(name)
        const expected = {}
        const actual = {}
        for (const mode of MODES) {
          for (const root of name === "its own authority" ? [...ROOTS, "the server's own"] : ROOTS) {
            const cell = `${mode ?? "default"}/${root}/${name}`
            const both = [byPsql({ mode, root }), byAdapter({ mode, root }, cell.replaceAll(/\W/g, "-"))]
            const [libpq, ours] = await Promise.all(both)
            const difference = DIFFERENCES.find(({ cells }) => cells.test(cell))
            if (difference) {
              met.add(difference)
              assert.equal(libpq, difference.libpq, `psql: ${cell}`)
            }
            expected[cell] = difference ? difference.ours : libpq
            actual[cell] = ours
          }
        }
        assert.deepEqual(actual, expected)
        // A server that is out of reach refuses everything, too.
        assert.ok(
          Object.values(expected).some((outcome) => outcome !== "refused"),
          name,
        )
      })
    }
    test("each difference that is documented is one", () => assert.deepEqual([...met], DIFFERENCES))
  })
}
