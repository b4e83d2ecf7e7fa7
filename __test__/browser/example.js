// An example as a person starts and stops it.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The scripts that start them. */
const scripts = { nextjs: "start", express: "start:express", "better-auth": "start:better-auth" }

/**
 * Resolves when the example has printed its address. `port` 0 is a free one.
 * `terminal`: by `npm start` in a process group of its own, all of which gets the signals, as in a terminal.
 */
export async function startExample(name, { databaseUrl, port = 0, terminal = false }) {
  const [program, ...args] = terminal
    ? ["npm", "run", scripts[name], "--silent"]
    : [process.execPath, `examples/${name}/start.js`]
  const child = spawn(program, args, {
    cwd: root,
    detached: terminal,
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      AUTH_SECRET: "",
      AUTH_URL: "",
      BETTER_AUTH_SECRET: "",
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text))
  const ended = once(child, "close")
  const running = () => child.exitCode === null && child.signalCode === null
  const send = (signal) => running() && process.kill(terminal ? -child.pid : child.pid, signal)
  const kill = () => send("SIGKILL")

  const tooSlow = setTimeout(kill, 120_000) // installing its packages included
  const address = await new Promise((resolve, reject) => {
    child.stdout.on("data", () => {
      const [address] = output.match(/http:\/\/localhost:\d+/) ?? []
      if (address) resolve(address)
    })
    ended.then(([code, signal]) => reject(new Error(`the example ended with ${code ?? signal}:\n${output}`)), reject)
  }).finally(() => clearTimeout(tooSlow))

  return {
    address,
    port: Number(new URL(address).port),
    output: () => output,
    async stop(signal) {
      send(signal)
      const tooLate = setTimeout(kill, 10_000)
      const [code, killedBy] = await ended
      clearTimeout(tooLate)
      assert.deepEqual({ code, killedBy }, { code: 0, killedBy: null }, output)
    },
  }
}
