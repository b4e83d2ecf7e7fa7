// Everything that a database holds: what a thief of a dump has.
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { installed } from "../servers/binary.js"

const LISTS = {
  sqlite: `SELECT name AS "name" FROM sqlite_master WHERE type = 'table'`,
  postgres: `SELECT tablename AS "name" FROM pg_tables WHERE schemaname = current_schema()`,
  mysql: `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE()`,
}

/** All rows of all tables. `lane`: one of `../databases.js`; `database`: what it has created. */
export async function allRows(lane, database) {
  const rows = []
  for (const { name } of await database.rows(LISTS[lane.name]))
    rows.push(...(await database.rows(`SELECT * FROM "${name}"`)))
  return rows
}

/** The same as text. */
export const dumped = async (lane, database) =>
  (await allRows(lane, database)).map((row) => JSON.stringify(row)).join("\n")

const COLUMNS = {
  postgres: `SELECT table_schema AS "schema", table_name AS "table", column_name AS "column"
    FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  mysql: `SELECT table_name AS "table", column_name AS "column"
    FROM information_schema.columns WHERE table_schema = DATABASE()`,
}

const AS_BYTES = {
  postgres: ({ schema, table, column }) =>
    `SELECT convert_to("${column}"::text, 'UTF8') AS "bytes" FROM "${schema}"."${table}"`,
  mysql: ({ table, column }) => `SELECT CAST("${column}" AS BINARY) AS "bytes" FROM "${table}"`,
}

const run = promisify(execFile)
const output = { encoding: "buffer", maxBuffer: 1 << 28 }

/** What a tool writes that administrators make dumps with, where this machine has it and it reads such a server. */
const TOOLS = {
  async postgres(_, { url, rows }) {
    const program = installed("pg_dump")
    if (!program) return []
    const [{ server_version_num: server }] = await rows("SHOW server_version_num")
    const [major] = /\d+/.exec((await run(program, ["--version"])).stdout)
    if (Number(major) < Math.floor(server / 10_000)) return []
    return [(await run(program, ["--dbname", url], output)).stdout]
  },
  async mysql({ flavour }, { url }) {
    const program = flavour === "mariadb" && installed("mariadb-dump")
    if (!program) return []
    const { hostname, port, username, password, pathname } = new URL(url)
    const server = ["--protocol=tcp", `--host=${hostname}`, `--port=${port}`, `--user=${username}`]
    const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) }
    return [(await run(program, ["--no-defaults", ...server, pathname.slice(1)], { ...output, env })).stdout]
  },
}

/** What a thief takes away, byte by byte: SQLite's file and its log, a server's dump and each column of each table. */
export async function stolen(lane, database) {
  if (lane.name === "sqlite") {
    const folder = dirname(database.path)
    return Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))))
  }
  const taken = await TOOLS[lane.name](lane, database)
  for (const column of await database.rows(COLUMNS[lane.name]))
    for (const { bytes } of await database.rows(AS_BYTES[lane.name](column))) if (bytes) taken.push(bytes)
  return Buffer.concat(taken)
}

/** So many bytes in a row give a secret away. Where a page of a file ends in the midst of it, there is no more than a part of it in one place. */
const PART = 24
const partsOf = (secret) =>
  secret.length <= PART
    ? [secret]
    : [0, PART / 2, PART].filter((at) => at + PART <= secret.length).map((at) => secret.subarray(at, at + PART))

/** What base64 has for certain of bytes in the midst of others, by where they begin. */
const base64 = (bytes, form) =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(form)
    return text.slice(before && before + 1, Math.floor(((before + bytes.length) * 8) / 6))
  })

const FORMS = {
  "as it is": (bytes) => [bytes],
  base64: (bytes) => base64(bytes, "base64"),
  base64url: (bytes) => base64(bytes, "base64url"),
  "hexadecimal digits": (bytes) => [bytes.toString("hex"), bytes.toString("hex").toUpperCase()],
}

/** In which forms `bytes` have a secret, or a part of it. */
export function formsIn(bytes, secret) {
  const parts = partsOf(Buffer.from(secret))
  const has = (form) => parts.some((part) => form(part).some((text) => bytes.includes(text)))
  return Object.keys(FORMS).filter((name) => has(FORMS[name]))
}
