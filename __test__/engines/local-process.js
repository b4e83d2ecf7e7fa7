// A process that serves local PostgreSQLs, each with a database of its own: PGlite's socket servers, or those of `prisma dev`.
// Its parent asks for one with `{}`, and ends one with `{ end: url }`.
import pg from "pg"
import { freePort } from "../servers/port.js"

const [engine] = process.argv.slice(2)

let template
async function startPglite() {
  const { PGlite } = await import("@electric-sql/pglite")
  const { PGLiteSocketServer } = await import("@electric-sql/pglite-socket")
  // Making an empty database takes seconds, copying one does not.
  template ??= await PGlite.create().then((db) => db.dumpDataDir("none").finally(() => db.close()))
  const db = await PGlite.create({ loadDataDir: template })
  const port = await freePort()
  // One connection at a time is all that it takes unless it is told otherwise.
  const server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: 100 })
  await server.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    end: () => server.stop().then(() => db.close()),
  }
}

/** Emptied servers, which serve again: starting one takes seconds. */
const idle = []

async function startPrismaDev() {
  const url = idle.pop() ?? (await newPrismaDev())
  const end = async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 10_000 })
    await client.connect()
    await client.query(EMPTY)
    await client.end()
    idle.push(url)
  }
  return { url, end }
}

const EMPTY = `DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg|_prisma)_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
  CREATE SCHEMA public;
END $$`

async function newPrismaDev() {
  const { startPrismaDevServer } = await import("@prisma/dev")
  const port = await freePort()
  const { database } = await startPrismaDevServer({
    name: `tests-${port}`,
    persistenceMode: "stateless",
    port,
    databasePort: await freePort(),
    shadowDatabasePort: await freePort(),
    streamsPort: await freePort(),
  })
  return database.connectionString
}

const start = { pglite: startPglite, "prisma-dev": startPrismaDev }[engine]
const running = new Map()
process.on("message", async ({ end }) => {
  try {
    if (end) {
      await running.get(end)()
      running.delete(end)
      process.send({})
    } else {
      const { url, end } = await start()
      running.set(url, end)
      process.send({ url })
    }
  } catch (error) {
    process.send({ failure: error.stack })
  }
})
process.on("disconnect", () => process.exit())
process.send({ ready: true })
