import Database from "better-sqlite3"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stored } from "./tables.js"

export async function open() {
  return { dialect: "sqlite", quote: (identifier) => `"${identifier.replaceAll('"', '""')}"`, create }
}

async function create() {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-"))
  const path = join(folder, "auth.db")
  // Opened at the first look: the file is the adapter's to create.
  let connection
  const rows = async (sql, ...params) => {
    connection ??= new Database(path, { timeout: 10_000 })
    const statement = connection.prepare(sql)
    return statement.reader ? statement.all(...params) : (statement.run(...params), [])
  }
  return {
    url: `sqlite:${path}`,
    path,
    rows,
    stored: (table) => stored(rows, table),
    close: async () => {
      connection?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
