#!/usr/bin/env node
// Writes the charts and the tables of docs/performance.md, from results.json alone.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { markdownTable } from "markdown-table"
import { scalingChart, throughputChart } from "./chart.js"
import { readResults } from "./results.js"
import { targets } from "./better-auth/targets.js"
import { count, tables } from "./table.js"
import { farChart } from "./far/chart.js"
import { farTables } from "./far/tables.js"

const docs = new URL("../docs/", import.meta.url)
const begin = "<!-- results: written by bench/report.js, do not edit -->"
const end = "<!-- /results -->"

export function writeReport(name = "results.json") {
  const results = readResults(name)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL("throughput.svg", docs), throughputChart(results))
  writeFileSync(new URL("scaling.svg", docs), scalingChart(results))
  const page = new URL("performance.md", docs)
  writeFileSync(
    page,
    insert(existsSync(page) ? readFileSync(page, "utf8") : `# Performance\n\n${begin}\n${end}\n`, section(results)),
  )
}

/** `page` with `text` between its two markers, at the end when it has none yet. */
function insert(page, text) {
  const [from, to] = [...page.matchAll(/<!--\s*\/?results\b.*?-->/g)]
  const whole = `${begin}\n\n${text}\n\n${end}`
  return to
    ? page.slice(0, from.index) + whole + page.slice(to.index + to[0].length)
    : `${page.trimEnd()}\n\n${whole}\n`
}

function section(results) {
  return [
    ...(results.machine.busy ? ["**The machine was busy with other work during this run.**"] : []),
    ...(results.quick ? ["**From a quick run, too short to be quoted.**"] : []),
    machine(results),
    "![Session look-ups per second with 32 callers](throughput.svg)",
    "![Session look-ups per second by callers at once](scaling.svg)",
    ...(results.scaleRun && results.scaleRun.date.slice(0, 10) !== results.date?.slice(0, 10)
      ? [`The large tables were measured on ${results.scaleRun.date.slice(0, 10)}.`]
      : []),
    ...markdown(tables(results)),
    ...betterAuth(),
    ...far(),
  ]
    .filter(Boolean)
    .join("\n\n")
}

const markdown = (found) =>
  found.flatMap(({ title, note, head, rows }) => [
    `### ${title}`,
    markdownTable([head, ...rows], { align: ["l", ...head.slice(1).map(() => "r")] }),
    note,
  ])

/** The tables of `npm run bench -- --better-auth`, if it has run. */
function betterAuth() {
  const results = readResults("results.better-auth.json")
  if (!results.date) return []
  return [
    `With Better Auth, ${results.date.slice(0, 10)}, on the same tables for each adapter where it has no own:`,
    ...markdown(tables(results, { targets })),
  ]
}

/** Nearer than this, what is measured is the machine, which the other tables show. */
const FAR = 5

/** The tables and the chart of `npm run bench -- --far`, if it has run. */
function far() {
  const results = readResults("results.far.json")
  if (!results.date) return []
  const turnsOnly = results.machine.busy
  writeFileSync(new URL("far.svg", docs), farChart(results, { turnsOnly }))
  return [
    `Over a network, ${results.date.slice(0, 10)}: a proxy on the same machine holds up each message for half of the round trip, and the ` +
      "opening of a connection for a whole one. A turn: the client speaks, and the server answers. All with the same URL, ten connections at " +
      "most (`pg, pipelined`: one); behind PgBouncer (transaction mode, ten server connections) ours is told of it by `?pgbouncer=true`.",
    "![First sign-in of a fresh process, far from its database](far.svg)",
    ...(turnsOnly ? ["The machine was busy with other work: turns are shown, and no times."] : []),
    ...markdown(farTables(results, { least: FAR, turnsOnly })),
  ]
}

function machine({
  date,
  machine: { cpu, cores, memory, system, kernel, node, bun, postgres, mysql, sqlite },
  settings,
}) {
  const { rounds, milliseconds, users, sessions } = settings
  return (
    `${date.slice(0, 10)}: ${cpu}, ${cores} cores, ${memory}, ${system} (${kernel}); Node.js ${node}, Bun ${bun}, PostgreSQL ${postgres}, ` +
    `MariaDB ${mysql}, SQLite ${sqlite}. The servers run on the same machine, over loopback, and do not wait for the disk. ` +
    `${count(sessions)} sessions of ${count(users)} users, ten connections for each contestant, ${rounds} interleaved rounds of ${milliseconds} ms.`
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeReport(process.argv[2])
