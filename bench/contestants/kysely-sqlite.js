import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, SqliteDialect } from "kysely"
import { openFile } from "./better-sqlite3-file.js"

export function open(url) {
  const db = new Kysely({ dialect: new SqliteDialect({ database: openFile(url) }) })
  return { ...KyselyAdapter(db), close: () => db.destroy() }
}
