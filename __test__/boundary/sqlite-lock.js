// Holds the write lock of a SQLite file, in a process of its own: locks of a file belong to processes, so that two SQLite libraries
// in one process (better-sqlite3 and the adapter's) would not see each other's.
import { startProgram } from "./program.js"

/** Resolves, once the lock is held, to what lets go of it. */
export async function lockSqlite(t, path) {
  const locker = startProgram(
    `
    import Database from "better-sqlite3"
    const database = new Database(given.path)
    database.exec("BEGIN IMMEDIATE")
    console.log("locked")
    process.stdin.resume().once("end", () => database.exec("ROLLBACK"))
  `,
    { path },
  )
  const unlock = async () => {
    locker.child.stdin.end()
    await locker.ended
  }
  t.after(unlock)
  await locker.said("locked")
  return unlock
}
