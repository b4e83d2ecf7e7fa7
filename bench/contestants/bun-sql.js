// Bun's own client for PostgreSQL and MySQL, on Bun. `unsafe` with values prepares its statement as the tagged template does,
// and takes as long.
import { SQL } from "bun"
import { bare, statements } from "./statements.js"

export function open(url) {
  const sql = new SQL(url, { max: 10 })
  const text = statements[new URL(url).protocol.replace(/:$/, "")]
  const run = (name, ...values) => sql.unsafe(text[name], values)
  return { ...bare(run), close: () => sql.close() }
}
