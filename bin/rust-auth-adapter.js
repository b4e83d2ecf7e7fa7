#!/usr/bin/env node
"use strict"

/** The core, or one sentence that says why it is not there. */
function load() {
  try {
    return require("../lib/native/binding.js")
  } catch (error) {
    if (error.code !== "ERR_CORE_NOT_LOADED") throw error
    const { code, message } = error
    const cause = error.cause?.message.split("\n")[0]
    process.exitCode = 2
    if (process.argv.includes("--json")) console.log(JSON.stringify({ error: { code, message, cause } }))
    else console.error(cause ? `${code}: ${message}\n  cause: ${cause}` : `${code}: ${message}`)
    return undefined
  }
}

const binding = load()
const given = process.argv.slice(2)
let before = 0
// These may stand in front of every command.
while (/^--(json$|env-file(=|$))/.test(given[before] ?? "")) before += given[before] === "--env-file" ? 2 : 1
if (binding && given[before] === "better-auth") {
  // A reader that has gone misses the rest; the exit code still tells.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", ({ code }) => code !== "EPIPE" && process.exit(1))
  // What Better Auth needs, only its options tell, and those are JavaScript.
  import("../lib/better-auth/command.mjs").then(async ({ run }) => {
    const code = await run([...given.slice(before + 1), ...given.slice(0, before)])
    // The configuration may have opened what would keep this process: only what was said has to be out.
    process.stderr.write("", () => process.stdout.write("", () => process.exit(code)))
  })
} else if (binding) {
  process.exitCode = binding.commandLine(given)
}
