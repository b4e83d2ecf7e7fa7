import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, PostgresDialect } from "kysely"
import pg from "pg"

export function open(url) {
  const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 10 }) }) })
  return { ...KyselyAdapter(db), close: () => db.destroy() }
}
