// The driver alone on one connection, where queries do not wait for each other's answers. As `pg.js` with regard to names.
import pg from "pg"
import { bare, statements } from "./statements.js"

const named = new URL(import.meta.url).searchParams.get("names") !== "no"

export function open(url) {
  const client = new pg.Client({ connectionString: url, pipeline: true })
  let connected
  const run = async (method, ...values) => {
    await (connected ??= client.connect())
    const text = statements.postgres[method]
    return (await client.query(named ? { name: method, text, values } : { text, values })).rows
  }
  return { ...bare(run), close: () => client.end() }
}
