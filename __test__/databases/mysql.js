import mysql from "mysql2/promise"
import { serverUrl, stored, uniqueName, withDatabase } from "./tables.js"

/** Our schema keeps UTC in `datetime(3)`; `tinyint(1)` is how MySQL spells a boolean. */
function typeCast(field, next) {
  if (field.type === "DATETIME" || field.type === "TIMESTAMP") {
    const text = field.string()
    return text === null ? null : Date.parse(`${text.replace(" ", "T")}Z`)
  }
  if (field.type === "TINY" && field.length === 1) {
    const text = field.string()
    return text === null ? null : text !== "0"
  }
  return next()
}

const MEMBERS = "SELECT 1 FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"

/** `server`: the URL of another server than the environment's. */
export async function open(server = serverUrl("TEST_MYSQL_URL")) {
  const [{ version }] = await run(server, "SELECT VERSION() AS version")
  const flavour = /mariadb/i.test(version) ? "mariadb" : "mysql"
  return {
    dialect: flavour,
    flavour,
    /** Whether the server belongs to a replication group, which writes to no table without a primary key, and to InnoDB's only. */
    wantsKeys: flavour === "mysql" && (await run(server, MEMBERS)).length > 0,
    quote: (identifier) => `\`${identifier.replaceAll("`", "``")}\``,
    create: (options) => create(server, options),
  }
}

/** `collation`: the database's default, for what must hold under any collation. */
async function create(server, { collation } = {}) {
  const name = uniqueName()
  await run(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4${collation ? ` COLLATE ${collation}` : ""}`)
  const url = withDatabase(server, name)
  let connection
  const rows = async (sql, ...params) => {
    connection ??= connect(url)
    const [result] = await (await connection).query(sql, params)
    return Array.isArray(result) ? result : []
  }
  return {
    url,
    rows,
    stored: (table) => stored(rows, table),
    close: async () => {
      await (await connection)?.end()
      // A transaction that is still open would keep DROP DATABASE waiting.
      for (const { id } of await connectionsTo(name, (sql) => run(server, sql))) {
        await run(server, `KILL ${id}`).catch(() => {}) // gone by itself meanwhile
      }
      await run(server, `DROP DATABASE IF EXISTS ${name}`)
    },
  }
}

/**
 * The connections to the database `name`, as `{ id, command, time, state, info }`. MySQL 9's information_schema.processlist fails as
 * a whole while any client's statement holds a character of four bytes; SHOW does not.
 */
export const connectionsTo = async (name, rows) =>
  (await rows("SHOW FULL PROCESSLIST")).map(lowerCase).filter(({ db }) => db === name)

/** Those to the database that `rows` is connected to, its own left out. */
export async function otherConnections(rows) {
  const [own] = await rows("SELECT DATABASE() AS name, CONNECTION_ID() AS id")
  return (await connectionsTo(own.name, rows)).filter(({ id }) => id !== own.id)
}

async function connect(url) {
  const connection = await mysql.createConnection({ uri: url, typeCast, timezone: "Z", connectTimeout: 10_000 })
  connection.on("error", () => {})
  await connection.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), time_zone = '+00:00'")
  return connection
}

async function run(url, sql, ...params) {
  const connection = await connect(url)
  try {
    const [result] = await connection.query(sql, params)
    return Array.isArray(result) ? result.map((row) => lowerCase(row)) : []
  } finally {
    await connection.end()
  }
}

/** MySQL 9 names the columns of its information_schema in capitals. */
const lowerCase = (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key.toLowerCase(), value]))
