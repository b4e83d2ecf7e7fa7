// Reads SQLite files in a process of its own, and goes on reading: in rollback mode no commit can end meanwhile.
import { startProgram } from "./program.js"

/** Resolves once all files are being read, to what waits for the end, which comes after `ms`; to what ends it earlier, with `true`. */
export async function readSqlite(t, paths, ms) {
  const reader = startProgram(
    `
    import Database from "better-sqlite3"
    const files = given.paths.map((path) => new Database(path))
    for (const file of files) file.exec("BEGIN; SELECT * FROM sqlite_master")
    console.log("reading")
    await Promise.race([sleep(given.ms), new Promise((resolve) => process.stdin.resume().once("end", resolve))])
    for (const file of files) file.exec("COMMIT")
    process.exit()
  `,
    { paths, ms },
  )
  const end = (now = false) => {
    if (now) reader.child.stdin.end()
    return reader.ended
  }
  t.after(() => end(true))
  await reader.said("reading")
  return end
}
