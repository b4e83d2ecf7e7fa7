// Sentences name their actor: pages, comments and messages do without "nobody", "whoever" and their like, and without the names
// that rooms of the core have had before.
import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"

const RIDDLES = /\b(nobody|no one|somebody|someone|anybody|anyone|everybody|everyone|whoever|whatever|those who)\b/i
const FORMER = /\b(the store|record engine|(?<!in )flights?|passengers?|crossing)\b/i

/** The ids and names that examples and tests use are values. */
const withoutValues = (line) => line.replaceAll(/(["'`])(?:nobody|somebody)\b[^"'`]*\1/gi, "")

/** The lines of the files below `folder` that are read by people. */
const lines = (folder, pattern, part = (line) => line) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((path) => pattern.test(path) && !/(^|\/)node_modules\//.test(path) && !path.endsWith("words.spec.js"))
    .flatMap((path) => {
      const text = readFileSync(join(root, folder, path), "utf8")
      return text.split("\n").map((line, index) => [`${folder}/${path}:${index + 1}`, withoutValues(part(line) ?? "")])
    })

/** What a line has of a comment, and the title of a test. */
const told = (line) =>
  line.match(/(?:^|\s)(?:\/\/|\/?\*).*|\b(?:test|step|describe|withDatabase)\((?:"[^"]*"|`[^`]*`)/)?.[0]

const pages = readdirSync(root)
  .filter((name) => /\.md$|\.d\.m?ts$/.test(name))
  .flatMap((name) =>
    readFileSync(join(root, name), "utf8")
      .split("\n")
      .map((line, at) => [`${name}:${at + 1}`, withoutValues(line)]),
  )

const read = {
  "the core": lines("src", /\.(rs|c|sql)$/),
  "the package": lines("lib", /\.m?js$/),
  "the pages": [...pages, ...lines("docs", /\.md$/)],
  "the measurements": lines("bench", /\.m?js$/),
  "the tests": lines("__test__", /\.(js|mjs|ts|tsx|mts|cts|c)$/, told),
}

for (const [name, all] of Object.entries(read)) {
  test(`${name}: each sentence names its actor`, () => {
    assert.ok(all.length > 300)
    assert.deepEqual(
      all.filter(([, line]) => RIDDLES.test(line)),
      [],
    )
  })
  test(`${name}: rooms and terms have their present names`, () => {
    assert.deepEqual(
      all.filter(([, line]) => FORMER.test(line)),
      [],
    )
  })
}
