#!/usr/bin/env node
"use strict"

// `node npm/glibc.js <library>`: fails where a library asks for a newer glibc than the floor of targets.js.

const { execFileSync } = require("node:child_process")
const { GLIBC_FLOOR } = require("./targets.js")

/** The newest glibc that a library asks for, as objdump (binutils) reads it. Throws where that is above the floor. */
function checkGlibc(library) {
  const symbols = execFileSync("objdump", ["-T", library], { encoding: "utf8", maxBuffer: 100_000_000 })
  const versions = [...symbols.matchAll(/\bGLIBC_([\d.]+)/g)].map(([, version]) => version)
  if (versions.length === 0) throw new Error(`${library} asks for no glibc`)
  const newest = versions.sort(compare).at(-1)
  if (compare(newest, GLIBC_FLOOR) > 0)
    throw new Error(`${library} asks for glibc ${newest}, which is newer than ${GLIBC_FLOOR}`)
  return newest
}

/** Negative, zero or positive, as for `sort`. */
function compare(one, other) {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number))
  return a[0] - b[0] || (a[1] ?? 0) - (b[1] ?? 0) || (a[2] ?? 0) - (b[2] ?? 0)
}

module.exports = { checkGlibc }

if (require.main === module) console.log(`glibc ${checkGlibc(process.argv[2])}`)
