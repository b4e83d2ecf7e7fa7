import mysql from "mysql2/promise"
import { RustAdapter } from "../../index.js"
import { startMariaDb } from "../../__test__/servers/mariadb.js"
import { verified } from "../data.js"
import { layouts, tablesOf } from "../layouts.js"

export const title = "MariaDB"
const BATCH = 500_000

const args = ["--default-time-zone=+00:00", "--innodb-buffer-pool-size=256M"]
const large = [
  "--innodb-buffer-pool-size=6G",
  "--innodb-log-file-size=2G",
  "--tmp-table-size=1G",
  "--max-heap-table-size=1G",
]

const durable = ["--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync"]

/** `disk`: each commit waits for it. */
export async function start({ scale = false, disk = false } = {}) {
  const server = await startMariaDb({ args: [...args, ...(scale ? large : []), ...(disk ? durable : [])] })
  const [{ version }] = await query(server.url, "SELECT VERSION() AS version")
  return { version, create: (layout, name) => create(server.url, layout, name), stop: server.stop, url: server.url }
}

async function create(server, layout, name = layout) {
  const url = new URL(server)
  url.pathname = `/${name}`
  await query(server, `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`)
  if (layout === "own") await migrate(url.href)
  else await query(url.href, tablesOf(layout, "mysql"))
  return url.href
}

async function migrate(url) {
  const adapter = RustAdapter(url, { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
}

const uuid = (text) =>
  ["9", "14", "19", "24"].reduce((sql, position) => `INSERT(${sql}, ${position}, 0, '-')`, `MD5(${text})`)
const datetime = (date) => `'${date.toISOString().slice(0, 23).replace("T", " ")}'`

/** Generates users, sessions and, `withAccounts`, an account for each user, inside the database. */
export async function fill(url, layout, { users, sessions, expires, withAccounts = false }, onProgress = () => {}) {
  const { user, session, account } = layouts[layout]
  const client = await connect(url)
  // In the order of the key: rows in random order would rewrite every page of a large table many times.
  const inBatches = async (rows, table, columns, values) => {
    for (let from = 0; from < rows; from += BATCH) {
      const to = Math.min(from + BATCH, rows)
      await client.query(
        `INSERT INTO \`${table}\` (${columns}) SELECT ${values} FROM seq_${from}_to_${to - 1} ORDER BY 1`,
      )
      onProgress(to)
    }
  }
  await client.query("SET SESSION unique_checks = 0, foreign_key_checks = 0")
  await inBatches(
    users,
    user,
    "id, name, email, emailVerified, image",
    `${uuid("CONCAT('user ', seq)")}, CONCAT('User ', seq),
    CONCAT('user-', seq, '@example.com'), ${datetime(verified)}, CONCAT('https://example.com/', seq, '.png')`,
  )
  await inBatches(
    sessions,
    session,
    "sessionToken, userId, expires",
    `${uuid("CONCAT('session ', seq)")}, ${uuid(`CONCAT('user ', seq MOD ${users})`)}, ${datetime(expires)}`,
  )
  if (withAccounts) {
    await inBatches(
      users,
      account,
      "providerAccountId, userId, type, provider",
      `${uuid("CONCAT('account ', seq)")}, ${uuid("CONCAT('user ', seq)")}, 'oauth', 'github'`,
    )
  }
  await client.query(`ANALYZE TABLE \`${user}\`, \`${session}\`, \`${account}\``)
  await client.end()
}

const connect = (url) => mysql.createConnection({ uri: url, multipleStatements: true, timezone: "Z" })

async function query(url, sql) {
  const client = await connect(url)
  try {
    return (await client.query(sql))[0]
  } finally {
    await client.end()
  }
}
