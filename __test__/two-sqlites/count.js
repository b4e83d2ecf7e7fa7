// Counts, in a process of its own, what became of acknowledged rows: `node count.js <folder>`.
import Database from "better-sqlite3"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"

const folder = process.argv[2]
const database = new Database(join(folder, "app.db"), { timeout: 10_000 })
let [integrity, mode] = []
const stored = new Set()
try {
  mode = database.pragma("journal_mode", { simple: true })
  integrity = database.pragma("integrity_check", { simple: true })
  for (const table of ["user", "note"])
    for (const { id } of database.prepare(`SELECT id FROM "${table}"`).all()) stored.add(id)
} catch (error) {
  integrity = error.message
}
database.close()
const records = readdirSync(folder).filter((name) => name.endsWith(".record"))
// Of a process that was killed, the last line may be half of one.
const ids = records.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
const lost = ids.filter((id) => !stored.has(id))
console.log(JSON.stringify({ integrity, mode, acknowledged: ids.length, lost: lost.length, example: lost[0] }))
