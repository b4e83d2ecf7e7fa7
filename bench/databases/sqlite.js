import Database from "better-sqlite3"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { RustAdapter } from "../../index.js"
import { privateFolder } from "../../__test__/servers/folder.js"
import { uuid, verified } from "../data.js"
import { layouts, tablesOf } from "../layouts.js"

export const title = "SQLite"
const BATCH = 500_000

export async function start() {
  const folder = privateFolder("sqlite")
  const version = await ourVersion(folder.join("version.db"))
  return {
    version,
    create: (layout, name = layout) => create(folder.join(`${name}.db`), layout),
    stop: async () => folder.remove(),
  }
}

/** The release in the core, beside better-sqlite3's. */
async function ourVersion(path) {
  await migrate(`sqlite:${path}`)
  const command = fileURLToPath(new URL("../../bin/rust-auth-adapter.js", import.meta.url))
  const { sqlite } = JSON.parse(
    execFileSync(process.execPath, [command, "check", `sqlite:${path}`, "--json"], { encoding: "utf8" }),
  )
  const database = new Database(":memory:")
  const theirs = database.prepare("SELECT sqlite_version()").pluck().get()
  database.close()
  return `${sqlite.version} (better-sqlite3: ${theirs})`
}

async function create(path, layout) {
  const url = `sqlite:${path}`
  if (layout === "own") await migrate(url)
  else open(url).exec(tablesOf(layout, "sqlite")).close()
  return url
}

async function migrate(url) {
  const adapter = RustAdapter(url, { migrate: true })
  await adapter.getUser("nobody")
  await adapter.close()
}

function open(url) {
  const file = new Database(url.slice("sqlite:".length))
  file.pragma("journal_mode = WAL")
  file.pragma("synchronous = OFF")
  // The rows are known to refer to each other.
  file.pragma("foreign_keys = OFF")
  file.pragma("cache_size = -1000000")
  file.function("uuid", { deterministic: true }, uuid)
  return file
}

/** Generates users, sessions and, `withAccounts`, an account for each user, inside the database. */
export async function fill(url, layout, { users, sessions, expires, withAccounts = false }, onProgress = () => {}) {
  const { user, session, account, sqliteDate } = layouts[layout]
  const file = open(url)
  // In the order of the key, as the others are filled. A plain number would be bound as 1.0.
  const inBatches = (rows, table, columns, values, ...parameters) => {
    const insert = file.prepare(`INSERT INTO "${table}" (${columns})
      WITH RECURSIVE series (i) AS (SELECT @from UNION ALL SELECT i + 1 FROM series WHERE i < @to)
      SELECT ${values} FROM series ORDER BY 1`)
    for (let from = 0; from < rows; from += BATCH) {
      const to = Math.min(from + BATCH, rows)
      insert.run({ from: BigInt(from), to: BigInt(to - 1), ...Object.assign({}, ...parameters) })
      onProgress(to)
    }
  }
  inBatches(
    users,
    user,
    `id, name, email, "emailVerified", image`,
    `uuid('user ' || i), 'User ' || i,
    'user-' || i || '@example.com', @verified, 'https://example.com/' || i || '.png'`,
    { verified: sqliteDate(verified) },
  )
  inBatches(
    sessions,
    session,
    `"sessionToken", "userId", expires`,
    `uuid('session ' || i), uuid('user ' || (i % ${users})), @expires`,
    { expires: sqliteDate(expires) },
  )
  if (withAccounts) {
    inBatches(
      users,
      account,
      `"providerAccountId", "userId", type, provider`,
      `uuid('account ' || i), uuid('user ' || i), 'oauth', 'github'`,
    )
  }
  file.pragma("wal_checkpoint(TRUNCATE)")
  file.close()
}
