// The packed package as an application that installs it finds it: by `require` and `import`, by TypeScript, on Node, Bun and Deno.
import assert from "node:assert/strict"
import { cpSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { command } from "../run/command.js"
import { copyLinked } from "./installed.js"

const here = fileURLToPath(new URL(".", import.meta.url))
const bin = (name) => join(here, "node_modules/.bin", name)

describe("the packed package", () => {
  let app
  before(() => {
    app = `${process.env.TEST_NEXTJS_APP}-of-consumers`
    copyLinked(process.env.TEST_NEXTJS_APP, app)
    cpSync(join(here, "consumers"), app, { recursive: true })
  })

  /** Runs a program in the app; fails with what it said. */
  async function run(program, args) {
    const { status, output } = await command(program, args, { folder: app, limitMs: 120_000 })
    assert.equal(status, 0, output)
    return output
  }

  test("is what publint wants", async () => {
    assert.match(await run(bin("publint"), ["run", process.env.TEST_TARBALL, "--strict"]), /All good!/)
  })
  test("has types that are right for every resolution (are the types wrong?)", async () => {
    const attw = (...flags) => run(bin("attw"), [process.env.TEST_TARBALL, "--format", "ascii", ...flags])
    await attw("--profile", "node16", "--exclude-entrypoints", "better-auth")
    // As Better Auth itself.
    await attw("--profile", "esm-only", "--entrypoints", "better-auth")
  })
  test("depends on nothing but its platforms", () => {
    const { dependencies, optionalDependencies, version } = JSON.parse(
      readFileSync(join(app, "node_modules/rust-auth-adapter/package.json"), "utf8"),
    )
    assert.equal(dependencies, undefined)
    for (const [name, wanted] of Object.entries(optionalDependencies)) {
      assert.match(name, /^rust-auth-adapter-(linux|darwin|win32)-(x64|arm64)/)
      assert.equal(wanted, version)
    }
  })

  for (const [runtime, program, flags] of [
    ["Node", process.execPath, []],
    ["Bun", bin("bun"), ["run"]],
    ["Deno", bin("deno"), ["run", "-A"]],
  ]) {
    test(`signs a person in on ${runtime}, by import and by require`, async () => {
      await run(program, [...flags, "sign-in.mjs"])
      await run(program, [...flags, "sign-in.cjs"])
    })
  }

  const tsc = (...flags) => run(bin("tsc"), ["--noEmit", "--strict", "--target", "es2022", "--skipLibCheck", ...flags])
  test("compiles with moduleResolution node16, by import and by require", () =>
    tsc("--module", "node16", "adapter.mts", "adapter.cts"))
  test("compiles with moduleResolution bundler", () =>
    tsc("--module", "esnext", "--moduleResolution", "bundler", "adapter.mts"))
})
