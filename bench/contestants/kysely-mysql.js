import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, MysqlDialect } from "kysely"
import { createPool } from "mysql2"

export function open(url) {
  const pool = createPool({ uri: url, connectionLimit: 10, timezone: "Z" })
  const db = new Kysely({ dialect: new MysqlDialect({ pool }) })
  return { ...KyselyAdapter(db), close: () => db.destroy() }
}
