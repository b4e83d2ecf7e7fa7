#!/usr/bin/env node
"use strict"

// `node npm/smoke.js <folder>`: packs the packages that `npm/stage.js` has laid out in `<folder>`, installs the tarballs
// into an empty folder as somebody's app would, and signs a person in there, once with `require` and once with `import`.

const { execFileSync } = require("node:child_process")
const {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} = require("node:fs")
const { tmpdir } = require("node:os")
const { join, resolve } = require("node:path")
const { host, packageName } = require("./targets.js")

const windows = process.platform === "win32"

function npm(folder, ...args) {
  return execFileSync(windows ? "npm.cmd" : "npm", args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: windows,
  })
}

/** Returns the size of what was installed, in bytes. */
function smoke(packages) {
  const folder = mkdtempSync(join(tmpdir(), "rust-auth-adapter-smoke-"))
  try {
    return install(packages, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function install(packages, folder) {
  const app = join(folder, "app")
  mkdirSync(app)
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true }))
  for (const name of readdirSync(packages)) npm(folder, "pack", join(packages, name))
  const { version } = JSON.parse(readFileSync(join(packages, "rust-auth-adapter/package.json"), "utf8"))
  const tarballs = ["rust-auth-adapter", packageName(host().platform)].map((name) =>
    join(folder, `${name}-${version}.tgz`),
  )
  // Offline: the other platforms' packages are optional, and the registry has nothing to say about a release to be.
  npm(app, "install", "--offline", "--no-audit", "--no-fund", ...tarballs)
  for (const script of ["sign-in.cjs", "sign-in.mjs"]) {
    cpSync(join(__dirname, script), join(app, script))
    execFileSync(process.execPath, [script], { cwd: app, stdio: "inherit" })
  }
  const installed = join(app, "node_modules")
  return readdirSync(installed, { recursive: true })
    .map((path) => statSync(join(installed, path)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}

module.exports = { smoke }

if (require.main === module) {
  const [folder] = process.argv.slice(2)
  if (!folder) throw new Error("usage: node npm/smoke.js <folder>")
  console.log(`installed: ${(smoke(resolve(folder)) / 1e6).toFixed(1)} MB`)
}
