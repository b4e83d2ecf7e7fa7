import pg from "pg"
import { serverUrl, stored, uniqueName, withDatabase } from "./tables.js"

const { builtins } = pg.types
const epochMs = (text) => Date.parse(text)
const parsers = {
  [builtins.INT8]: Number,
  [builtins.TIMESTAMPTZ]: epochMs,
  [builtins.TIMESTAMP]: (text) => epochMs(`${text}Z`),
}
export const types = { getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format) }

/** What adapters connect to may stand between them and the server: the URL of a pooler, from the environment. */
const through = (url) => {
  const pooler = process.env.TEST_POSTGRES_THROUGH
  if (!pooler) return url
  const { hostname, port } = new URL(pooler)
  return Object.assign(new URL(url), { hostname, port }).href
}

/** `server`: the URL of another server than the environment's. */
export async function open(server = serverUrl("TEST_POSTGRES_URL")) {
  await run(server, "SELECT 1")
  return {
    dialect: "postgres",
    quote: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
    create: () => create(server),
  }
}

async function create(server) {
  const name = uniqueName()
  await run(server, `CREATE DATABASE ${name}`)
  const url = withDatabase(server, name)
  let connection
  const rows = async (sql, ...params) => {
    connection ??= connect(url)
    let position = 0
    return (
      await (
        await connection
      ).query(
        sql.replace(/\?/g, () => `$${++position}`),
        params,
      )
    ).rows
  }
  return {
    url: through(url),
    rows,
    stored: (table) => stored(rows, table),
    close: async () => {
      await (await connection)?.end()
      await run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url, types, connectionTimeoutMillis: 10_000 })
  // A server that a spec restarts breaks this connection: the next query says so.
  client.on("error", () => {})
  await client.connect()
  return client
}

async function run(url, sql) {
  const client = await connect(url)
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
