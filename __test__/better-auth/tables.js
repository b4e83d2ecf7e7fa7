// The tables that Better Auth itself makes (`auth migrate`), and its own adapter on them: its Kysely with the usual drivers.
//
// SQLite's files stay open until the process ends: closing one takes away the locks that this process's other copy of SQLite, ours, has on it
// (https://sqlite.org/howtocorrupt.html, 2.2.1). In an application, the command line that migrates is a process of its own.
import Database from "better-sqlite3"
import { createKyselyAdapter, kyselyAdapter } from "@better-auth/kysely-adapter"
import { getMigrations } from "better-auth/db/migration"
import mysql from "mysql2/promise"
import pg from "pg"

const files = new Map()
function fileOf(path) {
  if (!files.has(path)) files.set(path, new Database(path, { timeout: 10_000 }))
  return files.get(path)
}

/** What `betterAuth({ database })` takes for its own adapter on a lane's database. */
function driverOf({ url, path }) {
  if (path) return { driver: fileOf(path), close() {} }
  if (url.startsWith("postgres")) {
    const driver = new pg.Pool({ connectionString: url, max: 10 })
    driver.on("error", () => {})
    return { driver, close: () => driver.end() }
  }
  const driver = mysql.createPool({ uri: url, connectionLimit: 10, timezone: "Z" })
  return { driver, close: () => driver.end() }
}

/** Better Auth's own adapter, as our own is opened: `{ database, close }`. */
export async function openKysely(database) {
  const { driver, close } = driverOf(database)
  const { kysely, databaseType } = await createKyselyAdapter({ database: driver })
  return { database: kyselyAdapter(kysely, { type: databaseType, transaction: true }), close }
}

/** Makes the tables that these options need, and adds what is missing to those that are there. */
export async function migrate(database, options) {
  const { driver, close } = driverOf(database)
  try {
    await (await getMigrations({ ...options, database: driver })).runMigrations()
  } finally {
    await close()
  }
}

const lists = {
  sqlite: `SELECT name AS "table" FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
  postgres: `SELECT tablename AS "table" FROM pg_tables WHERE schemaname = current_schema()`,
  mysql: `SELECT table_name AS "table" FROM information_schema.tables WHERE table_schema = DATABASE()`,
}
const unchecked = { sqlite: "PRAGMA foreign_keys = OFF", mysql: "SET FOREIGN_KEY_CHECKS = 0" }

/** Leaves an empty database. */
export async function dropTables(lane, { rows }) {
  if (unchecked[lane.name]) await rows(unchecked[lane.name])
  const tables = (await rows(lists[lane.name])).map(({ table }) => `"${table}"`)
  // At once where that can be: each statement waits for the disk.
  if (lane.name === "sqlite") for (const table of tables) await rows(`DROP TABLE ${table}`)
  else if (tables.length) await rows(`DROP TABLE ${tables.join(", ")}${lane.name === "postgres" ? " CASCADE" : ""}`)
}
