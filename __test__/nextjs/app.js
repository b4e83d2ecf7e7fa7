// A Next.js app of a few files that has the adapter installed from its tarballs: built, run and asked.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { command } from "../run/command.js"
import { atExit } from "../servers/cleanup.js"
import { freePort } from "../servers/port.js"
import { copyLinked } from "./installed.js"

const fixtureOf = (name) => fileURLToPath(new URL(name, import.meta.url))
const START_MS = 60_000

/** Next.js without its telemetry, and without what this machine says of databases. */
const environment = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: undefined, DATABASE_URL: undefined, CI: "1" }

/** A fresh app, named for the messages, of the files in `fixture`. */
export function createApp(name, fixture = "fixture") {
  const folder = join(mkdtempSync(join(tmpdir(), `${name}-`)), "app")
  copyLinked(process.env.TEST_NEXTJS_APP, folder)
  cpSync(fixtureOf(fixture), folder, { recursive: true })
  return folder
}

const next = (folder) => join(folder, "node_modules/next/dist/bin/next")

/** `next build` without a database; resolves to what it said. */
export async function build(folder, { flags = [], env } = {}) {
  const { status, output } = await command(process.execPath, [next(folder), "build", ...flags], {
    folder,
    env: { ...environment, ...env },
  })
  assert.equal(status, 0, output)
  return output
}

export const start = (folder, env) => serve(folder, [next(folder), "start", "-H", "127.0.0.1"], env)
export const dev = (folder, env) => serve(folder, [next(folder), "dev", "-H", "127.0.0.1"], env)
export const standalone = (folder, env) => serve(folder, ["server.js"], env)

/** Runs a server until `stop()`; resolves when it answers. */
async function serve(folder, args, env) {
  const port = env?.PORT ?? (await freePort())
  const origin = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true, // with what it starts itself, to end them all
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...environment,
      PORT: String(port),
      HOSTNAME: "127.0.0.1",
      AUTH_SECRET: "a secret of thirty-two characters",
      AUTH_TRUST_HOST: "true",
      ...env,
    },
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text))
  const ended = once(child, "exit")
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
  const endNow = atExit(() => end("SIGKILL"))

  const deadline = Date.now() + START_MS
  while (
    !(await fetch(`${origin}/api/auth/csrf`).then(
      () => true,
      () => false,
    ))
  ) {
    const dead = child.exitCode ?? child.signalCode
    if (dead !== null || Date.now() > deadline) {
      endNow()
      throw new Error(`"${args.join(" ")}" ${dead === null ? "does not answer" : `ended with ${dead}`}:\n${output}`)
    }
    await sleep(100)
  }

  return {
    output: () => output,
    /** Asks for a page, with the session of `token`. */
    async get(path, token) {
      const headers = token ? { cookie: `authjs.session-token=${token}` } : {}
      const answer = await fetch(origin + path, { headers, redirect: "manual" })
      return { status: answer.status, text: (await answer.text()).replaceAll("<!-- -->", "") }
    },
    async stop() {
      end("SIGTERM")
      const late = setTimeout(end, 10_000, "SIGKILL")
      await ended
      clearTimeout(late)
      endNow()
    },
  }
}

/** A person who is signed in: the token of a session at `adapter`. */
export async function signedIn(adapter, email) {
  const user = await adapter.createUser({ email, emailVerified: null })
  const { sessionToken } = await adapter.createSession({
    sessionToken: crypto.randomUUID(),
    userId: user.id,
    expires: new Date(Date.now() + 3_600_000),
  })
  return sessionToken
}

/** What every running app has to do, however it was built. */
export async function assertKnowsWho(server, token, email) {
  assert.match((await server.get("/", token)).text, new RegExp(`signed in: ${email}`))
  assert.match((await server.get("/")).text, /signed in: nobody/)
  assert.deepEqual([(await server.get("/private")).status, (await server.get("/private", token)).status], [401, 200])
  const { text } = await server.get("/api/auth/session", token)
  assert.equal(JSON.parse(text).user.email, email)
}
