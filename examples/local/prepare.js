// Makes an example of a fresh clone ready to run: the core built, packages installed. Needs only Node and Rust.
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs"
import { homedir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const sources = ["src", "Cargo.toml", "Cargo.lock", "build.rs"]

/** Builds the core when one of its sources is newer, and installs what is not installed in each of `folders`. */
export function prepare(...folders) {
  if (builtAt() < Math.max(...sources.map((name) => changedAt(join(root, name))))) {
    // rustup installs here, and a shell that was open before does not know it yet.
    process.env.PATH += delimiter + join(homedir(), ".cargo/bin")
    if (spawnSync("cargo", ["--version"]).status !== 0) fail("Rust is needed to build the adapter: https://rustup.rs")
    console.log("Building the Rust core, a few minutes the first time …")
    run(root, "npm", "run", "build", "--loglevel=error")
  }
  const missing = folders.filter((folder) => !isInstalled(folder))
  if (missing.length) console.log("Installing the example's dependencies …")
  for (const folder of missing) run(folder, "npm", "ci", "--loglevel=error")
}

/**
 * Puts a copy of the adapter where npm made a link to it in `folder`. Next.js leaves a package to Node only where it really
 * is in `node_modules`, as it is when it comes from a registry.
 */
export function copyAdapter(folder) {
  const target = join(folder, "node_modules/rust-auth-adapter")
  if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(target)
  for (const file of packaged()) {
    const [from, to] = [join(root, file), join(target, file)]
    if (changedAt(to) >= changedAt(from)) continue
    mkdirSync(dirname(to), { recursive: true })
    // Renamed into place: an app that runs with the old file keeps it.
    copyFileSync(from, `${to}.new`)
    renameSync(`${to}.new`, to)
  }
}

/** The files of the package, and the core that was built in place. */
function packaged() {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const folders = files.filter((name) => name.endsWith("/"))
  return [
    "package.json",
    ...files.filter((name) => !name.endsWith("/")),
    ...folders.flatMap((name) => filesIn(name)),
    ...readdirSync(root).filter((name) => name.endsWith(".node")),
  ]
}

/** The files in a folder of the package and in its folders. */
function filesIn(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name))
  return entries.filter((path) => statSync(join(root, path)).isFile())
}

/** When the file, or the newest file in the folder, was changed; 0 when there is none. */
export function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0
  return Math.max(0, ...readdirSync(path).map((name) => changedAt(join(path, name))))
}

/** Runs a program to its end, in sight; ends this one when it fails. */
export function run(folder, program, ...args) {
  const { error, status } = spawnSync(program, args, {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32", // npm is a .cmd file there
  })
  if (error) throw error
  if (status !== 0) fail(`"${[program, ...args].join(" ")}" failed in ${folder}`)
}

function builtAt() {
  const addons = readdirSync(root).filter((name) => name.endsWith(".node"))
  return Math.max(0, ...addons.map((name) => changedAt(join(root, name))))
}

/** npm writes down what it installed: does that agree with the lockfile? */
function isInstalled(folder) {
  const record = join(folder, "node_modules/.package-lock.json")
  if (!existsSync(record)) return false
  const packages = (file) => JSON.parse(readFileSync(file, "utf8")).packages
  const installed = packages(record)
  return Object.entries(packages(join(folder, "package-lock.json"))).every(
    ([path, { version, optional }]) => path === "" || optional || installed[path]?.version === version,
  )
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
