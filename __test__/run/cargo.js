// Rust's unit tests, and those of the crate as a library: cargo-nextest runs them, and its report in JUnit's format is counted.
import { existsSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { command, root } from "./command.js"

const PROFILE = "report"
const config = join(root, ".config/nextest.toml")

/** Resolves to results as specs have them, of the crate in `folder`. */
export async function runRustTests(folder = root) {
  const report = join(folder, "target/nextest", PROFILE, "junit.xml")
  rmSync(report, { force: true })
  const args = [
    "nextest",
    "run",
    "--workspace",
    "--lib",
    "--tests",
    "--config-file",
    config,
    "--profile",
    PROFILE,
    "--run-ignored",
    "all",
    "--color=never",
  ]
  const { status, late, output } = await command("cargo", args, { folder })
  // There is none after a build that failed.
  const results = existsSync(report) ? testCases(readFileSync(report, "utf8")).map(result) : []
  if (results.length === 0 || (status !== 0 && results.every(({ passed }) => passed))) {
    const how = late ? "did not end in time" : status === 0 ? "ran no tests" : `ended with ${status}`
    results.push({ name: "(all)", passed: false, reason: `cargo nextest ${how}\n${tail(output)}` })
  }
  return results
}

function testCases(report) {
  // Only now: a fresh clone installs it first.
  const { DOMParser } = createRequire(new URL("../house/", import.meta.url))("@xmldom/xmldom")
  return [...new DOMParser().parseFromString(report, "text/xml").getElementsByTagName("testcase")]
}

function result(testCase) {
  const said = (...names) => names.flatMap((name) => [...testCase.getElementsByTagName(name)])
  const skipped = said("skipped").length > 0
  const failures = said("failure", "error")
  const texts = [...failures, ...said("system-out", "system-err")]
    .map(({ textContent }) => textContent.trim())
    .filter(Boolean)
  return {
    name: testCase.getAttribute("name"),
    passed: !skipped && failures.length === 0,
    reason: skipped
      ? "skipped, and no run may skip in silence"
      : failures.length
        ? tail(texts.join("\n") || "failed")
        : undefined,
  }
}

const tail = (output) => output.trim().split("\n").slice(-60).join("\n")
