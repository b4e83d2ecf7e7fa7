// Bun's own SQLite, on Bun.
import { Database } from "bun:sqlite"
import { bare, statements } from "./statements.js"

export function open(url) {
  const file = new Database(url.slice("sqlite:".length))
  for (const pragma of ["journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 10000"]) {
    file.run(`PRAGMA ${pragma}`)
  }
  const run = (name, ...values) => [file.query(statements.sqlite[name]).get(...values)]
  const dates = { toDate: (value) => new Date(value), fromDate: (date) => date.getTime() }
  return { ...bare(run, dates), close: () => file.close() }
}
