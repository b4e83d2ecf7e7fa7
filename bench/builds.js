#!/usr/bin/env node
// Two builds of this package side by side: `node bench/builds.js <folder before> <folder after>`. A folder is a checkout with a release
// build in it (`npm ci && npm run build`). The first takes part twice, so that what differs between a build and itself, the noise, is
// seen too.
//
//   --database <names>  sqlite (the default), postgres, mysql; several with commas
//   --only <pattern>    only the works that match this regular expression, as "lookUp|updateSession"
//   --rounds <n>        15; in each, all three take a turn (see turns.js)
//   --ms <n>            500: how long a turn takes
//   --least <ratio>     0.97: what the whole interval has to reach
//
// Prints, for each work, how many times as many calls a second the second build makes as the first, with the 95 % interval of that
// ratio over the rounds. Exit code 1: for one of the works even the interval's upper end is below the least ratio.
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { installPackages } from "../__test__/run/install.js"
import { useScratchFolder } from "../__test__/run/scratch.js"
import { warnWhenBusy } from "./busy.js"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: "string", default: "sqlite" },
    only: { type: "string", default: "." },
    rounds: { type: "string", default: "15" },
    ms: { type: "string", default: "500" },
    least: { type: "string", default: "0.97" },
  },
})
const folders = positionals.map((folder) => resolve(folder))
if (folders.length !== 2 || !folders.every((folder) => existsSync(resolve(folder, "index.js")))) {
  console.error("usage: node bench/builds.js <folder before> <folder after> [options]; see the file's beginning")
  process.exit(2)
}
const [rounds, milliseconds, least] = [values.rounds, values.ms, values.least].map(Number)
if (!(Number.isInteger(rounds) && rounds > 1 && milliseconds > 0 && least > 0)) {
  console.error("--rounds is a whole number from 2 on, --ms and --least are numbers above 0")
  process.exit(2)
}

useScratchFolder()
await installPackages(["__test__", "bench"])
const { databases } = await import("./databases/index.js")
const { compareTurns } = await import("./turns.js")

const [before, after] = folders
const builds = (database) =>
  Object.entries({ before, after, "before again": before }).map(([name, folder]) => ({
    name,
    database,
    module: `build.js?folder=${encodeURIComponent(folder)}`,
    layout: "own",
    kind: "adapter",
  }))

let missed = false
for (const database of values.database.split(",")) {
  if (!databases[database]) {
    console.error(`no such database: ${database}`)
    process.exit(2)
  }
  missed =
    (await compareTurns(database, builds(database), { only: values.only, rounds, milliseconds, least })) || missed
}
warnWhenBusy()
process.exit(missed ? 1 : 0)
