#!/usr/bin/env node
// Two builds of this package side by side: `node bench/builds.js <folder before> <folder after>`. A folder is a checkout with a release
// build in it (`npm ci && npm run build`). The first takes part twice, so that what differs between a build and itself, the noise, is
// seen too.
//
//   --database <names>  sqlite (the default), postgres, mysql; several with commas
//   --only <pattern>    only the works that match this regular expression, as "lookUp|updateSession"
//   --rounds <n>        15; in each, all three take a turn in a process of its own, another one first each time: where a process's memory
//                       happens to lie makes it up to a quarter faster or slower for as long as it lives
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
import { full } from "./settings.js"
import { intervalOf } from "./statistics.js"

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
const { openDatabase, measureAll } = await import("./rounds.js")
const { databases } = await import("./databases/index.js")
const { works } = await import("./works/index.js")

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
  const contestants = builds(database)
  const cells = Object.entries(works)
    .filter(([work]) => new RegExp(values.only).test(work))
    .flatMap(([work, { callers, title }]) =>
      callers.map((count) => ({ database, work, title, callers: count, contestants })),
    )
  const open = await openDatabase(database, contestants, full)
  console.log(`\n${databases[database].title}: ${open.version}; ${rounds} rounds of ${milliseconds} ms each`)
  const results = []
  for (let round = 0; round < rounds; round++) {
    const turned = cells.map((cell) => ({ ...cell, contestants: turn(contestants, round) }))
    const measured = await measureAll(
      turned,
      open,
      { ...full, rounds: 1, milliseconds, checked: round > 0 },
      (what) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round + 1} of ${rounds}: ${what}`)
      },
    )
    for (const one of measured) {
      const same = results.find(
        ({ work, callers, contestant }) =>
          work === one.work && callers === one.callers && contestant === one.contestant,
      )
      if (same) same.rounds.push(...one.rounds)
      else results.push(one)
    }
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
  await open.stop()
  const columns = (texts) => console.log(texts.map((text, index) => text.padEnd([18, 9, 28, 28][index])).join(""))
  columns(["work", "callers", "after / before (95 %)", "noise: before / itself", ""])
  for (let index = 0; index < results.length; index += 3) {
    const [first, second, again] = results.slice(index, index + 3)
    const [ratio, noise] = [second, again].map((one) => intervalOf(one, first, "throughput"))
    const verdict = ratio.low >= least ? "reached" : ratio.high < least ? "missed" : "not shown"
    missed ||= verdict === "missed"
    columns([first.work, String(first.callers), text(ratio), text(noise), `${verdict} (${least})`])
  }
}
warnWhenBusy()
process.exit(missed ? 1 : 0)

/** `contestants`, another one of them first in each round. */
function turn(contestants, round) {
  const first = round % contestants.length
  return [...contestants.slice(first), ...contestants.slice(0, first)]
}

function text({ ratio, low, high }) {
  return `${ratio.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
}
