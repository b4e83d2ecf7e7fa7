// A file as ours opens it, so that all contestants write alike: WAL, synchronised at checkpoints, foreign keys enforced.
import Database from "better-sqlite3"

export function openFile(url) {
  const file = new Database(url.slice("sqlite:".length), { timeout: 10_000 })
  file.pragma("journal_mode = WAL")
  file.pragma("synchronous = NORMAL")
  file.pragma("foreign_keys = ON")
  return file
}
