// Rust's unit tests: `cargo test`, counted.
import { command } from "./command.js"

/** Resolves to results as specs have them. */
export async function runRustTests() {
  return readResults(await command("cargo", ["test", "--color=never"]))
}

export function readResults({ status, late, output }) {
  const results = [...output.matchAll(/^test (.+?) \.\.\. (ok|FAILED|ignored)/gm)].map(([, name, outcome]) => ({
    name,
    passed: outcome === "ok",
    reason: { ignored: "ignored, and no run may skip in silence", FAILED: said(output, name) }[outcome],
  }))
  if (status !== 0 && results.every(({ passed }) => passed)) {
    const reason = `cargo test ${late ? "did not end in time" : `ended with ${status}`}\n${tail(output)}`
    results.push({ name: "(all)", passed: false, reason })
  }
  return results
}

/** What one failed test printed. */
function said(output, name) {
  const [, text] = output.split(`---- ${name} stdout ----\n`)
  return text?.split(/\n\n(?=----|failures:)/)[0].trim() ?? "failed"
}

const tail = (output) => output.trim().split("\n").slice(-60).join("\n")
