"use strict"

// Why the native core was not loaded: told apart by what the attempts said, and by which platforms' packages are installed.

const { existsSync } = require("node:fs")
const { join } = require("node:path")

const PACKAGES = {
  "linux-x64": ["linux-x64-gnu", "linux-x64-musl"],
  "linux-arm64": ["linux-arm64-gnu", "linux-arm64-musl"],
  "darwin-x64": ["darwin-x64"],
  "darwin-arm64": ["darwin-arm64"],
  "win32-x64": ["win32-x64-msvc"],
  "win32-arm64": ["win32-arm64-msvc"],
}
const packageOf = (name) => `rust-auth-adapter-${name}`

/** What cannot be found out (a permission that is missing, a runtime without that function) is taken for nothing. */
function orNothing(find, nothing) {
  try {
    return find() ?? nothing
  } catch {
    return nothing
  }
}

/** The platforms whose core is there: in a `node_modules` that this package can see, or as a file that an attempt names. */
function present(attempts) {
  const folders = orNothing(() => require.resolve.paths("rust-auth-adapter-linux-x64-gnu"), [])
  const isInstalled = (name) =>
    folders.some((folder) => orNothing(() => existsSync(join(folder, packageOf(name))), false))
  const failed = attempts.filter(({ code }) => code !== "MODULE_NOT_FOUND")
  const isNamed = (name) => failed.some(({ message }) => String(message).includes(`rust-auth-adapter.${name}.node`))
  const names = Object.values(PACKAGES).flat()
  return names.filter((name) => isInstalled(name) || isNamed(name))
}

/** "gnu" or "musl", where Node.js tells. */
function libc() {
  if (process.platform !== "linux") return undefined
  return orNothing(() => (process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"), undefined)
}

/** What keeps a core that is there from being loaded, if that is a permission which the process was not given. */
function refusal(attempts) {
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

/** What is wrong with the packages that are installed. */
function misplaced(platform, attempts) {
  const there = present(attempts)
  const own = PACKAGES[platform]
  const wanted = own.filter((name) => !libc() || name.endsWith(libc()))
  const names = wanted.map(packageOf).join(" or ")

  if (there.some((name) => wanted.includes(name))) return undefined
  if (there.some((name) => own.includes(name))) {
    const [has, is] = libc() === "musl" ? ["glibc", "musl"] : ["musl", "glibc"]
    return (
      `node_modules has the core for ${has}, and this system has ${is} (Alpine has musl, Debian and others have glibc): ` +
      `install on this system, for ${names}`
    )
  }
  const [system, architecture] = platform.split("-")
  const [other] = there
  if (other?.startsWith(`${system}-`))
    return (
      `node_modules has the core for ${other}, and this Node.js is built for ${architecture}: ` +
      `install with a Node.js of the architecture that the application runs on, for ${names}`
    )
  if (other)
    return `node_modules has the core for ${other}, and this is another system: install on this system, for ${names}`
  return (
    `the package of this platform (${names}) is not installed. It is an optional dependency, which --omit=optional (--no-optional, ` +
    "omit=optional in .npmrc) leaves out: install without that option. If it was not given, the lockfile was written on another " +
    "system: delete node_modules and the lockfile and install again"
  )
}

/** The error of a core that was not loaded: `attempts` has what each attempt threw. */
function notLoaded(attempts) {
  const platform = `${process.platform}-${process.arch}`
  const reason = PACKAGES[platform]
    ? (refusal(attempts) ??
      misplaced(platform, attempts) ??
      "it is there and does not load: the error's cause says why")
    : `this platform has no prebuilt core; ${Object.keys(PACKAGES).join(", ")} have`
  // A file that is there but does not load says more than the ones that are not there.
  const cause = attempts.find((each) => each.code !== "MODULE_NOT_FOUND") ?? attempts[0]
  const error = new Error(`rust-auth-adapter cannot load its native core for ${platform}: ${reason}`, { cause })
  error.code = "ERR_CORE_NOT_LOADED"
  return error
}

module.exports = { notLoaded }
