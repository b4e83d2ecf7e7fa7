// The layout that Better Auth generates for Drizzle, made by drizzle-kit; and Better Auth's adapter for Drizzle on it.
import { drizzleAdapter } from "better-auth/adapters/drizzle"
import Database from "better-sqlite3"
import { drizzle as onSqlite } from "drizzle-orm/better-sqlite3"
import { drizzle as onMysql } from "drizzle-orm/mysql2"
import { drizzle as onPostgres } from "drizzle-orm/node-postgres"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import mysql from "mysql2/promise"
import pg from "pg"
import { drizzleSchema } from "./generators.js"

// The build of drizzle-kit that can be imported is CommonJS only.
const kit = createRequire(new URL("../../swap-in/package.json", import.meta.url))("drizzle-kit/api")

const dialects = {
  sqlite: {
    provider: "sqlite",
    describe: kit.generateSQLiteDrizzleJson,
    migration: kit.generateSQLiteMigration,
    connect({ path }, schema) {
      const client = new Database(path)
      return {
        db: onSqlite(client, { schema }),
        run: (statement) => client.exec(statement),
        close: () => client.close(),
      }
    },
  },
  postgres: {
    provider: "pg",
    describe: kit.generateDrizzleJson,
    migration: kit.generateMigration,
    connect({ url }, schema) {
      const client = new pg.Pool({ connectionString: url, max: 10 })
      client.on("error", () => {}) // the database is dropped at the end
      return {
        db: onPostgres(client, { schema }),
        run: (statement) => client.query(statement),
        close: () => client.end(),
      }
    },
  },
  mysql: {
    provider: "mysql",
    describe: kit.generateMySQLDrizzleJson,
    migration: kit.generateMySQLMigration,
    connect({ url }, schema) {
      const client = mysql.createPool({ uri: url, connectionLimit: 10 })
      return {
        db: onMysql(client, { schema, mode: "default" }),
        run: (statement) => client.query(statement),
        close: () => client.end(),
      }
    },
  },
}

const generated = new URL("generated/", import.meta.url)

/** `edited`: what the application makes of the schema that is generated. */
export async function open(lane, database, options, adapterConfig = {}, edited = (code) => code) {
  const { provider, describe, migration, connect } = dialects[lane.name]
  const code = await drizzleSchema(provider, options, adapterConfig)
  mkdirSync(generated, { recursive: true })
  const file = new URL(`drizzle-${lane.name}-${process.pid}-${Date.now()}.mjs`, generated)
  writeFileSync(file, edited(code)) // plain JavaScript, as it happens
  const schema = await import(file).finally(() => rmSync(file))
  const { db, run, close } = connect(database, schema)
  for (const statement of await migration(await describe({}), await describe({ ...schema }))) await run(statement)
  return {
    database: drizzleAdapter(db, { provider, schema, transaction: lane.name !== "sqlite", ...adapterConfig }),
    close,
  }
}
