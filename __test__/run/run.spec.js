// The runner lets no failure pass: a spec that does not succeed, in any way, is counted and named.
import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { after, test } from "node:test"
import { runRustTests } from "./cargo.js"
import { root } from "./command.js"
import { findNextest } from "./install.js"
import { runSpecs } from "./specs.js"

const folder = mkdtempSync(join(tmpdir(), "specs-"))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The results of a spec file with this text. */
async function run(text, options) {
  const file = join(folder, `${text.length}.spec.mjs`)
  writeFileSync(file, `import { before, describe, test } from "node:test"\n${text}`)
  const all = []
  await runSpecs([relative(join(root, "__test__"), file)], (_, results) => all.push(...results), options)
  return all
}

const failures = [
  ["a failing test", `test("one", () => { throw new Error("broken") })`, /^one$/, /Error: broken/],
  [
    "a failing subtest, once",
    `test("one", (t) => t.test("two", () => { throw new Error("broken") }))`,
    /^one › two$/,
    /broken/,
  ],
  ["a skipped test", `test.skip("one", () => {})`, /^one$/, /skip/],
  ["a skipped suite", `describe.skip("one", () => { test("two", () => {}) })`, /^one$/, /skip/],
  ["a test to do", `test.todo("one")`, /^one$/, /skip/],
  ["a test that never settles", `test("one", () => new Promise(() => {}))`, /^one$/, /pending/],
  ["a file that does not load", `import "no-such-package"`, /file/, /no-such-package/],
  ["a file that crashes", `process.kill(process.pid, "SIGSEGV")`, /file/, /SIGSEGV/],
]

for (const [what, text, name, reason] of failures) {
  test(`counts ${what}`, async () => {
    const [failure, ...others] = await run(text)
    assert.deepEqual(others, [])
    assert.equal(failure.passed, false)
    assert.match(failure.name, name)
    assert.match(failure.reason, reason)
  })
}

test("counts an error after the last test beside the test that passed", async () => {
  const results = await run(`test("one", () => { setTimeout(() => { throw new Error("too late") }, 20) })`)
  assert.deepEqual(
    results.map(({ passed }) => passed),
    [true, false],
  )
  assert.match(results[1].reason, /too late/)
})

test("stops a file that does not end, and names where it was", async () => {
  const results = await run(
    `test("one", () => {}); test("two", () => new Promise(() => setTimeout(() => { for (;;); }, 200)))`,
    { limitMs: 1000 },
  )
  assert.equal(results.at(-1).passed, false)
  assert.match(results.at(-1).reason, /did not end within 1 s; the test that began last: two/)
})

test("counts tests, not suites", async () => {
  const results = await run(
    `describe("a", () => { test("one", () => {}); describe("b", () => { test("two", () => {}) }) })`,
  )
  assert.deepEqual(
    results.map(({ name, passed }) => [name, passed]),
    [
      ["a › one", true],
      ["a › b › two", true],
    ],
  )
})

/** The results of a crate with this text. */
async function runCrate(name, text) {
  const crate = join(folder, name)
  mkdirSync(join(crate, "src"), { recursive: true })
  writeFileSync(join(crate, "Cargo.toml"), `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2024"\n`)
  writeFileSync(join(crate, "src/lib.rs"), text)
  await findNextest()
  return runRustTests(crate)
}

test("counts Rust's tests, those that are marked to be ignored among them", async () => {
  const results = await runCrate(
    "tests",
    `mod url {
    #[test] fn reads() { println!("test url::made_up ... ok"); }
    #[test] fn odd() { assert_eq!(1, 2, "left & <right>"); }
    #[test] fn wrong() -> Result<(), String> { Err("not this way".into()) }
    #[test] fn ends() { std::process::abort() }
    #[test] #[ignore] fn slow() { panic!("never looked at") }
  }`,
  )
  const by = Object.fromEntries(results.map(({ name, passed, reason }) => [name, { passed, reason }]))
  assert.deepEqual(Object.keys(by).sort(), ["url::ends", "url::odd", "url::reads", "url::slow", "url::wrong"])
  assert.deepEqual(by["url::reads"], { passed: true, reason: undefined })
  for (const [name, reason] of Object.entries({
    odd: /left & <right>/,
    wrong: /not this way/,
    ends: /SIGABRT/,
    slow: /never looked at/,
  })) {
    assert.equal(by[`url::${name}`].passed, false)
    assert.match(by[`url::${name}`].reason, reason)
  }
})

test("counts a crate that does not compile, and one without tests", async () => {
  const [failure, ...others] = await runCrate("broken", "fn f() -> u8 { true }")
  assert.deepEqual(others, [])
  assert.equal(failure.passed, false)
  assert.match(failure.reason, /E0308/)
  const [none] = await runCrate("empty", "")
  assert.equal(none.passed, false)
  assert.match(none.reason, /no tests/)
})
