// TLS as MySQL's client does it, and as MariaDB's: each of their modes, with a root certificate and without, to each server, by the
// real client and by the adapter. Where they differ, the difference is one of `DIFFERENCES`, which docs/troubleshooting.md tells of.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import mysql from "mysql2/promise"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { databases, enabled } from "../databases.js"
import { password, user } from "../servers/account.js"
import { binary } from "../servers/binary.js"
import { makeCertificates } from "../servers/certificates.js"
import { client } from "../servers/clients.js"
import { giveToServers } from "../servers/identity.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startMySql9 } from "../servers/mysql9.js"

const SERVERS = [
  "right",
  "wrong authority",
  "wrong host",
  "version 1",
  "version 1, wrong authority",
  "version 1, wrong host",
  "expired",
  "no list of names",
  "its own authority",
]

const MODES = ["default", "DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"]

/** What each vendor's client calls the modes: mode, root certificate, arguments. */
const CLIENTS = {
  mysql: {
    words: MODES.flatMap((mode) =>
      ["none", "file"].map((root) => [mode, root, mode === "default" ? [] : [`--ssl-mode=${mode}`]]),
    ),
    async start() {
      const found = client("mysql")
      const certificates = await makeCertificates({ parent: found.folder })
      // The server takes a certificate only of an authority that it knows.
      const authorities = [certificates.ca, certificates.otherCa, certificates.servers["its own authority"]]
      const known = `${certificates.ca}.all`
      writeFileSync(known, authorities.map((file) => readFileSync(file)).join(""))
      const server = await startMySql9({ tls: { ...certificates, ca: known } })
      const become = async (name, tell) => {
        server.certify(certificates.servers[name] ?? certificates.certificate)
        await tell(`SET GLOBAL tls_version = '${name === "no TLS" ? "" : "TLSv1.2,TLSv1.3"}'`)
        // A running server takes no expired certificate. One that starts does.
        if (name === "expired") await server.restart()
        else await tell(`ALTER INSTANCE RELOAD TLS${name === "no TLS" ? " NO ROLLBACK ON ERROR" : ""}`)
      }
      return { certificates, server, become, servers: [...SERVERS, "no TLS"], run: found.run, path: found.inside }
    },
  },
  mariadb: {
    // It has no word for a root certificate that is not looked at.
    words: [
      ["DISABLED", "none", ["--skip-ssl"]],
      ["REQUIRED", "none", ["--ssl"]],
      ["default", "file", []],
      ["VERIFY_CA", "file", ["--ssl"]],
      ["VERIFY_IDENTITY", "none", ["--ssl-verify-server-cert"]],
      ["VERIFY_IDENTITY", "file", ["--ssl-verify-server-cert"]],
    ],
    async start() {
      const mariadb = binary("mariadb", { debianPackage: "mariadb-client-core" })
      const certificates = await makeCertificates()
      const server = await startMariaDb({
        args: [
          `--ssl-cert=${certificates.certificate}`,
          `--ssl-key=${certificates.key}`,
          `--ssl-ca=${certificates.ca}`,
        ],
      })
      const right = `${certificates.certificate}.right`
      copyFileSync(certificates.certificate, right)
      const become = async (name, tell) => {
        copyFileSync(name === "right" ? right : certificates.servers[name], certificates.certificate)
        giveToServers(certificates.certificate)
        await tell("FLUSH SSL")
      }
      const run = async (args) => (await promisify(execFile)(mariadb, ["--no-defaults", ...args])).stdout.trim()
      return { certificates, server, become, servers: SERVERS, run, path: (file) => file }
    },
  },
}

/** `mode/root/server`, as patterns. */
const DIFFERENCES = {
  mysql: [],
  mariadb: [],
}

