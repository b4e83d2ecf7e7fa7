// `npm start` on a fresh clone: builds and installs what is missing, then runs the app, with a mail server and an identity
// provider for it to talk to. `--dev` runs `next dev`; `--build` builds and runs nothing.
import { spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { changedAt, copyAdapter, prepare, run } from "../local/prepare.js"

const dev = process.argv.includes("--dev")
const here = fileURLToPath(new URL(".", import.meta.url))
process.env.NEXT_TELEMETRY_DISABLED = "1"

prepare(here, fileURLToPath(new URL("../local", import.meta.url)))
copyAdapter(here)
const next = createRequire(import.meta.url).resolve("next/dist/bin/next")

const sources = ["app", "components", "public", "package-lock.json", "next.config.ts", "tsconfig.json"]
const modules = ["adapter.ts", "auth.ts", "proxy.ts", "session.ts"]
const changed = Math.max(...[...sources, ...modules].map((name) => changedAt(join(here, name))))
if (!dev && changedAt(join(here, ".next/BUILD_ID")) < changed) {
  console.log("Building the Next.js app, about a minute …")
  run(here, process.execPath, next, "build")
}
if (process.argv.includes("--build")) process.exit()

const url = process.env.DATABASE_URL || new URL("example.db", import.meta.url).href
const { reach } = await import("../local/reach.js")
// The first call creates the tables.
const { RustAdapter } = await import("rust-auth-adapter")
const adapter = RustAdapter(url, { migrate: true })
await reach(() => adapter.getUser("nobody"))
await adapter.close()
// A column for the browser that a session is in. Tables of another adapter are left alone, and devices then have no names.
const command = join(here, "node_modules/rust-auth-adapter/bin/rust-auth-adapter.js")
spawnSync(process.execPath, [command, "migrate", url, "--user-agents"])

const { close, host, listen } = await import("../local/listen.js")
const { startIdentityProvider } = await import("../local/identity-provider.js")
const { startMailbox } = await import("../local/mailbox.js")

// Next.js wants to be told a port that is free.
const placeholder = createServer()
const port = await listen(placeholder, Number(process.env.PORT || 3000))
await close(placeholder)
// Passkeys are bound to a host name, and an address like 127.0.0.1 is none.
const origin = `http://localhost:${port}`

const identity = await startIdentityProvider({ redirectUri: `${origin}/api/auth/callback/local` })
const mailbox = await startMailbox()
const mails = createServer((_, res) => {
  res.setHeader("content-type", "application/json")
  res.end(JSON.stringify(mailbox.mails))
})

const app = spawn(process.execPath, [next, dev ? "dev" : "start", here, "-H", host, "-p", String(port)], {
  stdio: ["ignore", dev ? "inherit" : "pipe", "inherit"],
  env: {
    ...process.env,
    DATABASE_URL: url,
    AUTH_URL: origin,
    // Sessions are in the database and survive a new secret; links that were mailed before it do not.
    AUTH_SECRET: process.env.AUTH_SECRET || randomBytes(32).toString("base64url"),
    AUTH_LOCAL_ID: identity.clientId,
    AUTH_LOCAL_SECRET: identity.clientSecret,
    AUTH_LOCAL_ISSUER: identity.issuer,
    EMAIL_SERVER: `smtp://${mailbox.smtp.host}:${mailbox.smtp.port}?ignoreTLS=true`,
    DEV_MAILBOX_URL: `http://${host}:${await listen(mails)}`,
  },
})
const ended = once(app, "exit")

let stopping = false
// A terminal sends Ctrl-C to all of its processes, others to this one only; the app takes either.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopping = true
    app.kill(signal)
  })
}

app.stdout?.setEncoding("utf8").once("data", () => {
  console.log(`Next.js example: ${origin} (Ctrl-C stops it)`)
})

const [code] = await ended
await Promise.all([identity.close(), mailbox.close(), close(mails)])
// npm's copy of the signal may still be on its way, and would kill a process that has just taken its handlers down.
await sleep(200)
process.exitCode = stopping ? 0 : (code ?? 1)
