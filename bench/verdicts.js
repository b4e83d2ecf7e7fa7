// The targets beside what was measured.
import { figureOf, ratioOf } from "./statistics.js"

/** Each target with its `measured` figure and a `verdict`. */
export function judge(targets, results) {
  return targets.map((target) => {
    const measured = measuredFor(target, results)
    return { ...target, measured, verdict: verdict(target, measured) }
  })
}

function verdict({ most, must, aim }, measured) {
  if (measured === undefined) return "not measured"
  const reaches = (bound) => (most ? measured <= bound : measured >= bound)
  return reaches(aim) ? "as aimed for" : reaches(must) ? "reached" : "missed"
}

const special = {
  startUp: ({ database }, { startUp = [] }) => {
    const ours = startUp.find((each) => each.database === database && each.contestant === "rust-auth-adapter")
    return ours && figureOf(ours, "milliseconds")
  },
  memory: ({ database }, { memory = [] }) => {
    const ours = memory.find((each) => each.database === database && each.contestant === "rust-auth-adapter")?.memory
    return ours?.length > 1 ? ours.at(-1).megabytes - ours[0].megabytes : undefined
  },
  scale: ({ database, figure }, { scale }) => {
    const found = scale?.find((each) => each.database === database && each.method === "getSessionAndUser")
    // Fewer rows would be easier.
    return found?.large.sessions >= 10_000_000 ? found.large[figure] / found.small[figure] : undefined
  },
  prune: ({ database }, { prune }) => {
    const found = prune?.find((each) => each.database === database)
    return found && found.busy / found.idle
  },
}

function measuredFor(target, results) {
  if (special[target.work]) return special[target.work](target, results)
  const find = (contestant) =>
    results.measurements.find(
      (each) =>
        each.database === target.database &&
        each.work === target.work &&
        each.callers === target.callers &&
        each.contestant === contestant,
    )
  const ours = find("rust-auth-adapter")
  if (!ours) return undefined
  if (!target.over) return figureOf(ours, target.figure)
  const other = find(target.over)
  return other && ratioOf(ours, other, target.figure)
}
