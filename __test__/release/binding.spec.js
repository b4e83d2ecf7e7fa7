// What a user reads whose platform has no core, whose package manager left it out, or whose core does not load.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, beforeEach, test } from "node:test"
import targets from "../../npm/targets.js"
import { root } from "../run/command.js"

const folder = mkdtempSync(join(tmpdir(), "binding-"))
after(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(join(folder, "app"), { recursive: true, force: true })
  mkdirSync(join(folder, "app"))
  for (const file of ["lib/native/binding.js", "lib/native/not-loaded.js"])
    cpSync(join(root, file), join(folder, "app", file))
})

/** The error of loading binding.js in a process that says it runs on `platform`, and with that libc. */
function load(platform, arch, libc = "glibc") {
  const header = { glibcVersionRuntime: libc === "glibc" ? "2.36" : undefined }
  const script = `
    process.report.getReport = () => ({ header: ${JSON.stringify(header)} })
    Object.defineProperty(process, "platform", { value: ${JSON.stringify(platform)} })
    Object.defineProperty(process, "arch", { value: ${JSON.stringify(arch)} })
    try { require("./lib/native/binding.js"); console.log("{}") }
    catch ({ code, message, cause }) { console.log(JSON.stringify({ code, message, cause: { code: cause?.code, message: cause?.message } })) }`
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: join(folder, "app"), encoding: "utf8" })
  assert.equal(stderr, "")
  return JSON.parse(stdout)
}

/** Installs the package of a platform, whose core is this script. */
function placePackage(platform, script) {
  const installed = join(folder, "app/node_modules", targets.packageName(platform))
  mkdirSync(installed, { recursive: true })
  writeFileSync(
    join(installed, "package.json"),
    JSON.stringify({ name: targets.packageName(platform), main: "core.js" }),
  )
  writeFileSync(join(installed, "core.js"), script)
  return installed
}

test("a platform without a core is named, with those that have one", () => {
  const { code, message } = load("freebsd", "x64")
  assert.equal(code, "ERR_CORE_NOT_LOADED")
  assert.equal(
    message,
    "rust-auth-adapter cannot load its native core for freebsd-x64: this platform has no prebuilt core; " +
      "linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64, win32-arm64 have",
  )
})

for (const [platform, arch] of [
  ["linux", "x64"],
  ["linux", "arm64"],
  ["darwin", "x64"],
  ["darwin", "arm64"],
  ["win32", "x64"],
  ["win32", "arm64"],
]) {
  for (const libc of platform === "linux" ? ["glibc", "musl"] : [undefined]) {
    const own = targets.TARGETS.find((target) => target.os === platform && target.cpu === arch && target.libc === libc)
    const name = targets.packageName(own.platform)

    /** What the message says where only the package of `other` is installed, which does not load here. */
    const besides = (other) => {
      if (other)
        placePackage(
          other.platform,
          'throw Object.assign(new Error("not for this system"), { code: "ERR_DLOPEN_FAILED" })',
        )
      const { code, message } = load(platform, arch, libc)
      assert.equal(code, "ERR_CORE_NOT_LOADED")
      return message.replace(`rust-auth-adapter cannot load its native core for ${platform}-${arch}: `, "")
    }
    const find = (wanted) =>
      targets.TARGETS.find((target) => Object.entries(wanted).every(([key, value]) => target[key] === value))

    test(`${own.platform}: nothing is installed: --omit=optional, or a lockfile of another system`, () => {
      assert.equal(
        besides(undefined),
        `the package of this platform (${name}) is not installed. It is an optional dependency, which --omit=optional (--no-optional, ` +
          "omit=optional in .npmrc) leaves out: install without that option. If it was not given, the lockfile was written on another " +
          "system: delete node_modules and the lockfile and install again",
      )
      assert.equal(load(platform, arch, libc).cause.code, "MODULE_NOT_FOUND")
    })
    test(`${own.platform}: another architecture's is installed`, () => {
      const other = find({ os: platform, cpu: arch === "x64" ? "arm64" : "x64" })
      assert.equal(
        besides(other),
        `node_modules has the core for ${other.platform}, and this Node.js is built for ${arch}: install with a Node.js of the ` +
          `architecture that the application runs on, for ${name}`,
      )
    })
    test(`${own.platform}: another system's is installed`, () => {
      const other = find({ os: platform === "linux" ? "darwin" : "linux" })
      assert.equal(
        besides(other),
        `node_modules has the core for ${other.platform}, and this is another system: install on this system, for ${name}`,
      )
    })
    test(`${own.platform}: its own is installed and does not load`, () => {
      assert.equal(besides(own), "it is there and does not load: the error's cause says why")
    })
    if (libc)
      test(`${own.platform}: the other libc's is installed`, () => {
        const other = find({ os: platform, cpu: arch, libc: libc === "glibc" ? "musl" : "glibc" })
        assert.equal(
          besides(other),
          `node_modules has the core for ${other.libc}, and this system has ${libc} (Alpine has musl, Debian and others have glibc): ` +
            `install on this system, for ${name}`,
        )
      })
  }

  test(`${platform}-${arch}: each of its packages is tried, and so is a core built in place`, () => {
    for (const { platform: name } of targets.TARGETS.filter(({ os, cpu }) => os === platform && cpu === arch)) {
      const installed = placePackage(name, "module.exports = {}")
      assert.deepEqual(load(platform, arch), {}, name)
      rmSync(installed, { recursive: true })
      assert.ok(
        readFileSync(join(root, "lib/native/binding.js"), "utf8").includes(
          `require("../../${targets.binaryName(name)}")`,
        ),
        name,
      )
    }
  })
}

