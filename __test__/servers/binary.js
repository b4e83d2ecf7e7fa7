// Finds a program on this machine; on Debian, as root, installs its package when it is missing.
import { execFileSync } from "node:child_process"
import { accessSync, constants, existsSync, readdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { isRoot } from "./identity.js"

/** The path of the first of `names` (a name, or several for one program) that is on this machine. */
export function binary(names, { debianPackage }) {
  const wanted = [names].flat()
  const found = find(wanted) ?? (canInstall() && (install(debianPackage), find(wanted)))
  if (found) return found
  throw new Error(`${wanted[0]} is not on this machine: install it (on Debian: apt-get install ${debianPackage})`)
}

/** The path of such a program where it is on this machine; nothing is installed. */
export const installed = (...names) => find(names)

function find(names) {
  for (const name of names) {
    for (const folder of folders()) {
      const path = join(folder, name)
      if (isExecutable(path)) return path
    }
  }
}

function folders() {
  // Debian keeps PostgreSQL's server programs out of PATH, by version: the newest first.
  const postgres = "/usr/lib/postgresql"
  const versions = existsSync(postgres) ? readdirSync(postgres).sort((a, b) => b - a) : []
  return [
    ...versions.map((version) => `${postgres}/${version}/bin`),
    ...(process.env.PATH ?? "").split(delimiter).filter(Boolean),
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
  ]
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function canInstall() {
  return isRoot && existsSync("/usr/bin/apt-get")
}

let updated = false
export function install(debianPackage) {
  const apt = (...args) =>
    execFileSync("apt-get", ["-o", "Acquire::Retries=3", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    })
  console.error(`  installing Debian's ${debianPackage}`)
  if (!updated) apt("update", "-q")
  updated = true
  apt("install", "-y", "-q", "--no-install-recommends", debianPackage)
}
