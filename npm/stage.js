#!/usr/bin/env node
"use strict"

// `node npm/stage.js <folder>`: lays the packages of a release out in `<folder>`, ready for `npm publish`: one for each
// platform, with its binary from npm/<platform>, and the root package, which names them as optional dependencies.
//
// Only there: in a clone they are not published yet, and `npm install` would look for them.

const { execFileSync } = require("node:child_process")
const { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs")
const { dirname, join, resolve } = require("node:path")
const { licenses } = require("./licenses.js")
const { differences } = require("./manifests.js")
const { TARGETS, binaryName, packageName } = require("./targets.js")

const root = join(__dirname, "..")
const npm = process.platform === "win32" ? "npm.cmd" : "npm"

/**
 * Stages the root package and those of the platforms that `binaries` has a file for. Returns their folders in the order
 * in which they are to be published: the root package last. It names no other platform: Yarn 1 fails on what no registry has.
 */
function stage(folder, binaries) {
  const stale = differences()
  if (stale.length)
    throw new Error(`not what npm run manifests writes: ${stale.map((path) => `npm/${path}`).join(", ")}`)
  rmSync(folder, { recursive: true, force: true })
  const platforms = Object.entries(binaries).map(([platform, binary]) => stagePlatform(folder, platform, binary))
  return [...platforms, stageRoot(folder, Object.keys(binaries))]
}

function stagePlatform(folder, platform, binary) {
  const to = place(join(__dirname, platform), ["LICENSE", "README.md"], join(folder, packageName(platform)))
  cpSync(binary, join(to, binaryName(platform)))
  writeFileSync(join(to, "LICENSES.md"), licenses(TARGETS.find((target) => target.platform === platform).triple))
  return to
}

function stageRoot(folder, platforms) {
  // What npm itself would pack.
  const listing = execFileSync(npm, ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  })
  const files = Object.values(JSON.parse(listing))[0].files.map(({ path }) => path)
  return place(root, files, join(folder, "rust-auth-adapter"), ({ scripts, ...manifest }) => ({
    ...manifest,
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [packageName(platform), manifest.version])),
  }))
}

/** Copies `files` and the manifest that `change` makes of the one in `from`. */
function place(from, files, to, change = (manifest) => manifest) {
  for (const file of files.filter((each) => each !== "package.json")) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(from, file), join(to, file))
  }
  const manifest = change(JSON.parse(readFileSync(join(from, "package.json"), "utf8")))
  writeFileSync(join(to, "package.json"), `${JSON.stringify({ ...manifest, ...origin() }, null, 2)}\n`)
  return to
}

/** Where the packages are built, which npm compares with what the provenance says. */
function origin() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env
  return repository && { repository: { type: "git", url: `git+${server}/${repository}.git` } }
}

module.exports = { stage }

if (require.main === module) {
  const [folder] = process.argv.slice(2)
  if (!folder) throw new Error("usage: node npm/stage.js <folder>")
  const binaries = TARGETS.map(({ platform }) => [platform, join(__dirname, platform, binaryName(platform))])
  for (const path of stage(resolve(folder), Object.fromEntries(binaries))) console.log(path)
}
