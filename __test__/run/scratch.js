// One temporary folder for everything that this run and its specs put there: even what a killed spec leaves is gone at the end.
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { atExit } from "../servers/cleanup.js"

export function useScratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "rust-auth-adapter-"))
  chmodSync(folder, 0o1777) // as any folder for temporary files: servers run as another user
  atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  process.env.TMPDIR = folder
}
