// The engines: how each is started, in which environment the specs run on it, and which scenes are played.
//
// `start()` answers `{ version, environment, scenes, stop }`. A scene has a title, and runs when it is called.
import { randomUUID } from "node:crypto"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { newVerificationToken } from "../contract/rows.js"
import { withDatabase } from "../databases/tables.js"
import { startGalera } from "../servers/galera.js"
import { startGroupReplication } from "../servers/group-replication.js"
import { startHaproxy } from "../servers/haproxy.js"
import { answers as answersMySql } from "../servers/mariadb.js"
import { startPgpool } from "../servers/pgpool.js"
import { answers as answersPostgres } from "../servers/postgres.js"
import { startPostgresPair } from "../servers/pair.js"
import {
  conflictingUpdates,
  killedUnderLoad,
  refusedWrites,
  severalProcesses,
  singleUse,
  staleReads,
} from "./scenes.js"

export const engines = {
  pglite: { title: "PGlite's socket server", start: () => local("pglite") },
  "prisma-dev": { title: "prisma dev", start: () => local("prisma-dev") },
  galera: { title: "Galera of three MariaDB nodes", start: galera },
  "group-replication": { title: "MySQL 9 Group Replication of three", start: groupReplication },
  haproxy: { title: "a PostgreSQL pair behind HAProxy", start: haproxy },
  pgpool: { title: "a PostgreSQL pair behind Pgpool-II", start: pgpool },
}

const clients = {
  mysql: async (url, sql, params = []) => {
    const connection = await mysql.createConnection({ uri: url, connectTimeout: 2000 })
    try {
      return (await connection.query(sql, params))[0]
    } finally {
      await connection.end()
    }
  },
}

