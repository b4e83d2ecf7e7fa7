#!/usr/bin/env node
"use strict"

const binding = require("../lib/native/binding.js")

const [first, ...rest] = process.argv.slice(2)
if (first === "better-auth") {
  // What Better Auth needs, only its options tell, and those are JavaScript.
  import("../lib/better-auth/command.mjs").then(async ({ run }) => {
    const code = await run(rest)
    // The configuration may have opened what would keep this process: only what was said has to be out.
    process.stderr.write("", () => process.stdout.write("", () => process.exit(code)))
  })
} else {
  process.exitCode = binding.commandLine(process.argv.slice(2))
}
