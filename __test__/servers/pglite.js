// PGlite, PostgreSQL in a process of JavaScript, behind its socket: all connections are one session, which has one transaction at a time.
import { once } from "node:events"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { atExit } from "./cleanup.js"
import { freePort } from "./port.js"

const program = `
  import { PGlite } from "@electric-sql/pglite"
  import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
  const [port, maxConnections] = process.argv.slice(1).map(Number)
  const server = new PGLiteSocketServer({ db: await PGlite.create(), port, host: "127.0.0.1", maxConnections })
  await server.start()
  process.stdout.write("up")
`

/** `maxConnections`: how many clients its socket serves in turn; further ones are refused. 1 is its default. */
export async function startPglite({ maxConnections = 100 } = {}) {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ["--input-type=module", "--eval", program, String(port), String(maxConnections)],
    {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    },
  )
  const forget = atExit(() => child.kill("SIGKILL"))
  const ended = once(child, "exit")
  await Promise.race([
    once(child.stdout, "data"),
    ended.then(([code]) => {
      throw new Error(`PGlite ended with ${code}`)
    }),
  ])
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres?sslmode=disable`,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
      forget()
    },
  }
}
