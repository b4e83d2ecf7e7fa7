#!/usr/bin/env bash
#
# Next.js prerenders what comes after setImmediate, even after 10,000 of them, and leaves out what comes after a timer, a file
# or a message.
#
# Versions: Next.js 16.4.6 (`cacheComponents`, Turbopack), React 19.3.1, Node.js 20.20.2.
#
# One would have guessed: setImmediate waits for the event loop to turn, so what comes after it is as late as a timer of 0 ms
# or the answer of a file. A component inside <Suspense> that awaits any of them would be rendered for each request.
#
# What happens: each page awaits something inside <Suspense>, without "use cache", and then says when that was.
# - After a microtask, process.nextTick or setImmediate, `next build` puts the answer into the page. The route is static
#   (○), and `next start` gives the answer of the build to each request.
# - After setTimeout 0, fs.promises.readFile, a callback of the thread pool or a message of a MessagePort, `next build` puts
#   the fallback into the page. The route is partially prerendered (◐), and `next start` gives each request its own answer.
# - 10,000 setImmediate, one after the other, do not let a file be read that the page asked for before them ("manyImmediates").
#   The page is static all the same. On Node.js alone the same function sees the file read.
# - The page that blocks for 300 ms after it has asked for a file ("readyFile") does not get the file into the built page
#   either: it is not about how long the answer takes.
#
# Needs: Node.js, npm, a free port of 127.0.0.1. Takes a minute or two. The script exits with an error if the behaviour changes.
#
# Seen:
#   Next.js 16.4.6 (Turbopack)
#   ○ microtask: the built page got: build; a request got: build
#   ○ tick: the built page got: build; a request got: build
#   ○ oneImmediate: the built page got: build; a request got: build
#   ○ manyImmediates: the built page got: build, file not read; a request got: build, file not read
#   ◐ timeout: the built page waiting; a request got: request
#   ◐ file: the built page waiting; a request got: request
#   ◐ readyFile: the built page waiting; a request got: request
#   ◐ threadPool: the built page waiting; a request got: request
#   ◐ message: the built page waiting; a request got: request
#   manyImmediates on Node.js v20.20.2 alone: Node.js, file read
#   as described

set -euo pipefail
export LC_ALL=C.UTF-8 NEXT_TELEMETRY_DISABLED=1 CI=1
unset NODE_ENV

folder=$(mktemp -d)
clean() {
  # Only those that still run.
  for job in $(jobs -pr); do kill "$job" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Runs a command in the background, so that a signal ends it with this script, and for so many seconds at most.
limited() { timeout --kill-after=10 "$1" nice -n 19 "${@:2}" & }
run() { limited "$@" && wait "$!"; }

cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
run 50 npm install --no-audit --no-fund --loglevel=error --save-exact next@16.4.6 react@19.3.1 react-dom@19.3.1 >/dev/null

cat >next.config.js <<'JS'
export default { cacheComponents: true, partialPrefetching: true }
JS

# Each way waits, and then answers with what is so at that moment: "build" while the app is built, "request" when it is served.
cat >ways.js <<'JS'
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { MessageChannel } from "node:worker_threads"

const now = () => process.env.STAGE
const immediate = () => new Promise((resolve) => setImmediate(resolve))

export async function microtask() {
  await Promise.resolve()
  return now()
}
export async function tick() {
  await new Promise((resolve) => process.nextTick(resolve))
  return now()
}
export async function oneImmediate() {
  await immediate()
  return now()
}
/** Immediates, one after the other, until a file is read that was asked for before them: 10,000 of them at most. */
export async function manyImmediates() {
  let read = false
  readFile("package.json").then(() => (read = true))
  for (let i = 0; i < 10_000 && !read; i++) await immediate()
  return `${now()}, ${read ? "file read" : "file not read"}`
}
export async function timeout() {
  await new Promise((resolve) => setTimeout(resolve, 0))
  return now()
}
export async function file() {
  await readFile("package.json")
  return now()
}
/** An answer of the thread pool that is there, waiting, before the task of its question ends. */
export async function readyFile() {
  const reading = readFile("package.json")
  const start = performance.now()
  while (performance.now() < start + 300);
  await reading
  return now()
}
export async function threadPool() {
  await new Promise((resolve) => randomBytes(8, resolve))
  return now()
}
export async function message() {
  const { port1, port2 } = new MessageChannel()
  await new Promise((resolve) => {
    port1.once("message", resolve)
    port2.postMessage("hello")
  })
  port1.close()
  return now()
}
JS
ways="microtask tick oneImmediate manyImmediates timeout file readyFile threadPool message"

mkdir app
cat >app/layout.js <<'JS'
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
JS
cat >page.js <<'JS'
import { Suspense } from "react"

export function page(way) {
  async function Answer() {
    return <p>{`got: ${await way()}`}</p>
  }
  return function Page() {
    return (
      <Suspense fallback={<p>waiting</p>}>
        <Answer />
      </Suspense>
    )
  }
}
JS
for way in $ways; do
  mkdir "app/$way"
  cat >"app/$way/page.js" <<JS
import { page } from "../../page"
import { $way } from "../../ways"

export default page($way)
JS
done

STAGE=build run 80 node node_modules/next/dist/bin/next build >build.log 2>&1 || { cat build.log; exit 1; }

cat >run.mjs <<'JS'
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import * as ways from "./ways.js"

const FROZEN = { mark: "○", built: "build", served: "build" }
const EACH_REQUEST = { mark: "◐", built: undefined, served: "request" }
const expected = {
  microtask: FROZEN,
  tick: FROZEN,
  oneImmediate: FROZEN,
  manyImmediates: { mark: "○", built: "build, file not read", served: "build, file not read" },
  timeout: EACH_REQUEST,
  file: EACH_REQUEST,
  readyFile: EACH_REQUEST,
  threadPool: EACH_REQUEST,
  message: EACH_REQUEST,
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

const table = readFileSync("build.log", "utf8")
const markOf = (way) => table.match(new RegExp(`([○◐ƒ●]) /${way}\\b`))?.[1]
const answerIn = (html) => html.match(/<p>got: ([^<]*)</)?.[1]

const port = await freePort()
const server = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", port], {
  env: { ...process.env, STAGE: "request" },
  stdio: ["ignore", "ignore", "inherit"],
})
async function served(way) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/${way}`)
      assert.equal(response.status, 200)
      return answerIn(await response.text())
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED" || attempt === 150) throw error
      await pause(200)
    }
  }
}

try {
  console.log(table.match(/Next\.js [^\n]*/)[0])
  assert.match(table, /○ +\(Static\)/)
  assert.match(table, /◐ +\(Partial Prerender\)/)
  const seen = {}
  for (const way of Object.keys(expected)) {
    const html = readFileSync(`.next/server/app/${way}.html`, "utf8")
    seen[way] = { mark: markOf(way), built: answerIn(html), served: await served(way) }
    const { mark, built, served: said } = seen[way]
    console.log(`${mark} ${way}: the built page ${built ? `got: ${built}` : html.match(/<p>(\w+)/)[1]}; a request got: ${said}`)
  }
  assert.deepEqual(seen, expected)
  process.env.STAGE = "Node.js"
  const alone = await ways.manyImmediates()
  console.log(`manyImmediates on Node.js ${process.version} alone: ${alone}`)
  assert.equal(alone, "Node.js, file read")
  console.log("as described")
} finally {
  server.kill()
  await once(server, "exit")
}
JS
run 45 node run.mjs