const lanes = databases.filter(({ name }) => name === "mysql")
for (const { flavour } of lanes) {
  const { words, start } = CLIENTS[flavour]
  describe(`TLS to ${flavour} as its client does it`, () => {
    let it, observer
    before(async () => {
      it = await start()
      observer = await observe()
      await observer.query("CREATE DATABASE auth")
      await using(address({}), { migrate: true }, (adapter) => adapter.getUser("nobody"))
    })
    after(async () => {
      await observer?.end()
      await it?.server.stop()
      it?.certificates.remove()
    })

    // Over TLS, unless there is none.
    const observe = () =>
      mysql
        .createConnection({ uri: it.server.url, ssl: { rejectUnauthorized: false } })
        .catch(() => mysql.createConnection({ uri: it.server.url }))

    const using = async (url, options, use) => {
      const adapter = RustAdapter(url, options)
      try {
        return await use(adapter)
      } finally {
        await adapter.close()
      }
    }

    function address({ mode = "default", root = "none" }) {
      const url = new URL(`mysql://localhost:${it.server.port}/auth`)
      Object.assign(url, { username: user, password })
      if (mode !== "default") url.searchParams.set("ssl-mode", mode)
      if (root !== "none") url.searchParams.set("ssl-ca", it.certificates.ca)
      return url.href
    }

    async function byClient(mode, root) {
      const args = ["--host=localhost", "--protocol=TCP", `--port=${it.server.port}`, `--user=${user}`]
      if (flavour === "mysql") args.push("--get-server-public-key")
      const ca = root === "none" ? [] : [`--ssl-ca=${it.path(it.certificates.ca)}`]
      const sql = "SHOW SESSION STATUS LIKE 'Ssl_version'"
      return it.run([...args, `--password=${password}`, ...mode, ...ca, "-BNe", sql]).then(
        (answer) => (/TLSv1/.test(answer) ? "encrypted" : "plain"),
        (error) => {
          assert.match(error.stderr, /ERROR 20\d\d|CA certificate is required/)
          return "refused"
        },
      )
    }

    const accepted = async () =>
      Number((await observer.query("SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'"))[0][0].Value)

    async function byAdapter(cell) {
      const earlier = await accepted()
      try {
        return await using(address(cell), { pool: { max: 1, connectTimeoutMs: 5000 } }, async (adapter) => {
          assert.equal(await adapter.getUser("nobody"), null)
          return (await accepted()) > earlier ? "encrypted" : "plain"
        })
      } catch (error) {
        assert.match(error.code, /^ERR_CONNECT$/, error.stack)
        assert.doesNotMatch(`${error.stack}${error.cause?.stack}`, /p@ss|p%40ss/)
        return "refused"
      }
    }

    test("each mode, with each root certificate, to each server", { timeout: 300_000 }, async () => {
      const [expected, actual, met] = [{}, {}, new Set()]
      for (const name of it.servers) {
        await it.become(name, (sql) => observer.query(sql))
        observer.destroy()
        observer = await observe()
        for (const [mode, root, args] of words) {
          const cell = `${mode}/${root}/${name}`
          const theirs = await byClient(args, root)
          const difference = DIFFERENCES[flavour].find(({ cells }) => cells.test(cell))
          if (difference) {
            met.add(difference)
            assert.equal(theirs, difference.client, cell)
          }
          expected[cell] = difference ? difference.ours : theirs
          actual[cell] = await byAdapter({ mode, root })
        }
      }
      assert.deepEqual(actual, expected)
      assert.deepEqual([...new Set(Object.values(actual))].sort(), ["encrypted", "plain", "refused"])
      assert.deepEqual([...met], DIFFERENCES[flavour])
    })

    test("a server without TLS is sent a password only for its own key, and not at all if the URL says so", async (t) => {
      // MySQL 9 always has TLS unless it is told not to. MariaDB's of the lanes has none.
      if (flavour === "mysql") await it.become("no TLS", (sql) => observer.query(sql))
      const plain = flavour === "mysql" ? { url: address({}), close() {} } : await lanes[0].create()
      t.after(plain.close)
      const url = new URL(plain.url)
      url.searchParams.set("allowPublicKeyRetrieval", "false")
      await using(url.href, {}, (adapter) =>
        assert.rejects(adapter.getUser("nobody"), failure("ERR_CONNECT", { method: "getUser" })),
      )
      url.searchParams.set("ssl-mode", "DISABLED")
      await using(url.href, {}, (adapter) =>
        assert.rejects(adapter.getUser("nobody"), failure("ERR_CONFIG", { method: "getUser" })),
      )
      url.searchParams.set("allowPublicKeyRetrieval", "true")
      await using(url.href, { migrate: true }, async (adapter) => assert.equal(await adapter.getUser("nobody"), null))
    })
  })
}
if (enabled("mysql")) assert.equal(lanes.length, 1)
