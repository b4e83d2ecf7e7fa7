// docs/from-authjs-to-better-auth.md shows the application that __test__/browser/from-authjs.spec.js moves: each file, and each change of one.
import assert from "node:assert/strict"
import { readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"
import { blocksOf } from "./snippets/pages.js"

const PAGE = "docs/from-authjs-to-better-auth.md"
const steps = ["1-authjs", "2-both", "3-better-auth"]
const files = join(root, "__test__/nextjs/from-authjs")

/** The files that a step gives, by their paths. Those that are empty go. */
const given = (step) =>
  new Map(
    readdirSync(join(files, step), { recursive: true })
      .filter((path) => statSync(join(files, step, path)).isFile())
      .map((path) => [path, readFileSync(join(files, step, path), "utf8")]),
  )

/** The application after each step. */
const applications = []
for (const step of steps) {
  const all = new Map([...(applications.at(-1) ?? []), ...given(step)])
  applications.push(new Map([...all].filter(([, text]) => text !== "")))
}

const page = readFileSync(join(root, PAGE), "utf8")
const wholes = blocksOf(PAGE, ["ts", "tsx"]).filter(({ name }) => name)
const changes = [...page.matchAll(/^```diff\n \/\/ (\S+)\n([^]*?)^```$/gm)].map(([, name, text]) => ({ name, text }))

/** `text` after a change; undefined where the change is of another text. */
function changed(text, change) {
  let rest = text
  let done = ""
  for (const hunk of change.split(/^@@\n/m)) {
    const side = (left) =>
      hunk
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith(left))
        .map((line) => `${line.slice(1)}\n`)
        .join("")
    const at = `\n${rest}`.indexOf(`\n${side("+")}`)
    if (at < 0) return undefined
    done += rest.slice(0, at) + side("-")
    rest = rest.slice(at + side("+").length)
  }
  return done + rest
}

for (const { name, code } of wholes.filter(({ name }) => applications[1].has(name))) {
  test(`${name} is what is shown`, () => assert.equal(code.replace(/^.*\n/, ""), applications[1].get(name)))
}

for (const { name, text } of changes) {
  test(`the change of ${name} is all of it`, () => {
    const made = [0, 1].some((step) => {
      const [before, after] = [applications[step].get(name), applications[step + 1].get(name)]
      return before !== undefined && before !== after && changed(before, text) === after
    })
    assert.ok(made, `\n${text}`)
  })
}

test("no change is left out", () => {
  const shown = new Set([...wholes, ...changes].map(({ name }) => name))
  for (const [step, files] of [given(steps[1]), given(steps[2])].entries()) {
    for (const [name] of files) {
      const isTold = files.get(name) === "" || [...applications[step].values()].includes(files.get(name))
      assert.ok(isTold ? page.includes(`\`${name}\``) : shown.has(name), name)
    }
  }
})
