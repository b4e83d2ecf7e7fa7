// Who takes part. A contestant is
//   name       as in the tables
//   database   postgres, mysql or sqlite
//   module     exports `open(url, data)`, which returns the adapter's methods (those that the works use) and `close`
//   layout     the tables it works on
//   kind       "adapter", "driver" (no adapter: what is possible by hand) or "limit"
//   packages   what an application installs for it; `@auth/core` is in every application
//   runtime    "bun" where it is not Node
//   child      its process, where it is not child.js

const adapter = (name, database, module, layout, packages) => ({
  name,
  database,
  module,
  layout,
  packages,
  kind: "adapter",
})
const driver = (name, database, module, options) => ({
  name,
  database,
  module,
  layout: "own",
  kind: "driver",
  ...options,
})
const ours = (database) => adapter("rust-auth-adapter", database, "rust-auth-adapter.js", "own", [])
const memory = (database) => ({ name: "in memory", database, module: "memory.js", layout: "own", kind: "limit" })

export const contestants = [
  ours("postgres"),
  adapter("Drizzle", "postgres", "drizzle-postgres.js", "drizzle", ["@auth/drizzle-adapter", "drizzle-orm", "pg"]),
  adapter("Prisma", "postgres", "prisma-postgres.js", "prisma", [
    "@auth/prisma-adapter",
    "@prisma/client",
    "@prisma/adapter-pg",
  ]),
  adapter("@auth/pg-adapter", "postgres", "pg-adapter.js", "pg", ["@auth/pg-adapter", "pg"]),
  adapter("Kysely", "postgres", "kysely-postgres.js", "kysely", ["@auth/kysely-adapter", "kysely", "pg"]),
  driver("pg", "postgres", "pg.js", { packages: ["pg"] }),
  driver("pg, pipelined", "postgres", "pg-pipelined.js", { packages: ["pg"] }),
  driver("Bun.SQL", "postgres", "bun-sql.js", { runtime: "bun" }),
  { name: "pgbench", database: "postgres", kind: "limit", layout: "own" },
  memory("postgres"),

  ours("mysql"),
  adapter("Drizzle", "mysql", "drizzle-mysql.js", "drizzle", ["@auth/drizzle-adapter", "drizzle-orm", "mysql2"]),
  adapter("Prisma", "mysql", "prisma-mysql.js", "prisma", [
    "@auth/prisma-adapter",
    "@prisma/client",
    "@prisma/adapter-mariadb",
  ]),
  adapter("Kysely", "mysql", "kysely-mysql.js", "kysely", ["@auth/kysely-adapter", "kysely", "mysql2"]),
  driver("mysql2", "mysql", "mysql2.js", { packages: ["mysql2"] }),
  driver("Bun.SQL", "mysql", "bun-sql.js", { runtime: "bun" }),
  memory("mysql"),

  ours("sqlite"),
  adapter("Drizzle", "sqlite", "drizzle-sqlite.js", "drizzle", [
    "@auth/drizzle-adapter",
    "drizzle-orm",
    "better-sqlite3",
  ]),
  adapter("Prisma", "sqlite", "prisma-sqlite.js", "prisma", [
    "@auth/prisma-adapter",
    "@prisma/client",
    "@prisma/adapter-better-sqlite3",
  ]),
  adapter("Kysely", "sqlite", "kysely-sqlite.js", "kysely", ["@auth/kysely-adapter", "kysely", "better-sqlite3"]),
  driver("better-sqlite3", "sqlite", "better-sqlite3.js", { packages: ["better-sqlite3"] }),
  driver("bun:sqlite", "sqlite", "bun-sqlite.js", { runtime: "bun" }),
  memory("sqlite"),
]

/** Whether `contestant` does `work` at all. */
export function takesPart({ name, kind }, work) {
  if (name === "pgbench") return work === "lookUp"
  if (name === "in memory") return work === "sessionRequest"
  return work !== "sessionRequest" || kind === "adapter"
}
