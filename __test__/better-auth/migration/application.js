// An application in a folder of its own, with this package in its node_modules as npm would put it there.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { terminal } from "../../boundary/terminal.js"
import { root } from "../../run/command.js"

const LIMIT_MS = 30_000
const installed = fileURLToPath(new URL("../node_modules", import.meta.url))

/** Better Auth's command line is made for Node 22. This is all that it lacks before. */
const groupBy = `data:text/javascript,${encodeURIComponent(`Object.groupBy ??= (items, keyOf) => {
  const groups = Object.create(null)
  for (const item of items) (groups[keyOf(item)] ??= []).push(item)
  return groups
}`)}`

/** `packages`: what the application has besides, of what these tests have. */
export function makeApplication(packages = []) {
  const folder = mkdtempSync(join(tmpdir(), "application-"))
  const own = join(folder, "node_modules/rust-auth-adapter")
  mkdirSync(own, { recursive: true })
  const { files } = JSON.parse(readFileSync(join(root, "package.json")))
  for (const file of ["package.json", ...files]) cpSync(join(root, file), join(own, file), { recursive: true })
  for (const core of readdirSync(root).filter((name) => name.endsWith(".node")))
    symlinkSync(join(root, core), join(own, core))
  for (const name of ["better-auth", ...packages]) {
    mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true })
    symlinkSync(join(installed, name), join(folder, "node_modules", name))
  }
  return {
    folder,
    write: (name, text) => writeFileSync(join(folder, name), text),
    /** `npx rust-auth-adapter …`: how it ended, and what it said on each stream. */
    run: (...args) => run(process.execPath, [join(own, "bin/rust-auth-adapter.js"), ...args], folder),
    /** The same as a process that is running: `child`, and how it `ended`. */
    start: (...args) => start(process.execPath, [join(own, "bin/rust-auth-adapter.js"), ...args], folder),
    /** The same in a shell that has these variables, too. */
    runIn: (env, ...args) => run(process.execPath, [join(own, "bin/rust-auth-adapter.js"), ...args], folder, env),
    /** The same on a terminal, which shows both streams. */
    onTerminal: (args, env) =>
      terminal([process.execPath, join(own, "bin/rust-auth-adapter.js"), ...args], { cwd: folder, env }),
    /** `npx auth …`, the same. */
    auth: (...args) =>
      run(process.execPath, ["--import", groupBy, join(installed, "auth/dist/index.mjs"), ...args], folder),
  }
}

const run = (...command) => start(...command).ended

function start(program, args, cwd, env) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, DATABASE_URL: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  })
  const said = { output: "", errors: "" }
  child.stdout.setEncoding("utf8").on("data", (text) => (said.output += text))
  child.stderr.setEncoding("utf8").on("data", (text) => (said.errors += text))
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve({ code: signal ?? code, ...said }))
  })
  return { child, ended }
}
