// Several contestants that differ in little: in each round, all take a turn in a process of its own, another one first each time, since
// where a process's memory happens to lie makes it up to a quarter faster or slower for as long as it lives.
import { databases } from "./databases/index.js"
import { measureAll, openDatabase } from "./rounds.js"
import { full } from "./settings.js"
import { intervalOf } from "./statistics.js"
import { works } from "./works/index.js"

/**
 * Measures `contestants` on one database, prints how many times as many calls a second each makes as the first, with the 95 % interval
 * of that ratio over the rounds, and answers whether one of the intervals is below `least` as a whole. The last contestant is the first
 * once more: what differs between the two is the noise. `prepare(urls, data)` is called when the tables have been filled.
 */
export async function compareTurns(database, contestants, { only, rounds, milliseconds, least, prepare }) {
  const cells = Object.entries(works)
    .filter(([work]) => new RegExp(only).test(work))
    .flatMap(([work, { callers, title }]) =>
      callers.map((count) => ({ database, work, title, callers: count, contestants })),
    )
  const open = await openDatabase(database, contestants, full)
  await prepare?.(open.urls, open.data)
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
  const columns = (texts) => console.log(texts.map((text, index) => text.padEnd([18, 9, 18, 28, 28][index])).join(""))
  const [base] = contestants
  columns(["work", "callers", "", `against ${base.name} (95 %)`, `noise: ${base.name} / itself`, ""])
  let missed = false
  for (let index = 0; index < results.length; index += contestants.length) {
    const group = results.slice(index, index + contestants.length)
    const of = ({ name }) => group.find(({ contestant }) => contestant === name)
    const ratio = (contestant) => intervalOf(of(contestant), of(base), "throughput")
    const noise = text(ratio(contestants.at(-1)))
    for (const contestant of contestants.slice(1, -1)) {
      const interval = ratio(contestant)
      const verdict = interval.low >= least ? "reached" : interval.high < least ? "missed" : "not shown"
      missed ||= verdict === "missed"
      const { work, callers } = of(contestant)
      columns([work, String(callers), contestant.name, text(interval), noise, `${verdict} (${least})`])
    }
  }
  return missed
}

/** `contestants`, another one of them first in each round. */
function turn(contestants, round) {
  const first = round % contestants.length
  return [...contestants.slice(first), ...contestants.slice(0, first)]
}

function text({ ratio, low, high }) {
  return `${ratio.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
}
