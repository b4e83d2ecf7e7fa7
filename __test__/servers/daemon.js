// One server process in the foreground: started, waited for until it answers, stopped for sure.
import { execFile, spawn } from "node:child_process"
import { closeSync, existsSync, openSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { atExit } from "./cleanup.js"
import { identity } from "./identity.js"

const START_LIMIT_MS = 60_000
const setpriv = "/usr/bin/setpriv"

/**
 * `answers` is tried until it resolves. `stopSignal` is the quickest stop that leaves nothing of the server behind.
 * `asUser: identity` runs it as the server user; a command that changes user by itself gets `{}`.
 */
export async function startDaemon(command, args, { log, answers, stopSignal = "SIGKILL", asUser = identity }) {
  const output = openSync(log, "a")
  // Its own session: Ctrl-C in the terminal reaches this process only, which then stops the server itself.
  // Where Linux can, the kernel stops the server should this process be killed without a chance to do so.
  const guarded = existsSync(setpriv) ? [setpriv, "--pdeathsig", stopSignal.slice(3), "--", command] : [command]
  const child = spawn(guarded[0], [...guarded.slice(1), ...args], {
    ...asUser,
    detached: true,
    stdio: ["ignore", output, output],
    cwd: "/",
  })
  closeSync(output)
  const ended = new Promise((resolve) => {
    child.once("exit", resolve)
    child.once("error", resolve)
  })
  let running = true
  ended.then(() => (running = false))
  const signal = atExit(() => running && child.pid && child.kill(stopSignal))
  const stop = async () => {
    signal()
    child.ref()
    await ended
  }

  /** Asks it to end by itself. */
  const finish = async (gently) => {
    child.ref()
    child.kill(gently)
    await ended
  }

  const limit = Date.now() + START_LIMIT_MS
  for (;;) {
    const reason = await answers().then(
      () => undefined,
      (error) => error,
    )
    if (!reason) break
    if (running && Date.now() < limit) {
      await sleep(50)
      continue
    }
    await stop()
    const tail = readFileSync(log, "utf8").trim().split("\n").slice(-20).join("\n")
    throw new Error(`${command} did not start (${reason.message}):\n${tail}`, { cause: reason })
  }
  child.unref() // a server left running keeps no process waiting
  return { pid: child.pid, ended, stop, finish }
}

/** Runs a set-up program to its end as the server user. */
export async function runAsServer(command, args, options) {
  try {
    return await promisify(execFile)(command, args, { ...identity, cwd: "/", maxBuffer: 1 << 24, ...options })
  } catch (error) {
    throw new Error(`${command} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`, { cause: error })
  }
}
