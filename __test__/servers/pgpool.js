// Pgpool-II in front of a PostgreSQL primary and its standby: it sends what only reads to either, and what writes to the primary.
import { writeFileSync } from "node:fs"
import { password, user } from "./account.js"
import { binary } from "./binary.js"
import { startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { freePort } from "./port.js"
import { answers } from "./postgres.js"

/** `nodes`: the servers, as `{ url, port }`; `settings`: more of Pgpool's. */
export async function startPgpool(nodes, { settings = {} } = {}) {
  const pgpool = binary("pgpool", { debianPackage: "pgpool2" })
  const [port, control] = [await freePort(), await freePort()]
  const folder = privateFolder("pgpool")
  const write = (name, text) => {
    const path = folder.join(name)
    writeFileSync(path, text, { mode: 0o600 })
    giveToServers(path)
    return path
  }
  const quoted = (value) => `'${String(value).replaceAll("'", "''")}'`
  const configured = {
    backend_clustering_mode: "streaming_replication",
    listen_addresses: "127.0.0.1",
    port,
    pcp_port: control,
    pcp_listen_addresses: "127.0.0.1",
    socket_dir: folder.path,
    pcp_socket_dir: folder.path,
    pid_file_name: folder.join("pid"),
    logdir: folder.path,
    ...Object.fromEntries(
      nodes.flatMap(({ port: server }, number) => [
        [`backend_hostname${number}`, "127.0.0.1"],
        [`backend_port${number}`, server],
        [`backend_weight${number}`, 1],
        [`backend_flag${number}`, "DISALLOW_TO_FAILOVER"],
        [`backend_application_name${number}`, `node${number}`],
      ]),
    ),
    sr_check_user: user,
    sr_check_period: 1,
    health_check_period: 0,
    load_balance_mode: "on",
    num_init_children: 60,
    max_pool: 1,
    sr_check_password: password,
    // It asks clients for their password, and signs in to the servers with it.
    enable_pool_hba: "off",
    pool_passwd: "",
    allow_clear_text_frontend_auth: "on",
    use_watchdog: "off",
    ...settings,
  }
  const config = write(
    "pgpool.conf",
    Object.entries(configured)
      .map(([name, value]) => `${name} = ${quoted(value)}\n`)
      .join(""),
  )
  const pcp = write("pcp.conf", "")
  const hba = write("pool_hba.conf", "")
  const key = write("key", "unused\n")

  const through = (database) => Object.assign(new URL(database), { hostname: "127.0.0.1", port }).href
  const daemon = await startDaemon(pgpool, ["-n", "-f", config, "-F", pcp, "-a", hba, "-k", key], {
    log: folder.join("log"),
    answers: () => answers(through(nodes[0].url)),
    // It ends its children.
    stopSignal: "SIGINT",
  })
  return {
    /** The URL that reaches `database` (a URL of a server) through Pgpool. */
    through,
    url: through(nodes[0].url),
    port,
    stop: async () => {
      await daemon.stop()
      folder.remove()
    },
  }
}
