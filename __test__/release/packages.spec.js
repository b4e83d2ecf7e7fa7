// The packages of a release: their manifests are up to date, and what would be published installs and works.
import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import manifests from "../../npm/manifests.js"
import { smoke } from "../../npm/smoke.js"
import { stage } from "../../npm/stage.js"
import { TARGETS, binaryName, host, packageName } from "../../npm/targets.js"
import { root } from "../run/command.js"

const folder = mkdtempSync(join(tmpdir(), "packages-"))
after(() => rmSync(folder, { recursive: true, force: true }))

const manifest = (...path) => JSON.parse(readFileSync(join(...path, "package.json"), "utf8"))
const { platform } = host()

test("the manifests in npm/ are what package.json says", () => {
  assert.deepEqual(manifests.differences(), [])
})

test("package.json, Cargo.toml, Cargo.lock and CHANGELOG.md say the same version", () => {
  const { version } = manifest(root)
  assert.match(readFileSync(join(root, "Cargo.toml"), "utf8"), new RegExp(`^version = "${version}"$`, "m"))
  assert.match(
    readFileSync(join(root, "Cargo.lock"), "utf8"),
    new RegExp(`^name = "rust-auth-adapter"\nversion = "${version}"$`, "m"),
  )
  assert.match(readFileSync(join(root, "CHANGELOG.md"), "utf8"), new RegExp(`^## ${version}\\b`, "m"))
})

test("a clone has no dependencies to install; a staged root package has the platforms' and no others", () => {
  const clone = manifest(root)
  const kinds = ["dependencies", "optionalDependencies", "devDependencies", "bundleDependencies"]
  for (const kind of kinds) assert.equal(clone[kind], undefined, kind)
  // A peer is the application's own, if it has it at all.
  for (const peer of Object.keys(clone.peerDependencies ?? {}))
    assert.equal(clone.peerDependenciesMeta[peer].optional, true, peer)

  const folders = stage(join(folder, "packages"), { [platform]: join(root, binaryName(platform)) })
  assert.deepEqual(
    folders.map((each) => manifest(each).name),
    [packageName(platform), "rust-auth-adapter"],
  )
  const staged = manifest(folders.at(-1))
  const wanted = { [packageName(platform)]: clone.version }
  assert.deepEqual(
    kinds.filter((kind) => staged[kind]),
    ["optionalDependencies"],
  )
  assert.deepEqual(staged.optionalDependencies, wanted)
  // Any file will do: what is looked at is the manifest.
  const all = Object.fromEntries(TARGETS.map((target) => [target.platform, join(root, "LICENSE")]))
  const released = stage(join(folder, "release"), all)
  assert.deepEqual(
    Object.keys(manifest(released.at(-1)).optionalDependencies),
    TARGETS.map((target) => packageName(target.platform)),
  )
  assert.equal(staged.scripts, undefined)
  for (const each of folders) {
    for (const file of ["LICENSE", "README.md"]) assert.ok(existsSync(join(each, file)), `${each}/${file}`)
  }
  assert.deepEqual(
    readdirSync(join(folder, "packages", packageName(platform))).sort(),
    ["LICENSE", "LICENSES.md", "README.md", "package.json", binaryName(platform)].sort(),
  )
})

test("the licences of all that is compiled in come along", () => {
  const page = readFileSync(join(folder, "packages", packageName(platform), "LICENSES.md"), "utf8")
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8")
  for (const name of ["ring", "sqlx-postgres", "rustls", "tokio", "webpki-roots", "napi"]) {
    const [, version] = lock.match(new RegExp(`^name = "${name}"\nversion = "(.+)"$`, "m"))
    assert.match(page, new RegExp(`^## .*\\b${name} ${version.replaceAll(".", "\\.")} \\(.+\\)`, "m"), name)
  }
  assert.doesNotMatch(page, /^ {4}undefined/m)
  assert.doesNotMatch(page, /^## .*\b(syn|napi-derive|cc) \d/m, "what only compiles is not in it")
})

test("installed from its tarballs into an empty folder, it signs a person in", { timeout: 240_000 }, () => {
  const bytes = smoke(join(folder, "packages"))
  assert.ok(bytes > 1_000_000, `${bytes} bytes`)
})

/** Packs a package that was staged into the folder `to`; returns the tarball's name. */
function pack(name, to) {
  execFileSync("npm", ["pack", join(folder, "packages", name), "--loglevel=error"], { cwd: to })
  return `${name}-${manifest(root).version}.tgz`
}

const signsIn = (app) => {
  for (const script of ["sign-in.cjs", "sign-in.mjs"]) {
    cpSync(join(root, "npm", script), join(app, script))
    execFileSync(process.execPath, [script], { cwd: app, stdio: "pipe" })
  }
}

test("Yarn 1 installs the tarballs", { timeout: 240_000 }, () => {
  const app = mkdtempSync(join(folder, "yarn-"))
  const [core, main] = [packageName(platform), "rust-auth-adapter"].map((name) => pack(name, app))
  const dependencies = { "rust-auth-adapter": `file:./${main}` }
  const resolutions = { [packageName(platform)]: `file:./${core}` }
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, dependencies, resolutions }))
  const yarn = join(root, "__test__/release/node_modules/yarn/bin/yarn.js")
  // No registry is asked: there is none.
  const flags = ["--registry", "http://127.0.0.1:1", "--cache-folder", join(folder, "yarn-cache"), "--non-interactive"]
  execFileSync(process.execPath, [yarn, "install", ...flags], { cwd: app, stdio: "pipe" })
  assert.ok(existsSync(join(app, "node_modules", packageName(platform), binaryName(platform))))
  signsIn(app)
})

test("npm install --omit=optional leaves the core out, and the error says so", { timeout: 120_000 }, () => {
  const app = mkdtempSync(join(folder, "omit-"))
  const main = pack("rust-auth-adapter", app)
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true }))
  execFileSync("npm", ["install", "--offline", "--omit=optional", "--no-audit", "--no-fund", `./${main}`], { cwd: app })
  const { status, stderr } = spawnSync(process.execPath, ["-e", 'require("rust-auth-adapter")'], {
    cwd: app,
    encoding: "utf8",
  })
  assert.equal(status, 1)
  assert.match(stderr, /is not installed\. It is an optional dependency, which --omit=optional/)
  assert.match(stderr, /code: 'ERR_CORE_NOT_LOADED'/)
})

test("manifests that are not up to date are named", async () => {
  const copy = join(folder, "clone")
  cpSync(join(root, "npm"), join(copy, "npm"), { recursive: true })
  for (const file of ["package.json", "LICENSE"]) cpSync(join(root, file), join(copy, file))
  writeFileSync(join(copy, "npm", platform, "README.md"), "stale")
  rmSync(join(copy, "npm/darwin-x64/LICENSE"))
  const { differences: found } = (await import(join(copy, "npm/manifests.js"))).default
  assert.deepEqual(found().sort(), ["darwin-x64/LICENSE", `${platform}/README.md`])
})
