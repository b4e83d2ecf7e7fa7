"use strict"

// `npm run build`: compiles the core for this machine and puts it where lib/native/binding.js looks first.
// Needs Node and Rust, nothing else. `--debug` compiles faster, for working on the core.

const { execFileSync } = require("node:child_process")
const { copyFileSync, renameSync } = require("node:fs")
const { join } = require("node:path")

const debug = process.argv.includes("--debug")
const name = "rust_auth_adapter"

const libraries = { linux: `lib${name}.so`, darwin: `lib${name}.dylib`, win32: `${name}.dll` }
const musl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime
const abis = { linux: musl ? "-musl" : "-gnu", darwin: "", win32: "-msvc" }

// The cdylib alone: beside an rlib, cargo leaves link-time optimisation out.
const what = ["rustc", "--lib", "--crate-type", "cdylib", ...(debug ? [] : ["--release"])]
execFileSync("cargo", what, { cwd: __dirname, stdio: "inherit" })

const metadata = execFileSync("cargo", ["metadata", "--format-version=1", "--no-deps"], { cwd: __dirname })
const { target_directory: target } = JSON.parse(metadata)
const built = join(target, debug ? "debug" : "release", libraries[process.platform])
const addon = join(__dirname, `rust-auth-adapter.${process.platform}-${process.arch}${abis[process.platform]}.node`)

// Renamed into place: a process that has the old file mapped keeps it.
copyFileSync(built, `${addon}.new`)
renameSync(`${addon}.new`, addon)
