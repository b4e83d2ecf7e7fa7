// Vitest, which the published suites are written for, and each of its results as a test of ours.
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { test } from "node:test"
import { command } from "../../run/command.js"

const here = fileURLToPath(new URL("..", import.meta.url))

/** Runs the suites with the Better Auth of `folder`, which has to be of this version. */
export async function runPublishedSuites(folder, version) {
  const root = fileURLToPath(new URL(folder, import.meta.url))
  const { version: installed } = JSON.parse(readFileSync(join(root, "node_modules/better-auth/package.json")))
  if (installed !== version)
    throw new Error(`${relative(here, root)} has better-auth ${installed} instead of ${version}`)

  const file = join(mkdtempSync(join(tmpdir(), "vitest-")), "results.json")
  const { status, output } = await command(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      join(here, "vitest.config.js"),
      "--root",
      root,
      "--reporter=json",
      `--outputFile=${file}`,
    ],
    {
      folder: relative(fileURLToPath(new URL("../../..", import.meta.url)), here),
      env: { EXPECTED_BETTER_AUTH: version },
    },
  )

  const results = status === 0 || status === 1 ? JSON.parse(readFileSync(file)).testResults : []
  for (const { assertionResults, message } of results) {
    for (const { title, status, failureMessages } of assertionResults) {
      test(`better-auth ${version}: ${readable(title)}`, () => {
        if (status !== "passed") throw new Error(failureMessages.map(stripVTControlCharacters).join("\n") || status)
      })
    }
    if (message)
      test(`better-auth ${version}`, () => {
        throw new Error(message)
      })
  }
  test(`better-auth ${version}: the run as a whole`, () => {
    if (status !== 0 || results.length === 0) throw new Error(`Vitest ended with ${status}\n${output.slice(-4000)}`)
  })
}

const readable = (title) =>
  stripVTControlCharacters(title)
    .replace(/[\s─]+/g, " ")
    .trim()
