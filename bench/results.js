// results.json: everything that was measured, round by round.
import { existsSync, readFileSync, writeFileSync } from "node:fs"

const path = (name) => new URL(name, import.meta.url)

export function readResults(name = "results.json") {
  const empty = { measurements: [], startUp: [], memory: [], sizes: [] }
  return existsSync(path(name)) ? JSON.parse(readFileSync(path(name), "utf8")) : empty
}

/** Five digits are more than any of this is worth. */
const rounded = (key, value) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value

/** One line for each measurement, so that two runs can be compared line by line. */
export function writeResults(results, name = "results.json") {
  const json = (value) => JSON.stringify(value, rounded)
  const entries = Object.entries(results)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => `${json(key)}: ${Array.isArray(value) ? `[\n${value.map(json).join(",\n")}\n]` : json(value)}`,
    )
  writeFileSync(path(name), `{\n${entries.join(",\n")}\n}\n`)
}
