#!/usr/bin/env node
// `npm run test:faults`: real servers that end idle connections, restart, fall silent and change places under load. Prints what failed, and exits
// with 1 if a call failed that could have succeeded, or if one took longer than it may. Takes some minutes; no part of `npm test`.
//
//   --rounds <n>  200: how often idle connections are ended before each method's first write
//   --only <text> only the events that have it in their names
import { parseArgs } from "node:util"
import { installPackages } from "../run/install.js"
import { useScratchFolder } from "../run/scratch.js"

useScratchFolder()
await installPackages(["__test__"])
const { startMariaDb } = await import("../servers/mariadb.js")
const { startPostgres } = await import("../servers/postgres.js")
const { startMySqlPair, startPostgresPair } = await import("../servers/pair.js")
const { idleConnections, restart, silence, switchover } = await import("./scenes.js")

const options = { rounds: { type: "string", default: "200" }, only: { type: "string", default: "" } }
const { values } = parseArgs({ options })
const rounds = Number(values.rounds)
const rows = []
const run = async (server, event, scene) => {
  if (!event.includes(values.only)) return
  const { calls, failed, inDoubt, late } = await scene()
  rows.push({ server, event, calls, failed, "in doubt": inDoubt, "over time by 100 ms": late })
  console.error(`${server}: ${event}: ${JSON.stringify(rows.at(-1))}`)
}
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
  ])
    await run(name, event, scene)
  await server.stop()
}
for (const [name, start, hows] of [
  ["PostgreSQL", startPostgresPair, ["lives on", "ends", "vanishes"]],
  ["MariaDB", () => startMySqlPair("mariadb"), ["lives on", "vanishes"]],
  ["MySQL 9", () => startMySqlPair("mysql"), ["lives on", "vanishes"]],
])
  for (const how of hows)
    await run(name, `switchover under 32 callers with both hosts: the old writer ${how}`, async () =>
      switchover(await start(), how),
    )
console.table(rows)
process.exit(rows.some((row) => row.failed || row["over time by 100 ms"]) ? 1 : 0)
