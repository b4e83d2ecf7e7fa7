// A PgBouncer in transaction mode in front of a PostgreSQL server, as hosting providers run it:
// every transaction gets any of a few server connections, and prepared statements are not looked after
// (`max_prepared_statements` is left out; Debian 12's 1.18 does not know it yet). Debian 13's knows it, and gives each client's
// prepared statements names of its own, as it does by default.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { password, user } from "./account.js"
import { binary } from "./binary.js"
import { startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers, identity, isRoot } from "./identity.js"
import { freePort } from "./port.js"
import { answers } from "./postgres.js"
import { installedSystem } from "./system.js"

/**
 * `server`: the URL of the PostgreSQL server; `poolSize`: connections to it, for each database; `settings`: further lines.
 * `maps`: Debian 13's, in a folder of its own (a chroot), which needs root.
 */
export async function startPgBouncer(server, { poolSize = 3, settings = [], maps = false } = {}) {
  if (maps && !isRoot)
    throw new Error("PgBouncer 1.24 is installed into a chroot, which only root can make: run as root")
  const system = maps
    ? installedSystem("pgbouncer-trixie", {
        suite: "trixie",
        debianPackage: "pgbouncer",
        program: "/usr/sbin/pgbouncer",
      })
    : ""
  const { hostname, port: serverPort } = new URL(server)
  const folder = maps ? privateFolder("pgbouncer", join(system, "tmp")) : privateFolder("pgbouncer")
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
      `auth_file = ${users.slice(system.length)}`,
      "pool_mode = transaction",
      `default_pool_size = ${poolSize}`,
      "max_client_conn = 200",
      ...settings,
      "",
    ].join("\n"),
  )

  const through = (database) => {
    const url = new URL(database)
    url.hostname = "127.0.0.1"
    url.port = port
    return url.href
  }
  // chroot's change of user forgets what to do when the parent dies: say it again inside.
  const inside = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/sbin/pgbouncer", config.slice(system.length)]
  const [command, args, as] = maps
    ? ["chroot", [`--userspec=${identity.uid}:${identity.gid}`, system, ...inside], { asUser: {} }]
    : [binary("pgbouncer", { debianPackage: "pgbouncer" }), [config], {}]
  const daemon = await startDaemon(command, args, {
    log: folder.join("log"),
    answers: () => answers(through(server)),
    ...as,
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
