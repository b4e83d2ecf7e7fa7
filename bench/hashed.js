#!/usr/bin/env node
// What the option `sessionTokens` costs: `node bench/hashed.js`, with a release build. Look-ups of sessions whose rows have hashes, with
// "hashed" and "hashed-only", against look-ups of tokens that are stored as they are.
//
//   --database <names>  sqlite,postgres,mysql
//   --only <pattern>    lookUp: only the works that match this regular expression
//   --rounds <n>        15
//   --ms <n>            500: how long a turn takes
//   --least <ratio>     0.97: what the whole interval has to reach
//   --secure            instead: look-ups while `npx rust-auth-adapter secure` converts a million sessions, against look-ups while nothing else runs
//
// Exit code 1: for one of the works even the interval's upper end is below the least ratio; with --secure, p99 has more than doubled.
import { parseArgs } from "node:util"
import { installPackages } from "../__test__/run/install.js"
import { useScratchFolder } from "../__test__/run/scratch.js"
import { warnWhenBusy } from "./busy.js"

const { values } = parseArgs({
  options: {
    database: { type: "string", default: "sqlite,postgres,mysql" },
    only: { type: "string", default: "^lookUp$" },
    rounds: { type: "string", default: "15" },
    ms: { type: "string", default: "500" },
    least: { type: "string", default: "0.97" },
    secure: { type: "boolean" },
  },
})
const [rounds, milliseconds, least] = [values.rounds, values.ms, values.least].map(Number)

useScratchFolder()
await installPackages(["__test__", "bench"])
const { compareSecuring, secure } = await import("./secure.js")
const { compareTurns } = await import("./turns.js")

const modes = { plain: undefined, hashed: "hashed", "hashed-only": "hashed-only", "plain again": undefined }
const contestants = (database) =>
  Object.entries(modes).map(([name, mode]) => ({
    name,
    database,
    module: mode ? `hashed.js?mode=${mode}` : "hashed.js",
    layout: "own",
    kind: "adapter",
  }))

/** The tables of the modes that look for hashes have nothing else. */
async function prepare(urls, data) {
  for (const [name, mode] of Object.entries(modes)) if (mode) await secure(urls[name], data)
}

let missed = false
for (const database of values.database.split(",")) {
  const isMissed = values.secure
    ? await compareSecuring(database)
    : await compareTurns(database, contestants(database), { only: values.only, rounds, milliseconds, least, prepare })
  missed = isMissed || missed
}
warnWhenBusy()
process.exit(missed ? 1 : 0)
