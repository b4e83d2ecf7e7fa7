// Starts a contestant in a process of its own: a clean event loop, clean memory, its own runtime.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { atExit } from "../__test__/servers/cleanup.js"
import { startPgbench } from "./pgbench.js"

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** The program for `contestant`. */
export function runtime(contestant) {
  if (contestant.runtime !== "bun") return process.execPath
  const bun = file("node_modules/.bin/bun")
  if (!existsSync(bun)) throw new Error(`${contestant.name} needs Bun, and npm has not installed it into bench/`)
  return bun
}

/** `data`: `{ users, sessions, expires }`. Resolves to the commands of child.js as methods. */
export async function start(contestant, url, data) {
  if (contestant.name === "pgbench") return startPgbench(url, data)
  // With a flag, Node compiles its own modules anew: not for what measures how it starts.
  const flags = contestant.runtime === "bun" ? [] : ["--expose-gc"]
  const child = spawn(
    runtime(contestant),
    [...flags, file(contestant.child ?? "child.js"), contestant.module, url, JSON.stringify(data)],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "json",
    },
  )
  const forget = atExit(() => child.kill("SIGKILL"))
  let waiting
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.once("error", (error) => waiting?.reject(error))
  child.once("exit", (code, signal) => {
    waiting?.reject(new Error(`${contestant.name} on ${contestant.database} ended (${signal ?? code})`))
  })
  child.on("message", ({ result, error }) => {
    if (error === undefined) waiting.resolve(result)
    else waiting.reject(new Error(`${contestant.name} on ${contestant.database}: ${error}`))
  })
  const answer = () => new Promise((resolve, reject) => (waiting = { resolve, reject }))
  const send = (command, options) => {
    const answered = answer()
    child.send({ command, ...options })
    return answered
  }

  await answer() // it has imported everything and is ready
  return {
    check: (work) => send("check", { work }),
    measure: (work, conditions) => send("measure", { work, ...conditions }),
    methods: (conditions) => send("methods", conditions),
    exercise: (work, conditions) => send("exercise", { work, ...conditions }),
    memory: () => send("memory"),
    call: (work) => send("call", { work }),
    step: (name) => send("step", { name }),
    async close() {
      await send("close")
      waiting = undefined
      child.disconnect()
      await ended
      forget()
    },
  }
}
