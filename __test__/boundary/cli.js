// The command line as a user's shell runs it.
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { terminal } from "./terminal.js"

const program = fileURLToPath(new URL("../../bin/rust-auth-adapter.js", import.meta.url))

/** Resolves to `{ code, stdout, stderr }`. `cwd`: the folder it is run in. */
export function cli(args, env, cwd) {
  const options = { timeout: 30_000, cwd, env: { ...process.env, DATABASE_URL: undefined, ...env } }
  return new Promise((resolve) =>
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    ),
  )
}

/** The same on a terminal, which shows both streams. Resolves to `{ code, shown }`. */
export const cliOnTerminal = (args, env) =>
  terminal([process.execPath, program, ...args], { env: { DATABASE_URL: undefined, ...env } })
