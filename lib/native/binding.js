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

/** The packages that hold the core of a platform. */
function names(platform) {
  const abis = { linux: ["-gnu", "-musl"], darwin: [""], win32: ["-msvc"] }
  return abis[process.platform].map((abi) => `rust-auth-adapter-${platform}${abi}`).join(" or ")
}

/** What keeps a core that is there from being loaded, if that is a permission which the process was not given. */
function refusal() {
  const says = (code, text) =>
    attempts.some((error) => error?.code === code || text.test(`${error?.name} ${error?.message}`))
  if (process.versions.deno) {
    return says(undefined, /NotCapable|PermissionDenied|requires ffi access/i)
      ? "Deno's permissions keep it from being loaded: start Deno with --allow-ffi (and --allow-read, --allow-env, --allow-sys)"
      : undefined
  }
  if (says("ERR_DLOPEN_DISABLED", /$^/))
    return "Node's permission model keeps native addons from being loaded: start Node with --allow-addons beside --permission"
  return undefined
}

const platform = `${process.platform}-${process.arch}`
const binding = candidates[platform]?.()

if (!binding) {
  const reason = candidates[platform]
    ? (refusal() ??
      `npm may have left out the optional dependency of this platform (${names(platform)}): delete node_modules and the lockfile and install again`)
    : `this platform has no prebuilt core; ${Object.keys(candidates).join(", ")} have`
  const error = new Error(`rust-auth-adapter cannot load its native core for ${platform}: ${reason}`)
  // A file that is there but does not load says more than the ones that are not there.
  error.cause = attempts.find((each) => each.code !== "MODULE_NOT_FOUND") ?? attempts[0]
  throw error
}

module.exports = binding
