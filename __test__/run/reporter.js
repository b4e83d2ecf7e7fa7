// A reporter for node:test that says each result as one line of JSON. Loaded into the process of every spec by `specs.js`.
import { inspect } from "node:util"

const summary = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /

export default async function* reporter(events) {
  const path = []
  for await (const { type, data } of events) {
    if (type === "test:start") path[data.nesting] = data.name
    // For a spec that never ends, and for errors that belong to no test.
    if (type === "test:dequeue") yield `${JSON.stringify({ began: data.name })}\n`
    if (type === "test:diagnostic" && !summary.test(data.message)) yield `${JSON.stringify({ said: data.message })}\n`
    if (type !== "test:pass" && type !== "test:fail") continue
    const suite = data.details?.type === "suite"
    const error = data.details?.error
    // A parent fails with its children; counting both would say one failure twice.
    if (error?.failureType === "subtestsFailed") continue
    const skipped = data.skip !== undefined || data.todo !== undefined
    if (type === "test:pass" && suite && !skipped) continue
    yield `${JSON.stringify({
      name: path.slice(0, data.nesting + 1).join(" › "),
      file: data.file,
      line: data.line,
      passed: type === "test:pass" && !skipped,
      reason: skipped ? "skipped, and no run may skip in silence" : error && explain(error),
    })}\n`
  }
}

/** The cause as the test's author wants to see it: message, difference, stack without the test runner's own frames. */
function explain(error) {
  const cause = error.cause ?? error
  const text = typeof cause === "string" ? cause : inspect(cause, { depth: 4 })
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*(node:|<anonymous>\)$)/.test(line))
    .join("\n")
}
