#!/usr/bin/env node
"use strict"

// `node npm/build.js <platform>…`: compiles the core for release and puts it into the folder of the platform's package.
// Linux binaries are linked by zig, which knows the symbols of every glibc and brings musl; the others are built where
// Apple's and Microsoft's own linkers are.

const { execFileSync } = require("node:child_process")
const { copyFileSync } = require("node:fs")
const { join } = require("node:path")
const { GLIBC_FLOOR, TARGETS, binaryName } = require("./targets.js")
const { zigPath } = require("./zig.js")

const root = join(__dirname, "..")
const libraries = {
  linux: "librust_auth_adapter.so",
  darwin: "librust_auth_adapter.dylib",
  win32: "rust_auth_adapter.dll",
}

/** What rustc is told besides: a library on musl shares the process's libc, and one for Windows brings its own runtime. */
const FLAGS = { musl: "-C target-feature=-crt-static", win32: "-C target-feature=+crt-static" }

function build({ platform, triple, os, libc }) {
  const [command, target] =
    os === "linux" ? ["cargo-zigbuild", libc === "glibc" ? `${triple}.${GLIBC_FLOOR}` : triple] : ["cargo", triple]
  const flags = FLAGS[libc] ?? FLAGS[os]
  // The cdylib alone: beside an rlib, cargo leaves link-time optimisation out.
  const what = ["rustc", "--lib", "--crate-type", "cdylib", "--release", "--locked", "--target", target]
  execFileSync(command, what, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...(os === "linux" && { PATH: zigPath() }), ...(flags && { RUSTFLAGS: flags }) },
  })
  const folder = process.env.CARGO_TARGET_DIR ?? join(root, "target")
  const addon = join(__dirname, platform, binaryName(platform))
  copyFileSync(join(folder, triple, "release", libraries[os]), addon)
  return addon
}

module.exports = { build }

if (require.main === module) {
  for (const platform of process.argv.slice(2)) {
    const target = TARGETS.find((each) => each.platform === platform)
    if (!target) throw new Error(`unknown platform ${platform}: ${TARGETS.map((each) => each.platform).join(", ")}`)
    console.log(build(target))
  }
}
