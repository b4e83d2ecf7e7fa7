// Makes a fresh clone ready: packages as the lockfiles say, and the addon built from the present sources.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { binary } from "../servers/binary.js"
import { command, mustRun, root } from "./command.js"
import { step } from "./step.js"
import { findCompilers, nodeHeaders } from "./toolchain.js"

/** Installs what is not installed yet in each of `folders`. */
export async function installPackages(folders) {
  for (const folder of folders) {
    if (isInstalled(folder)) continue
    findCompilers()
    await step(`npm ci in ${folder}`, () => withRetries(() => mustRun("npm", ["ci"], { folder, env: nodeHeaders() })))
  }
}

/** A registry that does not answer once, out of a thousand requests, is no reason to show nothing at all. */
async function withRetries(work, tries = 3) {
  try {
    return await work()
  } catch (error) {
    if (tries === 1) throw error
    console.error(`  once more, because ${error.message}`)
    await sleep(10_000)
    return withRetries(work, tries - 1)
  }
}

/** npm writes down what it has installed: does that agree with the lockfile? */
function isInstalled(folder) {
  const installed = join(root, folder, "node_modules/.package-lock.json")
  if (!existsSync(installed)) return false
  const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages
  const present = packages(installed)
  return Object.entries(packages(join(root, folder, "package-lock.json"))).every(
    ([path, { version, optional }]) => path === "" || (path in present ? present[path].version === version : optional),
  )
}

/** Builds the addon when one of its sources is newer. */
export async function buildAddon() {
  const age = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0)
  const addon = readdirSync(root).find((name) => name.endsWith(".node"))
  const sources = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    ...readdirSync(join(root, "src"), { recursive: true }).map((path) => join("src", path)),
  ]
  if (addon && sources.every((source) => age(source) <= age(addon))) return
  findCompilers()
  await step("npm run build", () => withRetries(() => mustRun("npm", ["run", "build"]), 2))
}

const NEXTEST = "0.9.143"

/** Compiles cargo-nextest where there is none. Without optimisation, which it has little use for. */
export async function findNextest() {
  const { status } = await command("cargo", ["nextest", "--version"])
  if (status === 0) return
  findCompilers()
  const args = ["install", "--quiet", "--debug", "--locked", `cargo-nextest@${NEXTEST}`]
  const env = { CARGO_PROFILE_DEV_DEBUG: "0" }
  await step("cargo install cargo-nextest", () =>
    withRetries(() => mustRun("cargo", args, { env, limitMs: 2_400_000 }), 2),
  )
}

/** The browser of the browser specs, which find it in TEST_CHROMIUM. */
export function findBrowser() {
  process.env.TEST_CHROMIUM ||= binary(["chromium", "chromium-browser", "google-chrome"], { debianPackage: "chromium" })
}
