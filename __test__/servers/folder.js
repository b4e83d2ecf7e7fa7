// Temporary folders that servers own and that are gone when this process ends.
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { atExit } from "./cleanup.js"
import { giveToServers } from "./identity.js"

export function privateFolder(name, parent = tmpdir()) {
  const path = mkdtempSync(join(parent, `${name}-`))
  chmodSync(path, 0o700)
  giveToServers(path)
  // A server that was just killed may still be writing its last file: retry.
  const remove = atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  return { path, remove, join: (...parts) => join(path, ...parts) }
}
