// The runner lets no failure pass: whatever way a spec does not succeed, it is counted and named.
import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { after, test } from "node:test"
import { readResults } from "./cargo.js"
import { root } from "./command.js"
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
  ["a failing subtest, once", `test("one", (t) => t.test("two", () => { throw new Error("broken") }))`, /^one › two$/, /broken/],
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
  assert.deepEqual(results.map(({ passed }) => passed), [true, false])
  assert.match(results[1].reason, /too late/)
})

test("stops a file that does not end, and names where it was", async () => {
  const results = await run(`test("one", () => {}); test("two", () => new Promise(() => setTimeout(() => { for (;;); }, 200)))`,
    { limitMs: 1000 })
  assert.equal(results.at(-1).passed, false)
  assert.match(results.at(-1).reason, /did not end within 1 s; the test that began last: two/)
})

test("counts tests, not suites", async () => {
  const results = await run(`describe("a", () => { test("one", () => {}); describe("b", () => { test("two", () => {}) }) })`)
  assert.deepEqual(results.map(({ name, passed }) => [name, passed]), [["a › one", true], ["a › b › two", true]])
})

test("counts Rust's tests, and a build that fails", () => {
  const output = "test url::reads ... ok\ntest url::odd ... FAILED\ntest url::slow ... ignored\n\nfailures:\n\n"
    + "---- url::odd stdout ----\nthread panicked: left != right\n\nfailures:\n    url::odd\n"
  assert.deepEqual(readResults({ status: 101, output }).map(({ name, passed, reason }) => [name, passed, reason]), [
    ["url::reads", true, undefined],
    ["url::odd", false, "thread panicked: left != right"],
    ["url::slow", false, "ignored, and no run may skip in silence"],
  ])
  const [failure] = readResults({ status: 101, output: "error[E0308]: mismatched types" })
  assert.equal(failure.passed, false)
  assert.match(failure.reason, /E0308/)
})