/** A database with our tables: through `url`, and the same on other servers. */
async function tables(url, create) {
  const name = `engine_${randomUUID().slice(0, 8)}`
  await create(`CREATE DATABASE ${name}`)
  const on = (server) => withDatabase(server, name)
  const adapter = RustAdapter(on(url), { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
  return on
}

/** The same database by another URL: adapters with the same one share their connections. */
function another(url) {
  const changed = new URL(url)
  changed.searchParams.set("application_name", "another")
  return changed.href
}

/** One URL that lists the servers of all these. */
function listed(urls) {
  const hosts = urls.map((url) => new URL(url).host)
  return urls[0].replace(hosts[0], hosts.join())
}

/** A group of its own for a scene in which a server dies: `start` starts it. */
async function apart(start, scene) {
  const group = await start()
  try {
    return await scene(group)
  } finally {
    await group.stop()
  }
}

const quoted = { "mysql:": "`verificationToken`", "postgres:": '"verificationToken"' }
/** Whether a token has reached a server, by a connection of another client's that stays open. */
function observer() {
  const connections = new Map()
  return {
    isThere: async (url, { identifier }) => {
      if (!connections.has(url)) connections.set(url, await mysql.createConnection(url))
      const [rows] = await connections
        .get(url)
        .query(`SELECT 1 FROM ${quoted["mysql:"]} WHERE identifier = ?`, [identifier])
      return rows.length === 1
    },
    close: () => Promise.all([...connections.values()].map((connection) => connection.end())),
  }
}

async function galera() {
  const { nodes, stop } = await startGalera()
  const urls = nodes.map(({ url }) => url)
  const [[{ version }], [{ provider }]] = [
    await clients.mysql(urls[0], "SELECT VERSION() AS version"),
    await clients.mysql(
      urls[0],
      "SELECT variable_value AS provider FROM information_schema.global_status WHERE variable_name = 'wsrep_provider_version'",
    ),
  ]
  const on = await tables(urls[0], (sql) => clients.mysql(urls[0], sql))
  const all = urls.map(on)
  const proxy = await startHaproxy(nodes, {
    serves: (url) => answersMySql(url).then(() => true),
    answers: answersMySql,
  })
  const setAll = (sql) => Promise.all(urls.map((url) => clients.mysql(url, sql)))
  const scenes = {
    "one token, two nodes": () => observed((isThere) => singleUse({ urls: all.slice(0, 2), isThere })),
    "one token, three nodes": () => observed((isThere) => singleUse({ urls: all, isThere, callers: 1 })),
    "one session updated through three nodes": () => conflictingUpdates({ urls: all }),
    "a session read on another node": () => staleReads({ urls: all }),
    "a session read on another node, wsrep_sync_wait = 1": async () => {
      await setAll("SET GLOBAL wsrep_sync_wait = 1")
      const { figures, wrong } = await staleReads({ urls: all })
      await setAll("SET GLOBAL wsrep_sync_wait = 0")
      return { figures, wrong: figures.stale ? [...wrong, `${figures.stale} reads were stale`] : wrong }
    },
    "kill -9 of the node in use, behind HAProxy": () =>
      killedUnderLoad({ url: on(proxy.url), kill: nodes[0].kill, check: all[1], settled: 2000 }),
  }
  scenes["kill -9 of the node in use, a list of hosts"] = () =>
    apart(startGalera, async ({ nodes: others }) => {
      const own = others.map(({ url }) => url)
      const there = own.map(await tables(own[0], (sql) => clients.mysql(own[0], sql)))
      return killedUnderLoad({ url: listed(there), kill: others[0].kill, check: there[1], settled: 2000 })
    })
  return {
    version: `MariaDB ${version}, Galera ${provider}`,
    environment: { TEST_DATABASES: "mysql", TEST_MYSQL_URL: urls[0] },
    scenes,
    stop: () => proxy.stop().then(stop),
  }
}

async function observed(scene) {
  const { isThere, close } = observer()
  try {
    return await scene(isThere)
  } finally {
    await close()
  }
}

async function groupReplication() {
  const { nodes, stop } = await startGroupReplication()
  const urls = nodes.map(({ url }) => url)
  const [{ version }] = await clients.mysql(urls[0], "SELECT VERSION() AS version")
  const on = await tables(urls[0], (sql) => clients.mysql(urls[0], sql))
  const all = urls.map(on)
  const writes = async (url) => {
    const [row] = await clients.mysql(
      url,
      "SELECT member_role AS role, member_state AS state, @@super_read_only AS locked FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid",
    )
    return row?.role === "PRIMARY" && row.state === "ONLINE" && !row.locked
  }
  const proxy = await startHaproxy(nodes, { serves: writes, answers: answersMySql })
  const setAll = (sql) => Promise.all(urls.map((url) => clients.mysql(url, sql)))
  const scenes = {
    "one token, two adapters on the primary": () =>
      observed((isThere) => singleUse({ urls: [all[0], on(proxy.url)], isThere })),
    "one token, the primary and a secondary": () =>
      observed((isThere) => singleUse({ urls: all.slice(0, 2), isThere })),
    "a session read on a secondary": () => staleReads({ urls: all }),
    "a session read on a secondary, group_replication_consistency = AFTER": async () => {
      await setAll("SET GLOBAL group_replication_consistency = 'AFTER'")
      const { figures, wrong } = await staleReads({ urls: all })
      await setAll("SET GLOBAL group_replication_consistency = 'BEFORE_ON_PRIMARY_FAILOVER'")
      return { figures, wrong: figures.stale ? [...wrong, `${figures.stale} reads were stale`] : wrong }
    },
    "a table without a primary key": async () => {
      const url = on(urls[0])
      await clients.mysql(url, "ALTER TABLE verificationToken DROP PRIMARY KEY")
      const adapter = RustAdapter(url)
      const error = await adapter.createVerificationToken(newVerificationToken()).catch((error) => error)
      await adapter.close()
      await clients.mysql(url, "ALTER TABLE verificationToken ADD PRIMARY KEY (identifier, token)")
      const named = error.code === "ERR_SCHEMA" && /primary key/.test(error.message)
      return { figures: { [error.code]: 1 }, wrong: named ? [] : [String(error.stack)] }
    },
    "kill -9 of the primary, behind HAProxy": () =>
      killedUnderLoad({ url: on(proxy.url), kill: nodes[0].kill, check: all[1], seconds: 25 }),
  }
  scenes["kill -9 of the primary, a list of hosts"] = () =>
    apart(startGroupReplication, async ({ nodes: others }) => {
      const own = others.map(({ url }) => url)
      const there = own.map(await tables(own[0], (sql) => clients.mysql(own[0], sql)))
      const kill = others[0].kill
      return killedUnderLoad({ url: listed(there), kill, check: there[1], seconds: 25 })
    })
  return {
    version: `MySQL ${version}`,
    environment: { TEST_DATABASES: "mysql", TEST_MYSQL_URL: urls[0] },
    scenes,
    stop: () => proxy.stop().then(stop),
  }
}

async function query(url, sql) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 5000 })
  client.on("error", () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Whether the server at `url` takes writes. */
const isPrimary = async (url) => !(await query(url, "SELECT pg_is_in_recovery() AS standby"))[0].standby

/** A setting of the primary from now on. */
const set = async ({ url }, name, value) => {
  await query(url, `ALTER SYSTEM SET ${name} = '${value}'`)
  await query(url, "SELECT pg_reload_conf()")
}

const isThere = async (url, { identifier }) =>
  (await query(url, `SELECT 1 FROM "verificationToken" WHERE identifier = '${identifier}'`)).length === 1

const postgresVersion = async (url) => (await query(url, "SHOW server_version"))[0].server_version

async function haproxy() {
  const pair = await startPostgresPair()
  const { writer: primary, follower: standby } = pair
  const proxy = await startHaproxy([primary, standby], { serves: isPrimary, answers: answersPostgres })
  const on = await tables(proxy.url, (sql) => query(proxy.url, sql))
  const scenes = {
    "one token, two adapters": () => singleUse({ urls: [on(proxy.url), on(primary.url)], isThere }),
    "a session read on the standby": () => staleReads({ urls: [on(proxy.url), on(standby.url)] }),
    "a session read on the standby, synchronous_commit = remote_apply": async () => {
      await set(primary, "synchronous_commit", "remote_apply")
      await set(primary, "synchronous_standby_names", "*")
      const { figures, wrong } = await staleReads({ urls: [on(proxy.url), on(standby.url)] })
      return { figures, wrong: figures.stale ? [...wrong, `${figures.stale} reads were stale`] : wrong }
    },
    // The standby has what has been acknowledged, since the primary waits for it.
    "kill of the primary, the standby promoted at once": () =>
      killedUnderLoad({
        url: on(proxy.url),
        kill: async () => {
          await primary.kill()
          await pair.open()
        },
        check: on(standby.url),
      }),
  }
  scenes["kill of the primary, the standby promoted at once, a list of hosts"] = () =>
    apart(startPostgresPair, async ({ writer, follower, open }) => {
      const there = [writer.url, follower.url].map(await tables(writer.url, (sql) => query(writer.url, sql)))
      await set(writer, "synchronous_standby_names", "*")
      const kill = () => writer.kill().then(open)
      return killedUnderLoad({ url: listed(there), kill, check: there[1] })
    })
  return {
    version: `PostgreSQL ${await postgresVersion(primary.url)}`,
    environment: { TEST_DATABASES: "postgres", TEST_POSTGRES_URL: proxy.url },
    scenes,
    stop: () => proxy.stop().then(pair.stop),
  }
}

async function pgpool() {
  // With every acknowledged write on the standby, whichever server Pgpool chooses has what has been written.
  const pair = await startPostgresPair()
  const { writer: primary, follower: standby } = pair
  await set(primary, "synchronous_standby_names", "*")
  await set(primary, "synchronous_commit", "remote_apply")
  const balancing = await startPgpool([primary, standby])
  const redirecting = await startPgpool([primary, standby], {
    settings: { app_name_redirect_preference_list: "rust-auth-adapter:primary" },
  })
  const on = await tables(primary.url, (sql) => query(primary.url, sql))
  const scenes = {
    "one token, two adapters": () =>
      singleUse({
        urls: [on(balancing.url), on(balancing.url)],
        isThere: (_, token) => isThere(on(primary.url), token),
      }),
    "a session read by another adapter, synchronous_commit = remote_apply": async () => {
      const { figures, wrong } = await staleReads({
        urls: [on(balancing.url), another(on(balancing.url))],
      })
      return { figures, wrong: figures.stale ? [...wrong, `${figures.stale} reads were stale`] : wrong }
    },
    "a session read by another adapter, synchronous_commit = local": async () => {
      await set(primary, "synchronous_commit", "local")
      const { figures, wrong } = await staleReads({
        urls: [on(balancing.url), another(on(balancing.url))],
      })
      const [, standby] = await query(on(balancing.url), "SHOW pool_nodes")
      return { figures: { ...figures, "SELECTs on the standby": standby.select_cnt }, wrong }
    },
    "the same, app_name_redirect_preference_list = 'rust-auth-adapter:primary'": async () => {
      // Two adapters: the URLs differ.
      const urls = [on(redirecting.url), `${on(redirecting.url)}?application_name=rust-auth-adapter`]
      const { figures, wrong } = await staleReads({ urls })
      const [, standby] = await query(on(redirecting.url), "SHOW pool_nodes")
      figures["SELECTs on the standby"] = standby.select_cnt
      return { figures, wrong: figures.stale ? [...wrong, `${figures.stale} reads were stale`] : wrong }
    },
  }
  const version = (await query(on(balancing.url), "SHOW pool_version"))[0].pool_version
  return {
    version: `Pgpool-II ${version}, PostgreSQL ${await postgresVersion(primary.url)}`,
    environment: { TEST_DATABASES: "postgres", TEST_POSTGRES_URL: primary.url, TEST_POSTGRES_THROUGH: balancing.url },
    scenes,
    stop: () => Promise.all([balancing.stop(), redirecting.stop()]).then(pair.stop),
  }
}

/** How many clients the server at `url` takes, up to twelve. */
async function places(url) {
  const clients = []
  try {
    while (clients.length < 12) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 })
      client.on("error", () => {})
      await client.connect()
      clients.push(client)
    }
  } catch {
    // It was one too many.
  }
  await Promise.all(clients.map((client) => client.end()))
  return clients.length
}

async function local(engine) {
  const { open } = await import(`../databases/${engine}.js`)
  const lane = await open()
  const database = await lane.create()
  const { version } = (await database.rows("SELECT version() AS version"))[0]
  const adapter = RustAdapter(database.url, { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
  const there = async (_, { identifier }) =>
    (await database.rows('SELECT 1 FROM "verificationToken" WHERE identifier = ?', identifier)).length === 1
  return {
    version: version.replace(/ on .*/, ""),
    environment: { TEST_DATABASES: "postgres", TEST_POSTGRES_LANE: engine },
    scenes: {
      "one token, two adapters": () => singleUse({ urls: [database.url, another(database.url)], isThere: there }),
      "three processes": () => severalProcesses({ url: database.url, rounds: engine === "pglite" ? 10 : 4 }),
      "writes that a key refuses": () =>
        refusedWrites({ urls: [database.url, another(database.url)], places: () => places(database.url) }),
    },
    stop: () => database.close(),
  }
}