const { platform: here } = targets.host()

for (const [title, flags, expected] of [
  ["addons are not allowed", ["--allow-fs-read=*"], "start Node with --allow-addons beside --permission"],
]) {
  test(`Node's permission model: ${title}`, () => {
    const permission = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission"
    const core = targets.binaryName(here)
    cpSync(join(root, core), join(folder, "app", core))
    const binding = join(folder, "app/lib/native/binding.js")
    // What is read to start with; the core lies beside it.
    const script = `--allow-fs-read=${join(folder, "app/lib")}/*`
    const { status, stderr } = spawnSync(process.execPath, [permission, script, ...flags, binding], {
      encoding: "utf8",
    })
    assert.notEqual(status, 0)
    assert.ok(stderr.includes(expected), stderr)
    const allowed = spawnSync(process.execPath, [permission, "--allow-addons", "--allow-fs-read=*", binding], {
      encoding: "utf8",
    })
    assert.equal(allowed.status, 0, allowed.stderr)
  })
}

test("a core that is there and does not load is the cause", () => {
  const { platform } = targets.host()
  writeFileSync(join(folder, "app", targets.binaryName(platform)), "not a library")
  const { code, message, cause } = load(process.platform, process.arch)
  assert.equal(code, "ERR_CORE_NOT_LOADED")
  assert.match(
    message,
    /cannot load its native core for .*: it is there and does not load: the error's cause says why$/,
  )
  assert.equal(cause.code, "ERR_DLOPEN_FAILED")
  assert.match(cause.message, new RegExp(targets.binaryName(platform)))
})

test("the command line says it in two lines, without a stack, and as JSON", () => {
  cpSync(join(root, "bin"), join(folder, "app/bin"), { recursive: true })
  const run = (...args) =>
    spawnSync(process.execPath, [join(folder, "app/bin/rust-auth-adapter.js"), ...args], { encoding: "utf8" })
  for (const command of ["check", "better-auth"]) {
    const told = run(command, "--json")
    assert.deepEqual([told.status, told.stderr], [2, ""])
    const { code, message, cause } = JSON.parse(told.stdout).error
    assert.equal(code, "ERR_CORE_NOT_LOADED")
    assert.match(`${message} ${cause}`, /cannot load .* is not installed\. .* Cannot find module /)
  }
  const { status, stdout, stderr } = run("check")
  assert.equal(status, 2)
  assert.equal(stdout, "")
  assert.match(
    stderr,
    /^ERR_CORE_NOT_LOADED: rust-auth-adapter cannot load .* is not installed\. .*\n {2}cause: Cannot find module .*\n$/,
  )
})
