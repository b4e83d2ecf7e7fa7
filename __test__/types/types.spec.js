// The public types, compiled with `tsc --strict` against real installs of what takes an adapter.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)
const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "../..")
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")

const resolutions = {
  node16: ["--module", "node16"],
  bundler: ["--module", "esnext", "--moduleResolution", "bundler"],
}
const nodeTypes = ["--types", "node", "--typeRoots", join(root, "__test__/node_modules/@types")]

/** `rust-auth-adapter` as an application has it installed: found by its name, through its package.json. */
function installAdapter(folder) {
  const target = join(here, folder, "node_modules/rust-auth-adapter")
  mkdirSync(target, { recursive: true })
  for (const file of ["package.json", "index.d.ts", "credentials.d.ts", "tokens.d.ts"])
    copyFileSync(join(root, file), join(target, file))
}

/** Compiles files of `folder`; fails with what the compiler says. */
async function compile(folder, files, options) {
  const args = [tsc, "--noEmit", "--strict", "--target", "es2022", "--pretty", "false", ...options, ...files]
  const { stdout } = await run(process.execPath, args, { cwd: join(here, folder) }).catch((error) => error)
  assert.equal(stdout, "")
}

/** Two copies of @auth/core are two different `Adapter`s, so each library has a folder of its own. */
const libraries = {
  "auth-core": { name: "@auth/core", version: "0.41.3" },
  "next-auth-5": { name: "next-auth", version: "5.0.0-beta.32" },
  "next-auth-4": { name: "next-auth", version: "4.24.15" },
}

for (const [folder, { name, version }] of Object.entries(libraries)) {
  describe(`types: ${name} ${version}`, () => {
    before(async () => {
      const manifest = join(here, folder, "node_modules", name, "package.json")
      const installed = () => existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version
      if (installed() !== version) await run("npm", ["ci", "--ignore-scripts"], { cwd: join(here, folder) })
      assert.equal(installed(), version)
      installAdapter(folder)
    })

    // --skipLibCheck: next-auth's own declarations want `next` and `react`.
    const compileWithLibrary = (files, resolution) =>
      compile(folder, files, [...resolutions[resolution], ...nodeTypes, "--skipLibCheck"])

    test("RustAdapter is its Adapter, by import and by require (node16)", () =>
      compileWithLibrary(["adapter.mts", "adapter.cts"], "node16"))
    test("RustAdapter is its Adapter (bundler)", () => compileWithLibrary(["adapter.mts"], "bundler"))
    test("RustAdapter is the Adapter of an application with fields of its own", () =>
      compileWithLibrary(["own-fields.mts"], "bundler"))
    // By what a bundler resolves, v4's providers are functions without a default.
    for (const resolution of folder === "next-auth-4" ? ["node16"] : Object.keys(resolutions)) {
      test(`credentials() and accountTokens() fit its configuration (${resolution})`, () =>
        compileWithLibrary(["passwords.mts"], resolution))
    }
  })
}

describe("types: the package's own", () => {
  before(() => installAdapter("surface"))

  test("options, methods and errors are typed, by import and by require (node16)", () =>
    compile("surface", ["surface.mts", "surface.cts"], [...resolutions.node16, ...nodeTypes, "--lib", "es2020"]))
  test("the same without Node's types (bundler)", () =>
    compile("surface", ["surface.mts"], [...resolutions.bundler, "--typeRoots", "none", "--lib", "es2020,dom"]))
  test("passwords, credentials and tokens, by import and by require (node16)", () =>
    compile("surface", ["passwords.mts", "passwords.cts"], [...resolutions.node16, ...nodeTypes, "--lib", "es2020"]))
  test("the same without Node's types (bundler)", () =>
    compile("surface", ["passwords.mts"], [...resolutions.bundler, "--typeRoots", "none", "--lib", "es2020,dom"]))
  test("await using", () =>
    compile("surface", ["disposable.mts"], [...resolutions.node16, ...nodeTypes, "--lib", "es2022"]))
  test("a wrong program is refused: the compiler does look", async () => {
    await assert.rejects(
      compile("surface", ["wrong.mts"], [...resolutions.node16, ...nodeTypes]),
      /wrong\.mts\(3,\d+\): error .*'migrat' does not exist in type 'RustAdapterOptions'/,
    )
  })
})
