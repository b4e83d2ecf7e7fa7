#!/usr/bin/env node
"use strict"

// `node npm/publish.js <folder> [--dry-run]`: publishes what `npm/stage.js` has laid out in `<folder>`, the root package
// last, so that nobody gets one whose platform packages are not there. What is published already is left alone: a run
// that broke off can be repeated.

const { execFileSync, spawnSync } = require("node:child_process")
const { readFileSync } = require("node:fs")
const { join, resolve } = require("node:path")
const { TARGETS, packageName } = require("./targets.js")

function isPublished(name, version) {
  return spawnSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" }).stdout.trim() === version
}

/** Prereleases do not become what `npm install rust-auth-adapter` takes. */
const tag = (version) => (version.includes("-") ? "next" : "latest")

const [folder, dry] = process.argv.slice(2)
if (!folder) throw new Error("usage: node npm/publish.js <folder> [--dry-run]")
const how = dry === "--dry-run" ? ["--dry-run"] : ["--provenance"]

for (const name of [...TARGETS.map(({ platform }) => packageName(platform)), "rust-auth-adapter"]) {
  const path = join(resolve(folder), name)
  const { version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"))
  if (isPublished(name, version)) console.log(`${name}@${version} is published already`)
  else execFileSync("npm", ["publish", path, "--access", "public", "--tag", tag(version), ...how], { stdio: "inherit" })
}
