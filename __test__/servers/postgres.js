// A private PostgreSQL server in a temporary folder, on a free loopback port.
import { writeFileSync } from "node:fs"
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
  const initdb = binary("initdb", { debianPackage: "postgresql" })
  const folder = privateFolder("postgres")
  const data = folder.join("data")
  const secret = folder.join("password")
  writeFileSync(secret, password, { mode: 0o600 })
  giveToServers(secret)
  await runAsServer(initdb, [
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
  const start = () => startOn(data, { port, log: folder.join("log"), settings: extra })
  return restartable({ url, port, folder, start, data })
}

/** Starts a server on the folder `data`, which is there. `settings`: more of them. */
export function startOn(data, { port, log, settings: extra }) {
  const args = Object.entries({ ...settings, port, ...extra }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const url = serverUrl("postgres", port, { database: "postgres" })
  return startDaemon(binary("postgres", { debianPackage: "postgresql" }), ["-D", data, ...args], {
    log,
    answers: () => answers(url),
    // "Immediate shutdown": the postmaster takes its children with it, as SIGKILL would not.
    stopSignal: "SIGQUIT",
  })
}

export async function answers(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on("error", () => {})
  await client.connect()
  await client.end()
}
