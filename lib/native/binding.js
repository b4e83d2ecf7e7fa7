"use strict"

// Finds the native core: built in place, or installed as the package of this platform. Each `require` has a literal
// argument and a `try` of its own: bundlers that trace files follow nothing else, and some reject anything else.

const attempts = []

function attempt(load) {
  try {
    return load()
  } catch (error) {
    attempts.push(error)
    return undefined
  }
}

const candidates = {
  "linux-x64": () =>
    attempt(() => require("../../rust-auth-adapter.linux-x64-gnu.node")) ??
    attempt(() => require("rust-auth-adapter-linux-x64-gnu")) ??
    attempt(() => require("../../rust-auth-adapter.linux-x64-musl.node")) ??
    attempt(() => require("rust-auth-adapter-linux-x64-musl")),
  "linux-arm64": () =>
    attempt(() => require("../../rust-auth-adapter.linux-arm64-gnu.node")) ??
    attempt(() => require("rust-auth-adapter-linux-arm64-gnu")) ??
    attempt(() => require("../../rust-auth-adapter.linux-arm64-musl.node")) ??
    attempt(() => require("rust-auth-adapter-linux-arm64-musl")),
  "darwin-x64": () =>
    attempt(() => require("../../rust-auth-adapter.darwin-x64.node")) ??
    attempt(() => require("rust-auth-adapter-darwin-x64")),
  "darwin-arm64": () =>
    attempt(() => require("../../rust-auth-adapter.darwin-arm64.node")) ??
    attempt(() => require("rust-auth-adapter-darwin-arm64")),
  "win32-x64": () =>
    attempt(() => require("../../rust-auth-adapter.win32-x64-msvc.node")) ??
    attempt(() => require("rust-auth-adapter-win32-x64-msvc")),
  "win32-arm64": () =>
    attempt(() => require("../../rust-auth-adapter.win32-arm64-msvc.node")) ??
    attempt(() => require("rust-auth-adapter-win32-arm64-msvc")),
}

const binding = candidates[`${process.platform}-${process.arch}`]?.()

if (!binding) throw require("./not-loaded.js").notLoaded(attempts)

module.exports = binding
