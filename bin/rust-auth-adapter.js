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
const [first, ...rest] = process.argv.slice(2)
if (binding && first === "better-auth") {
  // What Better Auth needs, only its options tell, and those are JavaScript.
  import("../lib/better-auth/command.mjs").then(async ({ run }) => {
    const code = await run(rest)
    // The configuration may have opened what would keep this process: only what was said has to be out.
    process.stderr.write("", () => process.stdout.write("", () => process.exit(code)))
  })
} else if (binding) {
  process.exitCode = binding.commandLine(process.argv.slice(2))
}
