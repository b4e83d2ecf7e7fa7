// The Python side: SQLModel from PyPI in a virtual environment, which is kept between runs; and the process that uses it.
import { execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { binary, install } from "../../servers/binary.js"
import { isRoot } from "../../servers/identity.js"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** The Python that has SQLModel; installed on the first run. */
function python() {
  const requirements = here("requirements.txt")
  const system = binary("python3", { debianPackage: "python3" })
  const version = execFileSync(system, ["--version"]).toString()
  const key = createHash("sha256").update(version).update(readFileSync(requirements)).digest("hex").slice(0, 12)
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rust-auth-adapter")
  const folder = join(cache, `sqlmodel-${key}`)
  const program = join(folder, "bin/python")
  if (existsSync(join(folder, "complete"))) return program

  mkdirSync(cache, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  const run = (command, ...args) => {
    try {
      execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 24 })
    } catch (error) {
      throw new Error(`${command} ${args.join(" ")} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`)
    }
  }
  try {
    run(system, "-m", "venv", folder)
  } catch (error) {
    // Debian keeps what venv needs in a package of its own.
    if (!isRoot || !existsSync("/usr/bin/apt-get")) throw error
    install("python3-venv")
    rmSync(folder, { recursive: true, force: true })
    run(system, "-m", "venv", folder)
  }
  run(program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements)
  // Only a finished one counts.
  renameSync(mkdtempSync(join(folder, "complete-")), join(folder, "complete"))
  return program
}

/** `ask(function, arguments)` calls one of backend.py's. */
export function startBackend({ url, path }, secret) {
  const address = path ? `sqlite+aiosqlite:///${path}` : url.replace(/^postgres(ql)?:/, "postgresql+psycopg:")
  const child = spawn(python(), [here("backend.py"), address, secret], { stdio: ["pipe", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(name, args = {}) {
      child.stdin.write(`${JSON.stringify([name, args])}\n`)
      const { value } = await lines.next()
      const { result, error } = JSON.parse(value ?? '{"error": "the backend has ended"}')
      if (error) throw new Error(error)
      return result
    },
    async close() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, "exit")
    },
  }
}
