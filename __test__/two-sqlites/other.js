// The application's part: notes in the same file, by a SQLite of its own.
import { readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { isBusy, nextTurn, openRecord } from "./lifetime.js"

const BUSY_MS = 5_000
const LOOK_MS = 20

const drivers = {
  "better-sqlite3": async () => {
    const { default: Database } = await import("better-sqlite3")
    return (path) => {
      const database = new Database(path, { timeout: BUSY_MS })
      return {
        exec: (sql) => void database.exec(sql),
        run: (sql, ...values) => void database.prepare(sql).run(...values),
        close: () => database.close(),
      }
    }
  },
  "node:sqlite": async () => {
    const { DatabaseSync } = await import("node:sqlite")
    return (path) => {
      const database = new DatabaseSync(path, { timeout: BUSY_MS })
      return {
        exec: (sql) => database.exec(sql),
        run: (sql, ...values) => void database.prepare(sql).run(...values),
        close: () => database.close(),
      }
    }
  },
}

/**
 * Writes notes until `until`. `style` is "steady", "reopen" to open and close around every few, "transactions" to keep each
 * open over several turns of the event loop, "look" to only look, with transactions that are open for some milliseconds, or "read" to
 * only read the file's bytes.
 */
export async function writeOther({ name, driver, path, style, record, until }) {
  const { acknowledged, close } = openRecord(record)
  let [count, busy] = [0, 0]
  const next = () => `${name}-${process.pid}-${count++}`
  const insert = (database, id) => database.run("INSERT INTO note (id, text) VALUES (?, ?)", id, "x".repeat(100))
  const attempt = async (work) => {
    try {
      await work()
    } catch (error) {
      if (!isBusy(error)) throw error
      busy++
    }
  }
  const open = style === "read" ? undefined : await drivers[driver]()
  let database = open?.(path)
  while (Date.now() < until) {
    await nextTurn()
    if (style === "read") {
      readFileSync(path)
      count++
    } else if (style === "look") {
      await attempt(async () => {
        database.exec("BEGIN")
        try {
          database.exec("SELECT count(*) FROM note")
          await pause(LOOK_MS)
        } finally {
          database.exec("COMMIT")
        }
        count++
      })
    } else if (style === "transactions") {
      await attempt(async () => {
        const ids = [next(), next()]
        database.exec("BEGIN IMMEDIATE")
        try {
          insert(database, ids[0])
          for (let turn = 0; turn < 3; turn++) await nextTurn()
          insert(database, ids[1])
          database.exec("COMMIT")
        } catch (error) {
          database.exec("ROLLBACK")
          throw error
        }
        acknowledged(...ids)
      })
    } else {
      await attempt(() => {
        const id = next()
        insert(database, id)
        acknowledged(id)
      })
      if (style === "reopen" && count % 5 === 0) {
        database.close()
        database = open(path)
      }
    }
  }
  database?.close()
  close()
  return { busy, count }
}
