#!/usr/bin/env node
// `npm run bench`: sets up what a fresh clone lacks, measures all contestants side by side, prints tables, and writes
// results.json, from which report.js makes the charts and the tables of docs/performance.md.
//
//   --quick           under two minutes: a first look, not written into the documentation
//   --only <pattern>  only what matches this regular expression, as "postgres lookUp Drizzle"
//   --disk            with servers that wait for the disk at each commit: the writes, or what --only says; not written into the documentation
//   --scale[=N]       instead: our methods among N (10,000,000) sessions, against 10,000
//   --prune           instead: look-ups while a million expired sessions are deleted
//   --passwords       instead: verifications, look-ups beside sign-ins, and sign-ins with Better Auth
//   --next            instead: the first page of the Next.js example after a cold start
//   --better-auth     instead: Better Auth on its adapters, on tables that each of them made
//   --far             instead: calls over a network, at a round trip of 20 ms; with --full at 0, 1, 5 and 20 ms, and more often
//     --round-trips <list>  other round trips, in whole milliseconds
//   --no-build        with the addon as it is
import { parseArgs } from "node:util"
import { warnWhenBusy } from "./busy.js"
import { mustRun } from "../__test__/run/command.js"
import { installPackages } from "../__test__/run/install.js"
import { useScratchFolder } from "../__test__/run/scratch.js"
import { step } from "../__test__/run/step.js"
import { findCompilers } from "../__test__/run/toolchain.js"
import { generateClients } from "./prisma/generate.js"

const args = process.argv.slice(2).map((argument) => (argument === "--scale" ? "--scale=10000000" : argument))
const { values: options } = parseArgs({
  args,
  options: {
    quick: { type: "boolean" },
    only: { type: "string" },
    disk: { type: "boolean" },
    scale: { type: "string" },
    prune: { type: "boolean" },
    passwords: { type: "boolean" },
    next: { type: "boolean" },
    "better-auth": { type: "boolean" },
    far: { type: "boolean" },
    full: { type: "boolean" },
    "round-trips": { type: "string" },
    "no-build": { type: "boolean" },
  },
})

useScratchFolder()
// Prisma downloads an engine that nothing here uses, unless it is told that it has one.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
await installPackages([
  "__test__",
  "bench",
  ...(options["better-auth"] || options.passwords ? ["__test__/better-auth", "__test__/swap-in"] : []),
])
if (options["no-build"]) console.error("  the addon as it is: figures of a debug build say nothing")
else {
  findCompilers()
  // Always, not only when a source is newer: what is there may be a debug build.
  await step("npm run build", () => mustRun("npm", ["run", "build"]))
}
if (options.next) {
  await installPackages(["examples/nextjs"])
  const { compareNext } = await import("./next.js")
  await compareNext()
  process.exit()
}
await step("Prisma clients", generateClients)

// Only now: these need the packages that a fresh clone has just got.
const { compareAll } = await import("./compare.js")
const { compareSizes } = await import("./scale.js")
const { comparePruning } = await import("./prune.js")
const { printTables } = await import("./terminal.js")
const { tables } = await import("./table.js")
const { writeReport } = await import("./report.js")
const { readResults, writeResults } = await import("./results.js")

try {
  if (options["better-auth"]) {
    const { compareBetterAuth } = await import("./better-auth/compare.js")
    const { targets } = await import("./better-auth/targets.js")
    const results = await compareBetterAuth(options)
    printTables(tables(results, { part: Boolean(options.only), targets }))
    const whole = !options.quick && !options.only
    writeResults(results, whole ? "results.better-auth.json" : "results.quick.json")
    if (whole && readResults().date) writeReport()
  } else if (options.far) {
    const { compareFar } = await import("./far/compare.js")
    const { farTables } = await import("./far/tables.js")
    const results = await compareFar({ ...options, roundTrips: options["round-trips"] })
    printTables(farTables(results))
    writeResults(results, options.only ? "results.quick.json" : "results.far.json")
    if (!options.only && readResults().date) writeReport()
  } else if (options.passwords) {
    const { comparePasswords } = await import("./passwords/compare.js")
    const found = await comparePasswords(options)
    printTables(tables({ ...readResults("none"), ...found }, { part: true }))
    const whole = !options.only && !options.quick
    writeResults(whole ? { ...readResults(), ...found } : found, whole ? undefined : "results.quick.json")
    if (whole && readResults().date) writeReport()
  } else if (options.prune) {
    const pruning = await comparePruning(options)
    printTables(tables({ ...readResults("none"), ...pruning }, { part: true }))
    const results = readResults()
    // Each database is compared with itself alone: those that were left out this time keep what they had.
    const others = (results.prune ?? []).filter(
      ({ database }) => !pruning.prune.some((row) => row.database === database),
    )
    writeResults({ ...results, ...pruning, prune: [...pruning.prune, ...others] })
    if (results.date) writeReport()
  } else if (options.scale) {
    const scale = await compareSizes(Number(options.scale), options)
    printTables(tables({ ...readResults("none"), ...scale }, { part: true }))
    const whole = Number(options.scale) === 10_000_000 && !options.only
    writeResults({ ...readResults(whole ? undefined : "none"), ...scale }, whole ? undefined : "results.quick.json")
    if (whole && readResults().date) writeReport()
  } else {
    const results = await compareAll(options)
    printTables(tables(results, { part: Boolean(options.only || options.disk) }))
    if (options.quick || options.only || options.disk) writeResults(results, "results.quick.json")
    else {
      const { scale, scaleRun, prune, pruneRun, passwords, passwordsRun } = readResults()
      writeResults({ ...results, scale, scaleRun, prune, pruneRun, passwords, passwordsRun })
      writeReport()
    }
  }
  warnWhenBusy()
  process.exit(0)
} catch (error) {
  console.error(`\n${error.stack}`)
  process.exit(1)
}
