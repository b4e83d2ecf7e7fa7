// The command line as a user's shell runs it.
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { terminal } from "./terminal.js"

const program = fileURLToPath(new URL("../../bin/rust-auth-adapter.js", import.meta.url))

/** Starts it: its process is `child`, and `ended` resolves to `{ code, stdout, stderr }`. `cwd`: the folder it is run in. */
export function startCli(args, env, cwd) {
  const options = { timeout: 30_000, cwd, env: { ...process.env, DATABASE_URL: undefined, ...env } }
  let child
  const ended = new Promise((resolve) => {
    child = execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    )
  })
  return { child, ended }
}

/** Runs it to its end. */
export const cli = (...command) => startCli(...command).ended

/** The same on a terminal, which shows both streams. Resolves to `{ code, shown }`. */
export const cliOnTerminal = (args, env) =>
  terminal([process.execPath, program, ...args], { env: { DATABASE_URL: undefined, ...env } })
