// A small program with an adapter, in a process of its own.
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL(".", import.meta.url))
const LIMIT_MS = 60_000

/** What every program begins with. `url` and `options` are the adapter's, `given` is what the test passes. */
const prelude = `
import { RustAdapter, RustAdapterError } from "../../index.js"
import { setTimeout as sleep } from "node:timers/promises"
const { url, options, ...given } = JSON.parse(process.argv[1] ?? "{}")
`

/**
 * Starts `text`; `ended` resolves to how it ended: `{ code, signal, stdout, stderr, late }`. `flags` are Node's; `fileBlocks` is the
 * size that its files cannot exceed, in blocks of 512 bytes; `env` its environment, if not this one.
 */
export function startProgram(text, { flags = [], fileBlocks, env, ...given } = {}) {
  const command = [process.execPath, ...flags, "--input-type=module", "--eval", prelude + text, JSON.stringify(given)]
  const limited = fileBlocks ? ["/bin/sh", "-c", `ulimit -f ${fileBlocks} && exec "$@"`, "sh", ...command] : command
  const child = spawn(limited[0], limited.slice(1), { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] })
  const output = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (data) => (output[name] += data))
  let late = false
  const limit = setTimeout(() => {
    late = true
    child.kill("SIGKILL")
  }, LIMIT_MS)
  const ended = new Promise((resolve) =>
    child.once("close", (code, signal) => {
      clearTimeout(limit)
      resolve({ code, signal, late, ...output })
    }),
  )
  return {
    child,
    ended,
    /** Resolves when the program has said `line`. */
    said: (line) =>
      new Promise((resolve, reject) => {
        const look = () => output.stdout.split("\n").includes(line) && resolve()
        child.stdout.on("data", look)
        ended.then((end) => reject(new Error(`ended without saying "${line}": ${JSON.stringify(end)}`)))
        look()
      }),
  }
}

/** Runs `text` to its end. */
export const runProgram = (text, given) => startProgram(text, given).ended

/**
 * Looks until the adapter's replicas answer `look`, which makes one look-up that shares queries: the primary is not asked. They have what
 * this process has written of it by then.
 */
export function replicasAnswer(adapter, look) {
  const asked = () => {
    const { batches, replicas } = adapter.stats()
    return [batches.lookups.calls, replicas.reduce((sum, each) => sum + each.batches.lookups.calls, 0)]
  }
  return eventually(
    "replicas answer, and not the primary",
    async () => {
      const before = asked()
      await look()
      const after = asked()
      return after[0] === before[0] && after[1] > before[1]
    },
    60_000,
  )
}

/** Waits until `check` gives something true. `what` names it, should that never happen. */
export async function eventually(what, check, limitMs = 15_000) {
  const end = Date.now() + limitMs
  for (let result; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 30))) {
    if ((result = await check())) return result
  }
  throw new Error(`not within ${limitMs} ms: ${what}`)
}
