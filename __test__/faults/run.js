#!/usr/bin/env node
// `npm run test:faults`: real servers that end idle connections, restart and fall silent under load. Prints what failed, and exits
// with 1 if a call failed that could have succeeded, or if one took longer than it may. Takes some minutes; no part of `npm test`.
//
//   --rounds <n>  200: how often idle connections are ended before each method's first write
import { parseArgs } from "node:util"
import { installPackages } from "../run/install.js"
import { useScratchFolder } from "../run/scratch.js"

useScratchFolder()
await installPackages(["__test__"])
const { startMariaDb } = await import("../servers/mariadb.js")
const { startPostgres } = await import("../servers/postgres.js")
const { idleConnections, restart, silence } = await import("./scenes.js")

const rounds = Number(parseArgs({ options: { rounds: { type: "string", default: "200" } } }).values.rounds)
const rows = []
for (const [name, start] of Object.entries({ PostgreSQL: startPostgres, MariaDB: startMariaDb })) {
  const server = await start()
  for (const [event, scene] of [
    [
      `the server ended idle connections, ${rounds} times before each method's first write`,
      () => idleConnections(server, rounds, "kill"),
    ],
    [
      `idle connections were closed without a word, ${rounds} times before each`,
      () => idleConnections(server, rounds, "cut"),
    ],
    ["a restart under 32 callers, five times", () => restart(server)],
    ["a server that says nothing under 32 callers, three times", () => silence(server)],
  ]) {
    const { calls, failed, inDoubt, late } = await scene()
    rows.push({ server: name, event, calls, failed, "in doubt": inDoubt, "over time by 100 ms": late })
    console.error(`${name}: ${event}: ${JSON.stringify(rows.at(-1))}`)
  }
  await server.stop()
}
console.table(rows)
process.exit(rows.some((row) => row.failed || row["over time by 100 ms"]) ? 1 : 0)
