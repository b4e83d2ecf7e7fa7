// What a contestant adds to node_modules: its packages and everything they depend on, without what every application of
// Auth.js has anyway.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL(".", import.meta.url))
const root = dirname(dirname(join(bench, "x")))
const everywhere = "@auth/core"

/** Megabytes. */
export const installedSize = ({ name, packages }) =>
  (name === "rust-auth-adapter" ? ownSize() : sizeOf(packages)) / 2 ** 20

/** As npm packs us, and the native core of this platform. */
function ownSize() {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const core = readdirSync(root).filter((name) => name.endsWith(".node"))
  return [...files, ...core, "package.json"].reduce((sum, name) => sum + sizeOfPath(join(root, name)), 0)
}

function sizeOf(packages) {
  const shared = closure([everywhere])
  return [...closure(packages)].filter((path) => !shared.has(path)).reduce((sum, path) => sum + sizeOfPath(path), 0)
}

/** The folders of `packages` and of all that they need. */
function closure(packages) {
  const found = new Set()
  const visit = (name, from, optional) => {
    const path = resolve(name, from)
    if (!path) {
      if (optional) return
      throw new Error(`${name} is not installed in bench/`)
    }
    if (found.has(path)) return
    found.add(path)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(path, "package.json"), "utf8"),
    )
    for (const each of Object.keys(dependencies)) visit(each, path, each in optionalDependencies)
    for (const each of Object.keys(optionalDependencies)) visit(each, path, true)
  }
  for (const name of packages) visit(name, bench, false)
  return found
}

/** As Node looks for packages: the nearest node_modules that has it. */
function resolve(name, from) {
  for (let folder = from; folder.startsWith(join(bench, ".")); folder = dirname(folder)) {
    const path = join(folder, "node_modules", name)
    if (existsSync(join(path, "package.json"))) return path
  }
}

function sizeOfPath(path) {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + sizeOfPath(join(path, name)), 0)
}
