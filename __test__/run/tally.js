// Counts results, prints failures readably, and closes with the one line that every run ends with.
let passed = 0
const failures = []

export function count(where, results) {
  for (const result of results) {
    if (result.passed) passed++
    else failures.push({ where, ...result })
  }
}

export function countFailure(where, name, reason) {
  failures.push({ where, name, reason })
}

/** Prints the end of the run; returns the exit code. A run without a single test has not shown anything. */
export function close() {
  if (passed + failures.length === 0) countFailure("this run", "no test was found", "nothing ran")
  for (const { where, name, line, reason } of failures) {
    console.log(`\n✗ ${where}${line ? `:${line}` : ""} › ${name}\n${indent(reason ?? "")}`)
  }
  console.log(`\n${passed} passed, ${failures.length} failed`)
  return failures.length ? 1 : 0
}

const indent = (text) =>
  text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")
