// @auth/drizzle-adapter. drizzle-kit makes the tables.
import { DrizzleAdapter } from "@auth/drizzle-adapter"
import Database from "better-sqlite3"
import { drizzle as onSqlite } from "drizzle-orm/better-sqlite3"
import { drizzle as onMysql } from "drizzle-orm/mysql2"
import { drizzle as onPostgres } from "drizzle-orm/node-postgres"
import { createRequire } from "node:module"
import mysql from "mysql2/promise"
import pg from "pg"
import { tables } from "../drizzle-tables.js"

// The build of drizzle-kit that can be imported is CommonJS only.
const kit = createRequire(import.meta.url)("drizzle-kit/api")

const dialects = {
  sqlite({ path }) {
    const client = new Database(path)
    return {
      db: onSqlite(client),
      describe: kit.generateSQLiteDrizzleJson,
      migration: kit.generateSQLiteMigration,
      run: (statement) => client.exec(statement),
      close: () => client.close(),
    }
  },
  postgres({ url }) {
    const client = new pg.Pool({ connectionString: url, max: 4 })
    client.on("error", () => {}) // the database is dropped at the end
    return {
      db: onPostgres(client),
      describe: kit.generateDrizzleJson,
      migration: kit.generateMigration,
      run: (statement) => client.query(statement),
      close: () => client.end(),
    }
  },
  mysql({ url }) {
    const client = mysql.createPool({ uri: url, connectionLimit: 4 })
    return {
      db: onMysql(client),
      describe: kit.generateMySQLDrizzleJson,
      migration: kit.generateMySQLMigration,
      run: (statement) => client.query(statement),
      close: () => client.end(),
    }
  },
}

const laneOf = ({ url, path }) => (path ? "sqlite" : url.startsWith("mysql:") ? "mysql" : "postgres")

const peer = (name, lanes, options) => ({
  name,
  lanes,
  // It writes UTC into TIMESTAMP columns, which MySQL takes for the clock of its own zone.
  zoneOptions: { mysql: { timeZone: "server" } },
  authenticators: true,
  async open(database) {
    const lane = laneOf(database)
    const { db, describe, migration, run, close } = dialects[lane](database)
    const schema = tables(lane, options)
    for (const statement of await migration(await describe({}), await describe(schema))) await run(statement)
    return { adapter: DrizzleAdapter(db, schema), close }
  },
})

const all = ["sqlite", "postgres", "mysql"]
const moreFields = (kit) => ({
  password: kit.text("password"),
  role: kit.text("role").default("user"),
  createdAt: kit.date("createdAt").defaultNow(),
  updatedAt: kit.date("updatedAt").defaultNow(),
})

export default [
  peer("drizzle", all),
  peer("drizzle, prefix and snake_case", all, { prefix: "app_", snake: true, realKeys: true }),
  peer("drizzle, uuid", ["postgres"], { uuid: true, realKeys: true }),
  peer("drizzle, more user fields", ["postgres"], { realKeys: true, emailRequired: true, more: moreFields }),
]
