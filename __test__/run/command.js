// Runs a program to its end, never for longer than its limit, and never leaves anything of it behind.
import { spawn } from "node:child_process"
import { homedir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { atExit } from "../servers/cleanup.js"

export const root = fileURLToPath(new URL("../..", import.meta.url))

const GRACE_MS = 5_000
const OUTPUT_LIMIT = 1_000_000

// rustup installs here, and a shell that was open before does not know it yet.
const path = [process.env.PATH, join(homedir(), ".cargo/bin")].join(delimiter)

/** Resolves to how it ended (`0` is well), whether it had to be stopped, and the end of what it said. */
export function command(program, args, { folder = ".", env, limitMs = 1_200_000 } = {}) {
  // A process group of its own, so that what hangs goes together with what it started.
  const child = spawn(program, args, {
    cwd: resolve(root, folder),
    env: { ...process.env, PATH: path, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output = (output + text).slice(-OUTPUT_LIMIT)))
  }
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
  const endNow = atExit(() => child.pid && end("SIGTERM"))
  let late = false
  const limit = setTimeout(() => {
    late = true
    end("SIGTERM")
    setTimeout(end, GRACE_MS, "SIGKILL").unref()
  }, limitMs)

  return new Promise((resolve) => {
    const settle = (status) => {
      clearTimeout(limit)
      endNow()
      resolve({ status, late, output })
    }
    child.once("error", (error) => {
      output += error.message
      settle(error.code)
    })
    child.once("exit", (code, signal) => {
      // What it left running may hold its output open: end that, and do not wait for what got away.
      endNow()
      child.once("close", () => settle(signal ?? code))
      setTimeout(settle, GRACE_MS, signal ?? code).unref()
    })
  })
}

/** As `command`, for steps that have to succeed. */
export async function mustRun(program, args, options) {
  const { status, late, output } = await command(program, args, options)
  if (status === 0) return
  const lines = output.trim().split("\n")
  // npm says why at the beginning, compilers at the end.
  const said = lines.length > 80 ? [...lines.slice(0, 20), "…", ...lines.slice(-60)].join("\n") : lines.join("\n")
  throw new Error(`"${[program, ...args].join(" ")}" ${late ? "did not end in time" : `ended with ${status}`}\n${said}`)
}
