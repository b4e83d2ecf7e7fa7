// A second copy of this package, as an application has it whose dependencies could not agree on one.
import { cpSync, mkdtempSync, readFileSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

export function copyPackage() {
  const folder = mkdtempSync(join(tmpdir(), "second-copy-"))
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const addon = readdirSync(root).filter((name) => name.endsWith(".node"))
  for (const name of ["package.json", ...files, ...addon])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  return folder
}
