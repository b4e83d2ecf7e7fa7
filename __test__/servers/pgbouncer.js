// A PgBouncer in transaction mode in front of a PostgreSQL server, as hosting providers run it:
// every transaction gets any of a few server connections, and prepared statements are not looked after
// (`max_prepared_statements` is left out; Debian's 1.18 does not know it yet).
import { writeFileSync } from "node:fs"
import { password, user } from "./account.js"
import { binary } from "./binary.js"
import { startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { freePort } from "./port.js"
import { answers } from "./postgres.js"

/** `server`: the URL of the PostgreSQL server; `poolSize`: connections to it, for each database. */
export async function startPgBouncer(server, { poolSize = 3 } = {}) {
  const pgbouncer = binary("pgbouncer", { debianPackage: "pgbouncer" })
  const { hostname, port: serverPort } = new URL(server)
  const folder = privateFolder("pgbouncer")
  const port = await freePort()

  const write = (name, text) => {
    const path = folder.join(name)
    writeFileSync(path, text, { mode: 0o600 })
    giveToServers(path)
    return path
  }
  const login = decodeURIComponent(new URL(server).username) || user
  const secret = decodeURIComponent(new URL(server).password) || password
  const users = write("users", `"${login}" "${secret.replaceAll('"', '""')}"\n`)
  const config = write(
    "pgbouncer.ini",
    [
      "[databases]",
      `* = host=${hostname} port=${serverPort || 5432}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${users}`,
      "pool_mode = transaction",
      `default_pool_size = ${poolSize}`,
      "max_client_conn = 200",
      "",
    ].join("\n"),
  )

  const through = (database) => {
    const url = new URL(database)
    url.hostname = "127.0.0.1"
    url.port = port
    return url.href
  }
  const daemon = await startDaemon(pgbouncer, [config], {
    log: folder.join("log"),
    answers: () => answers(through(server)),
  })
  return {
    /** The URL that reaches `database` (a URL of the server) through the pooler. */
    through,
    url: through(server),
    port,
    stop: async () => {
      await daemon.stop()
      folder.remove()
    },
  }
}
