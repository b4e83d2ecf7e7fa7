#!/usr/bin/env node
"use strict"

// `npm run release:dry`: everything of a release that this machine can do, and nothing that leaves it: builds the
// platforms whose standard library is installed, checks what they ask of the system, lays the packages out, installs
// their tarballs into an empty folder and signs a person in there.

const { execFileSync } = require("node:child_process")
const { existsSync, statSync } = require("node:fs")
const { join } = require("node:path")
const { build } = require("./build.js")
const { checkGlibc } = require("./glibc.js")
const { smoke } = require("./smoke.js")
const { stage } = require("./stage.js")
const { TARGETS, host } = require("./targets.js")

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/** Whether rustc has the standard library of a target, and the linker's side is here too. */
function canBuild({ triple, os }) {
  if (os !== process.platform) return false
  const library = execFileSync("rustc", ["--print", "target-libdir", "--target", triple], { encoding: "utf8" }).trim()
  return existsSync(library)
}

const binaries = {}
for (const target of TARGETS) {
  if (!canBuild(target)) {
    console.log(`${target.platform}: left to the workflow, which has the standard library for ${target.triple}`)
    continue
  }
  const binary = build(target)
  binaries[target.platform] = binary
  console.log(`${target.platform}: ${megabytes(statSync(binary).size)}`)
  if (target.libc === "glibc") console.log(`${target.platform}: asks for glibc ${checkGlibc(binary)}`)
}
if (!binaries[host().platform])
  throw new Error(`rustc has no standard library for ${host().triple}: rustup target add ${host().triple}`)

const folder = join(__dirname, "..", "target", "packages")
for (const path of stage(folder, binaries)) console.log(`staged: ${path}`)
console.log(`installed: ${megabytes(smoke(folder))}`)
