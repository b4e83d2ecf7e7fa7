// Two servers of one kind, of which one writes and the other follows it, and which change places once.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { password, user } from "./account.js"
import { binary } from "./binary.js"
import { runAsServer } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { startMariaDb } from "./mariadb.js"
import { startMySql9 } from "./mysql9.js"
import { freePort } from "./port.js"
import { startOn, startPostgres } from "./postgres.js"
import { restartable } from "./restartable.js"

/**
 * What each of the functions below resolves to. `writer` and `follower` are the servers, as they begin.
 * - `url(order, parameters)`: of both, "writer" or "follower" first, for an account that may not write where only reading is allowed.
 * - `closeWriter()`: the writer lives on, with its connections, and only reads; resolves when the follower has all that was written.
 * - `open()`: from now on the follower writes.
 * - `another()`: one more follower of the writer; `to(server)`: the URL of one server by itself.
 * - `pause(server)`, `resume(server)`: meanwhile the follower, or another one, applies nothing of what is written.
 * - `bringBack()`: the follower, which was killed, comes back as one.
 * - `catchUp(server)`: resolves when the follower, or another one, has all that was written.
 * - `stop()`
 */
function pair({ scheme, account, database, writer, follower, another, ...rest }) {
  const places = { writer: `127.0.0.1:${writer.port}`, follower: `127.0.0.1:${follower.port}` }
  const servers = [writer, follower]
  return {
    writer,
    follower,
    ...rest,
    another: async () => {
      servers.push(await another())
      return servers.at(-1)
    },
    to: ({ port }) => `${scheme}://${account}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    url: (first = "writer", parameters = "") => {
      const second = first === "writer" ? "follower" : "writer"
      const hosts = `${places[first]},${places[second]}`
      return `${scheme}://${account}:${encodeURIComponent(password)}@${hosts}/${database}${parameters}`
    },
    stop: () => Promise.all(servers.map((server) => server.stop())),
  }
}

