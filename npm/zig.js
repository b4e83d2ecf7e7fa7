"use strict"

// Where `cargo zigbuild` and zig come from: two packages of PyPI, in a folder of their own under target/.

const { execFileSync } = require("node:child_process")
const { existsSync } = require("node:fs")
const { delimiter, join } = require("node:path")

const PACKAGES = ["cargo-zigbuild==0.24.0", "ziglang==0.17.1"]
const folder = join(__dirname, "..", "target", "zig")

/** The PATH with which `cargo zigbuild` works. Installs it when it is missing. */
function zigPath() {
  if (!existsSync(join(folder, "bin", "cargo-zigbuild"))) {
    execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" })
    execFileSync(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...PACKAGES], {
      stdio: "inherit",
    })
  }
  return join(folder, "bin") + delimiter + process.env.PATH
}

module.exports = { PACKAGES, zigPath }
