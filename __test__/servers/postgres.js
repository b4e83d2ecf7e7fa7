// A private PostgreSQL server in a temporary folder, on a free loopback port.
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import pg from "pg"
import { password, serverUrl, user } from "./account.js"
import { binary } from "./binary.js"
import { runAsServer, startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { freePort } from "./port.js"
import { restartable } from "./restartable.js"

// Nothing here has to survive a power cut; a commit does survive a crash.
const settings = {
  fsync: "off",
  full_page_writes: "off",
  max_connections: "200",
  shared_buffers: "64MB",
  unix_socket_directories: "",
  listen_addresses: "127.0.0.1",
}

/** `extra`: more settings. */
export async function startPostgres({ settings: extra = {} } = {}) {
  const bin = dirname(binary("initdb", { debianPackage: "postgresql" }))
  const folder = privateFolder("postgres")
  const data = folder.join("data")
  const secret = folder.join("password")
  writeFileSync(secret, password, { mode: 0o600 })
  giveToServers(secret)
  await runAsServer(join(bin, "initdb"), [
    "--pgdata",
    data,
    "--username",
    user,
    "--pwfile",
    secret,
    "--auth",
    "scram-sha-256",
    "--encoding",
    "UTF8",
    "--no-locale",
    "--no-sync",
  ])

  const port = await freePort()
  const url = serverUrl("postgres", port, { database: "postgres" })
  const args = Object.entries({ ...settings, port, ...extra }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const start = () =>
    startDaemon(join(bin, "postgres"), ["-D", data, ...args], {
      log: folder.join("log"),
      answers: () => answers(url),
      // "Immediate shutdown": the postmaster takes its children with it, as SIGKILL would not.
      stopSignal: "SIGQUIT",
    })

  return restartable({ url, port, folder, start })
}

export async function answers(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on("error", () => {})
  await client.connect()
  await client.end()
}
