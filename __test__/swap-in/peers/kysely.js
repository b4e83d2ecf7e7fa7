// @auth/kysely-adapter: on PostgreSQL the tables of its documentation, on MySQL and SQLite those of its test suite.
import { KyselyAdapter } from "@auth/kysely-adapter"
import Database from "better-sqlite3"
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, sql } from "kysely"
import mysql from "mysql2"
import pg from "pg"

const account = (text) => `"type" ${text} NOT NULL, "provider" ${text} NOT NULL, "providerAccountId" ${text} NOT NULL,
  "refresh_token" ${text}, "access_token" ${text}, "expires_at" bigint, "token_type" ${text}, "scope" ${text}, "id_token" ${text},
  "session_state" ${text}`
const owner = (id) => `"userId" ${id} NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE`

function statements({ id, text, date, verified = date, madeId, rowId = "", foreignKey = "" }) {
  return [
    `CREATE TABLE "User" ("id" ${madeId}, "name" ${text}, "email" ${text} UNIQUE NOT NULL, "emailVerified" ${verified}, "image" ${text})`,
    `CREATE TABLE "Account" (${rowId}${owner(id)}, ${account(text)}${foreignKey})`,
    `CREATE TABLE "Session" (${rowId}${owner(id)}, "sessionToken" ${text} NOT NULL UNIQUE, "expires" ${date} NOT NULL${foreignKey})`,
    `CREATE TABLE "VerificationToken" ("identifier" ${text} NOT NULL, "token" ${text} NOT NULL UNIQUE, "expires" ${date} NOT NULL)`,
  ]
}

const uuid = "uuid PRIMARY KEY DEFAULT gen_random_uuid()"
const schemas = {
  postgres: statements({ id: "uuid", text: "text", date: "timestamptz", madeId: uuid, rowId: `"id" ${uuid}, ` }),
  mysql: statements({
    id: "varchar(36)",
    text: "varchar(255)",
    date: "DATETIME(3)",
    verified: "DATETIME(3) DEFAULT NOW(3)",
    madeId: "varchar(36) PRIMARY KEY DEFAULT (UUID())",
    foreignKey: `, FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE`,
  }).map((statement) => statement.replaceAll('"', "`")),
  sqlite: statements({
    id: "uuid",
    text: "text",
    date: "timestamptz",
    verified: "timestamptz DEFAULT CURRENT_TIMESTAMP",
    madeId: "varchar PRIMARY KEY",
  }),
}

function connect({ url, path }) {
  if (path) return ["sqlite", new SqliteDialect({ database: new Database(path) })]
  if (url.startsWith("mysql:")) return ["mysql", new MysqlDialect({ pool: mysql.createPool({ uri: url }) })]
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on("error", () => {})
  return ["postgres", new PostgresDialect({ pool })]
}

export default {
  name: "kysely",
  lanes: ["sqlite", "postgres", "mysql"],
  // mysql2 writes the clock of this process into DATETIME columns, unless its `timezone` says otherwise.
  zoneOptions: { mysql: { timeZone: "local" } },
  differences: [
    {
      of: "user",
      reason:
        "Kysely's createUser answers what it was given, without the fields that are null in the row; ours answers what is stored",
      normalize: (user) => Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null)),
    },
    {
      of: "session",
      reason:
        "Kysely's getSessionAndUser leaves out the id that its documented Session table has; ours gives the whole row",
      normalize: ({ id, ...session }) => session,
    },
  ],
  async open(database) {
    const [name, dialect] = connect(database)
    const db = new Kysely({ dialect })
    for (const statement of schemas[name]) await sql.raw(statement).execute(db)
    return {
      adapter: KyselyAdapter(db),
      async getAccount(providerAccountId, provider) {
        const row = await db
          .selectFrom("Account")
          .selectAll()
          .where("providerAccountId", "=", providerAccountId)
          .where("provider", "=", provider)
          .executeTakeFirst()
        return row && { ...row, expires_at: row.expires_at && Number(row.expires_at) } // pg gives a bigint as text
      },
      close: () => db.destroy(),
    }
  },
}
