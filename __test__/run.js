#!/usr/bin/env node
// `npm test`: sets up what a fresh clone lacks, runs every test, closes with `N passed, N failed`.
//
//   --fast            Rust unit tests, and the contract on SQLite
//   --mysql9          every spec that has a MySQL lane, on MySQL 9
//   --only <pattern>  only the spec files whose path matches this regular expression
//   --no-build        with the addon as it is
import { parseArgs } from "node:util"
import { runRustTests } from "./run/cargo.js"
import { mustRun } from "./run/command.js"
import { buildAddon, findBrowser, findNextest, installPackages } from "./run/install.js"
import { useScratchFolder } from "./run/scratch.js"
import { findSpecs, runSpecs } from "./run/specs.js"
import { step } from "./run/step.js"
import { close, count, countFailure } from "./run/tally.js"
import { findCompilers } from "./run/toolchain.js"

/** What a shell script reads as "not today": the archive that MySQL 9 comes from does not install. */
const EX_TEMPFAIL = 75

const { values: options } = parseArgs({
  options: {
    fast: { type: "boolean" },
    mysql9: { type: "boolean" },
    only: { type: "string" },
    "no-build": { type: "boolean" },
  },
})

function selection() {
  if (options.only) return new RegExp(options.only)
  if (options.mysql9)
    return /^(databases\.|contract\/|hashed\/|lookup\/(indexes|sharing)|writes\/|boundary\/|flows\/|browser\/express|better-auth\/(?!sqlmodel))/
  if (options.fast) return /^(contract\/|databases\.)/
  return /./
}

async function main() {
  const specs = findSpecs(selection())
  const wants = (path) => specs.some((file) => file.startsWith(path))
  const startsNext = wants("browser/nextjs") || wants("browser/start")
  const wantsPacked = wants("nextjs/") || wants("browser/from-authjs")
  useScratchFolder()
  if (options.fast) process.env.TEST_DATABASES = "sqlite"

  const packages = [
    "__test__",
    ...(wants("swap-in/") || wants("better-auth/") ? ["__test__/swap-in"] : []),
    ...(wants("better-auth/") ? ["__test__/better-auth", "__test__/better-auth/newest"] : []),
    ...(wants("better-auth/versions/")
      ? ["__test__/better-auth/versions/1.6.0", "__test__/better-auth/versions/1.6.34"]
      : []),
    ...(wants("two-sqlites/") ? ["__test__/two-sqlites"] : []),
    ...(wants("observing/") || wants("better-auth/options/") ? ["__test__/observing"] : []),
    ...(wants("release/") ? ["__test__/release"] : []),
    ...(wants("docs/snippets/") ? ["__test__/docs/snippets"] : []),
    ...(wantsPacked || wants("docs/snippets/") ? ["__test__/nextjs"] : []),
    ...(wants("browser/") ? ["examples/local", "examples/express", "examples/better-auth"] : []),
    ...(startsNext ? ["examples/nextjs"] : []),
  ]
  findCompilers()
  // Reads what nextest reports.
  await installPackages(["__test__/house"])
  // npm compiles SQLite on one core, and Cargo optimises the whole core package on one as well.
  await Promise.all([installPackages(packages), buildAndTestRust()])
  if (wants("browser/")) findBrowser()
  await buildPages({ startsNext, wantsPacked })
  // Only now: these read databases through packages that a fresh clone has just got.
  const { startMySql9Lane, startServers } = await import("./run/servers.js")
  if (options.mysql9) await startMySql9Lane()
  else await startServers((process.env.TEST_DATABASES || "postgres,mysql").split(","))
  await runSpecs(specs, report)
}

/** The applications that specs start as they would be deployed. */
async function buildPages({ startsNext, wantsPacked }) {
  if (startsNext)
    await step("next build of the example", () => mustRun(process.execPath, ["examples/nextjs/start.js", "--build"]))
  if (wantsPacked) {
    const { installTarballs } = await import("./nextjs/installed.js")
    await step("an app with the packed packages", installTarballs)
  }
}

async function buildAndTestRust() {
  if (!options["no-build"]) await buildAddon()
  if (options.only || options.mysql9) return
  await findNextest()
  report("cargo nextest", await step("cargo nextest", runRustTests))
}

function report(where, results, milliseconds) {
  count(where, results)
  if (results.length === 0) return // its database is not in this run
  const failed = results.filter(({ passed }) => !passed).length
  const time = milliseconds === undefined ? "" : `, ${(milliseconds / 1000).toFixed(1)} s`
  console.log(`${failed ? "✗" : "✓"} ${where}: ${results.length - failed} of ${results.length}${time}`)
}

let unavailable = false
try {
  await main()
} catch (error) {
  unavailable = error.name === "ArchiveUnavailable"
  countFailure("set-up", error.name, error.stack)
}
const code = close()
process.exit(unavailable ? EX_TEMPFAIL : code)
