// The driver alone, with named prepared statements; without names if the module's name is followed by `?names=no`.
import pg from "pg"
import { bare, statements } from "./statements.js"

const named = new URL(import.meta.url).searchParams.get("names") !== "no"

export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const run = async (method, ...values) => {
    const text = statements.postgres[method]
    return (await pool.query(named ? { name: method, text, values } : { text, values })).rows
  }
  return { ...bare(run), close: () => pool.end() }
}