export async function startPostgresPair() {
  const settings = { wal_level: "replica", max_wal_senders: "5", wal_keep_size: "256MB", hot_standby: "on" }
  const writer = await startPostgres({ settings })
  const source = (port) => `host=127.0.0.1 port=${port} user=${user} password='${password}'`
  const standby = async () => {
    const folder = privateFolder("postgres-standby")
    const data = folder.join("data")
    const backup = ["--pgdata", data, "--dbname", source(writer.port), "--write-recovery-conf", "--checkpoint", "fast"]
    await runAsServer(binary("pg_basebackup", { debianPackage: "postgresql" }), backup)
    const port = await freePort()
    const url = Object.assign(new URL(writer.url), { port }).href
    const start = () => startOn(data, { port, log: folder.join("log"), settings })
    return restartable({ url, port, folder, start, data })
  }
  const follower = await standby()
  const ask = async ({ url }, ...texts) => {
    const client = new pg.Client(url)
    await client.connect()
    let rows
    for (const text of texts) ({ rows } = await client.query(text))
    await client.end()
    return Object.values(rows[0] ?? {})[0]
  }
  return pair({
    ...{ scheme: "postgres", account: user, database: "postgres", writer, follower },
    closeWriter: async () => {
      await ask(writer, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
      // The sessions hear of it one by one, and end what they have begun.
      for (let [last, calm] = ["", 0]; calm < 5; await sleep(30)) {
        const written = await ask(writer, "SELECT pg_current_wal_lsn()")
        const follows = await ask(follower, `SELECT pg_last_wal_replay_lsn() >= '${written}'`)
        calm = follows && written === last ? calm + 1 : 0
        last = written
      }
    },
    open: () => ask(follower, "SELECT pg_promote()"),
    another: standby,
    pause: async (server = follower) => {
      await ask(server, "SELECT pg_wal_replay_pause()")
      while ((await ask(server, "SELECT pg_get_wal_replay_pause_state()")) !== "paused") await sleep(10)
    },
    resume: (server = follower) => ask(server, "SELECT pg_wal_replay_resume()"),
    bringBack: () => follower.begin(),
    catchUp: async (server = follower) => {
      const written = await ask(writer, "SELECT pg_current_wal_insert_lsn()")
      while (!(await ask(server, `SELECT pg_last_wal_replay_lsn() >= '${written}'`))) await sleep(10)
    },
    /** From now on a standby follows `leader`, or none; resolves when it has heard of it. */
    lead: async (server, leader) => {
      const settings = leader ? source(leader.port).replaceAll("'", "''") : ""
      await ask(server, `ALTER SYSTEM SET primary_conninfo = '${settings}'`, "SELECT pg_reload_conf()")
      const receives = "SELECT count(*)::int FROM pg_stat_wal_receiver WHERE status = 'streaming'"
      while ((await ask(server, receives)) !== (leader ? 1 : 0)) await sleep(10)
    },
    /** How far a server is in the log, in bytes. */
    place: async (server) =>
      Number(
        await ask(
          server,
          `SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
            - '0/0'::pg_lsn)::text`,
        ),
      ),
    /** After the writer has ended: it comes back, and follows the other one. */
    follow: async () => {
      const settings = `primary_conninfo = '${source(follower.port).replaceAll("'", "''")}'\n`
      for (const [name, text] of Object.entries({ "postgresql.auto.conf": settings, "standby.signal": "" })) {
        writeFileSync(join(writer.data, name), text)
        giveToServers(join(writer.data, name))
      }
      await writer.begin()
    },
  })
}

/** `flavour`: "mariadb" or "mysql". */
export async function startMySqlPair(flavour) {
  const { start, args, follow, caughtUp, close, open } = flavours[flavour]
  const [writer, follower] = [await start({ args: args(1) }), await start({ args: args(2) })]
  let servers = 2
  const ask = async ({ url }, ...texts) => {
    const client = await mysql.createConnection(url)
    let rows
    for (const text of texts) [rows] = await client.query(text)
    await client.end()
    return Object.values(rows[0] ?? {})[0]
  }
  await ask(follower, ...follow(writer), ...close)
  await ask(
    writer,
    "CREATE DATABASE auth",
    `CREATE USER 'app'@'%' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON auth.* TO 'app'@'%'",
  )
  const follows = async (server = follower) => {
    const [position, wait] = caughtUp
    await ask(server, wait(await ask(writer, position)))
  }
  await follows()
  return pair({
    ...{ scheme: "mysql", account: "app", database: "auth", writer, follower },
    closeWriter: async () => {
      await ask(writer, ...close)
      await follows()
    },
    open: () => ask(follower, ...open),
    another: async () => {
      const server = await start({ args: args(++servers) })
      await ask(server, ...follow(writer), ...close)
      await follows(server)
      return server
    },
    pause: (server = follower) => ask(server, "STOP REPLICA SQL_THREAD"),
    resume: (server = follower) => ask(server, "START REPLICA SQL_THREAD"),
    catchUp: follows,
    bringBack: async () => {
      await follower.begin()
      await ask(follower, ...close)
    },
  })
}

const flavours = {
  mariadb: {
    start: startMariaDb,
    args: (id) => ["--log-bin=log", `--server-id=${id}`, "--log-slave-updates"],
    follow: ({ port }) => [
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='${user}',
        MASTER_PASSWORD='${password}', MASTER_USE_GTID=slave_pos`,
      "START SLAVE",
    ],
    close: ["SET GLOBAL read_only = ON"],
    caughtUp: ["SELECT @@gtid_binlog_pos", (position) => `SELECT MASTER_GTID_WAIT('${position}', 20)`],
    open: ["STOP SLAVE", "SET GLOBAL read_only = OFF"],
  },
  mysql: {
    start: startMySql9,
    args: (id) => ["--log-bin=log", `--server-id=${id}`, "--gtid-mode=ON", "--enforce-gtid-consistency=ON"],
    follow: ({ port }) => [
      "RESET BINARY LOGS AND GTIDS",
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, SOURCE_USER='${user}',
        SOURCE_PASSWORD='${password}', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1`,
      "START REPLICA",
    ],
    close: ["SET GLOBAL super_read_only = ON"],
    caughtUp: ["SELECT @@gtid_executed", (position) => `SELECT WAIT_FOR_EXECUTED_GTID_SET('${position}', 20)`],
    open: ["STOP REPLICA", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF"],
  },
}
