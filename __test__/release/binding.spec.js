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
  cpSync(join(root, "lib/native/binding.js"), join(folder, "app/lib/native/binding.js"))
})

/** The error of loading binding.js in a process that says it runs on `platform`. */
function load(platform, arch) {
  const script = `
    Object.defineProperty(process, "platform", { value: ${JSON.stringify(platform)} })
    Object.defineProperty(process, "arch", { value: ${JSON.stringify(arch)} })
    try { require("./lib/native/binding.js"); console.log("{}") }
    catch ({ message, cause }) { console.log(JSON.stringify({ message, cause: { code: cause?.code, message: cause?.message } })) }`
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: join(folder, "app"), encoding: "utf8" })
  assert.equal(stderr, "")
  return JSON.parse(stdout)
}

test("a platform without a core is named, with those that have one", () => {
  const { message } = load("freebsd", "x64")
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
  const packages = targets.TARGETS.filter(({ os, cpu }) => os === platform && cpu === arch).map((target) =>
    targets.packageName(target.platform),
  )

  test(`${platform}-${arch}: the packages that are missing are named, with the remedy`, () => {
    const { message, cause } = load(platform, arch)
    assert.equal(
      message,
      `rust-auth-adapter cannot load its native core for ${platform}-${arch}: npm may have left out the optional ` +
        `dependency of this platform (${packages.join(" or ")}): delete node_modules and the lockfile and install again`,
    )
    assert.equal(cause.code, "MODULE_NOT_FOUND")
  })

  test(`${platform}-${arch}: each of its packages is tried, and so is a core built in place`, () => {
    for (const { platform: name } of targets.TARGETS.filter(({ os, cpu }) => os === platform && cpu === arch)) {
      const installed = join(folder, "app/node_modules", targets.packageName(name))
      mkdirSync(installed, { recursive: true })
      writeFileSync(
        join(installed, "package.json"),
        JSON.stringify({ name: targets.packageName(name), main: "core.js" }),
      )
      writeFileSync(join(installed, "core.js"), "module.exports = {}")
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
  const { message, cause } = load(process.platform, process.arch)
  assert.match(message, /cannot load its native core/)
  assert.equal(cause.code, "ERR_DLOPEN_FAILED")
  assert.match(cause.message, new RegExp(targets.binaryName(platform)))
})
