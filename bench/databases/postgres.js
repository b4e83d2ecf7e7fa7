import pg from "pg"
import { RustAdapter } from "../../index.js"
import { startPostgres } from "../../__test__/servers/postgres.js"
import { verified } from "../data.js"
import { layouts, tablesOf } from "../layouts.js"

export const title = "PostgreSQL"
const BATCH = 500_000

const settings = { timezone: "UTC", shared_buffers: "256MB", max_wal_size: "4GB" }
const large = { shared_buffers: "2GB", maintenance_work_mem: "1GB", max_wal_size: "8GB", autovacuum: "off" }

const durable = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" }

/** `disk`: each commit waits for it. `settings`: more of the server's. */
export async function start({ scale = false, disk = false, settings: extra = {} } = {}) {
  const server = await startPostgres({ settings: { ...settings, ...(scale && large), ...(disk && durable), ...extra } })
  const [{ server_version: version }] = await query(server.url, "SHOW server_version")
  return { version, create: (layout, name) => create(server.url, layout, name), stop: server.stop, url: server.url }
}

async function create(server, layout, name = layout) {
  const url = new URL(server)
  url.pathname = `/${name}`
  await query(server, `CREATE DATABASE "${name}"`)
  if (layout === "own") await migrate(url.href)
  else await query(url.href, tablesOf(layout, "postgres"))
  return url.href
}

async function migrate(url) {
  const adapter = RustAdapter(url, { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
}

const uuid = (text) => `md5(${text})::uuid`

/** Generates users, sessions and, `withAccounts`, an account for each user, inside the database. */
export async function fill(url, layout, { users, sessions, expires, withAccounts = false }, onProgress = () => {}) {
  const { user, session, account, userId } = layouts[layout]
  const idOf = {
    text: (i) => `${uuid(`'user ' || ${i}`)}::text`,
    uuid: (i) => uuid(`'user ' || ${i}`),
    serial: (i) => `(${i}) + 1`,
  }[userId]
  const client = await connect(url)
  // The rows are known to refer to each other.
  await client.query("SET session_replication_role = replica")
  // In the order of the key, within a batch: random order would touch every page of a large index for every row.
  const inBatches = async (rows, statement) => {
    for (let from = 0; from < rows; from += BATCH) {
      await client.query(statement(`generate_series(${from}, ${Math.min(from + BATCH, rows) - 1}) AS i ORDER BY 1`))
      onProgress(Math.min(from + BATCH, rows))
    }
  }
  await inBatches(
    users,
    (series) => `INSERT INTO "${user}" (id, name, email, "emailVerified", image)
    SELECT ${idOf("i")}, 'User ' || i, 'user-' || i || '@example.com', timestamptz '${verified.toISOString()}',
      'https://example.com/' || i || '.png' FROM ${series}`,
  )
  const [id, number] = userId === "serial" ? [", id", ", i + 1"] : ["", ""]
  await inBatches(
    sessions,
    (series) => `INSERT INTO "${session}" ("sessionToken", "userId", expires${id})
    SELECT ${uuid("'session ' || i")}::text, ${idOf(`i % ${users}`)}, timestamptz '${expires.toISOString()}'${number} FROM ${series}`,
  )
  if (userId === "serial") {
    for (const [table, rows] of [
      [user, users],
      [session, sessions],
    ]) {
      await client.query(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${rows})`)
    }
  }
  if (withAccounts) {
    await inBatches(
      users,
      (series) => `INSERT INTO "${account}" ("providerAccountId", "userId", type, provider)
      SELECT ${uuid("'account ' || i")}::text, ${idOf("i")}, 'oauth', 'github' FROM ${series}`,
    )
  }
  await client.query("VACUUM ANALYZE")
  await client.end()
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

async function query(url, sql) {
  const client = await connect(url)
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
