// `npm run bench -- --next`: how long after its start the Next.js example has answered its first signed-in visitor, on our
// adapter and on Drizzle's. The same app, the same rows in the same database, both up to date and built for production; only
// adapter.ts differs. Each round starts every app once, in turn, in a fresh process.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { mustRun, root } from "../__test__/run/command.js"
import { copyLinked } from "../__test__/nextjs/installed.js"
import { atExit } from "../__test__/servers/cleanup.js"
import { freePort } from "../__test__/servers/port.js"
import { copyAdapter } from "../examples/local/prepare.js"
import { inThirtyDays, sessionToken, user } from "./data.js"
import { databases } from "./databases/index.js"
import { startProgress } from "./progress.js"
import { figureOf, ratioOf, spreadOf } from "./statistics.js"

const example = join(root, "examples/nextjs")

const ours = `import { RustAdapter } from "rust-auth-adapter"
export const adapter = RustAdapter(process.env.DATABASE_URL)
`
const drizzles = {
  sqlite: `import { DrizzleAdapter } from "@auth/drizzle-adapter"
import Database from "better-sqlite3"
import { drizzle } from "drizzle-orm/better-sqlite3"
export const adapter: any = DrizzleAdapter(drizzle(new Database(process.env.DATABASE_URL?.replace(/^sqlite:/, ""))))
`,
  postgres: `import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { drizzle } from "drizzle-orm/node-postgres"
import pg from "pg"
export const adapter: any = DrizzleAdapter(drizzle(new pg.Pool({ connectionString: process.env.DATABASE_URL })))
`,
}

const environment = {
  NEXT_TELEMETRY_DISABLED: "1",
  AUTH_SECRET: "a secret of thirty-two characters",
  AUTH_TRUST_HOST: "true",
  AUTH_URL: undefined,
}

/** Builds the example with this adapter.ts. */
async function buildApp(adapter) {
  const app = join(mkdtempSync(join(tmpdir(), "next-")), "app")
  const leftOut = ["node_modules", ".next", "start.js"]
  cpSync(example, app, { recursive: true, filter: (path) => path === example || !leftOut.includes(basename(path)) })
  copyLinked(join(example, "node_modules"), join(app, "node_modules"))
  for (const name of packagesIn(join(root, "bench/node_modules"))) {
    const target = join(app, "node_modules", name)
    if (existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    copyLinked(join(root, "bench/node_modules", name), target)
  }
  writeFileSync(join(app, "adapter.ts"), adapter)
  // Drizzle's adapter has no sessions to list; those pages are built, and not visited.
  const config = join(app, "next.config.ts")
  writeFileSync(
    config,
    readFileSync(config, "utf8").replace(
      "poweredByHeader",
      "typescript: { ignoreBuildErrors: true },\n  poweredByHeader",
    ),
  )
  await mustRun(process.execPath, [next(app), "build"], { folder: app, env: environment })
  return app
}

/** Drizzle, the clients that it needs, and what else is measured against. */
const packagesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => (name.startsWith("@") ? readdirSync(join(folder, name)).map((each) => `${name}/${each}`) : name))

const next = (app) => join(app, "node_modules/next/dist/bin/next")

/** Starts the app; resolves to the milliseconds from there, and from when it listens, to the end of the first page. */
async function firstPage(app, url) {
  const port = await freePort()
  const begin = performance.now()
  const child = spawn(process.execPath, [next(app), "start", "-H", "127.0.0.1", "-p", String(port)], {
    cwd: app,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...environment, NODE_ENV: "production", DATABASE_URL: url },
  })
  const ended = once(child, "exit")
  const end = atExit(() => child.kill("SIGKILL"))
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${app} ended with ${child.exitCode}`)
    await sleep(2)
  }
  const listening = performance.now()
  const answer = await fetch(`http://127.0.0.1:${port}/account`, {
    headers: { cookie: `authjs.session-token=${sessionToken(0)}` },
    redirect: "manual",
    signal: AbortSignal.timeout(60_000),
  })
  const page = await answer.text()
  const done = performance.now()
  end()
  await ended
  if (answer.status !== 200 || !page.includes(user(0).email))
    throw new Error(`${app} answered ${answer.status}: ${page}`)
  return { fromStart: done - begin, fromListening: done - listening }
}

function listens(port) {
  const socket = connect(port, "127.0.0.1")
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
  }).finally(() => socket.destroy())
}

export async function compareNext({ rounds = 15 } = {}) {
  copyAdapter(example)
  const progress = startProgress(Object.keys(drizzles).length * (2 * rounds + 4))
  for (const [database, drizzle] of Object.entries(drizzles)) {
    progress.begin(databases[database].title)
    const server = await databases[database].start()
    const url = await server.create("drizzle")
    await databases[database].fill(url, "drizzle", { users: 1000, sessions: 1000, expires: inThirtyDays() })

    const contestants = []
    for (const [name, adapter] of [
      ["rust-auth-adapter", ours],
      ["Drizzle", drizzle],
    ]) {
      progress.tick(`next build with ${name}`)
      const app = await buildApp(adapter)
      progress.tick(`${name}: is it right?`)
      await firstPage(app, url)
      contestants.push({ name, app, rounds: [] })
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const contestant = contestants[(turn + round) % contestants.length]
        progress.tick(`round ${round + 1} of ${rounds}`)
        contestant.rounds.push(await firstPage(contestant.app, url))
      }
    }
    await server.stop()
    report(databases[database].title, contestants)
  }
  progress.end()
}

function report(title, contestants) {
  const [us, them] = contestants
  for (const [figure, words] of [
    ["fromStart", "from the start of the process"],
    ["fromListening", "from when it listens"],
  ]) {
    const cells = contestants.map((each) => {
      const best = Math.min(...each.rounds.map((round) => round[figure]))
      return `${each.name} ${figureOf(each, figure).toFixed(0)} ms ±${(100 * spreadOf(each, figure)).toFixed(0)} % (best ${best.toFixed(0)})`
    })
    console.log(
      `${title}, first signed-in page ${words}: ${cells.join(", ")}; ours/Drizzle ${ratioOf(us, them, figure).toFixed(2)}`,
    )
  }
}
