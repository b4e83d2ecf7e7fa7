// The driver alone, with named prepared statements.
import pg from "pg"
import { bare, statements } from "./statements.js"

export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const run = async (name, ...values) => (await pool.query({ name, text: statements.postgres[name], values })).rows
  return { ...bare(run), close: () => pool.end() }
}
