// docs/architecture.md against the code: every file has its row in the table of its room, once, and no other has one; the picture
// shows the imports that there are; every function that a step names is in its file.
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { test } from "node:test"
import { findImports, roomOf } from "../house/imports.js"
import { root } from "../run/command.js"

const read = (path) => readFileSync(join(root, path), "utf8")
const page = read("docs/architecture.md")

/** The sections of the page that stand for a folder: by folder, the names in the first column of their tables. */
const rooms = new Map(
  [...page.matchAll(/^### `([\w/-]+)\/`[^]*?(?=^##)/gm)].map(([text, folder]) => [
    folder,
    [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name).sort(),
  ]),
)

/** A mod.rs that only lists its modules answers no question. */
const answers = (path) =>
  /\.(rs|c|js|mjs)$/.test(path) &&
  basename(path) !== "tests.rs" &&
  (basename(path) !== "mod.rs" || /\bfn \w/.test(read(path)))

const folders = new Map()
for (const top of ["src", "lib", "tls/src"])
  for (const path of readdirSync(join(root, top), { recursive: true })
    .map((name) => join(top, name))
    .filter(answers))
    folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), basename(path)].sort())

test("each folder of src/, lib/ and tls/ is a room, and no other is", () => {
  assert.ok(folders.size > 10)
  assert.deepEqual([...rooms.keys()].sort(), [...folders.keys()].sort())
})

for (const [folder, names] of folders) {
  test(`${folder}/: each file has one row, and no other has one`, () => {
    assert.deepEqual(rooms.get(folder), names)
  })
}

test("everything that is published is named", () => {
  const { files } = JSON.parse(read("package.json"))
  assert.deepEqual(
    files.filter((path) => !page.includes(`\`${path}\``)),
    [],
  )
})

/** What declares a name in Rust, and in JavaScript: there also a method of a class or an object. */
const declares = (path, name) =>
  path.endsWith(".rs")
    ? new RegExp(`\\b(fn|struct|enum|trait|const|static) ${name}\\b`).test(read(path))
    : new RegExp(`\\b(function|class|const) ${name}\\b|^\\s+(async )?${name}\\(.*\\{$`, "m").test(read(path))

for (const [path, least] of [
  ["docs/architecture.md", 90],
  ["CONTRIBUTING.md", 30],
])
  test(`${path}: every name that a step or a row gives is in its file`, () => {
    const named = [...read(path).matchAll(/`([\w/.-]+\.(?:rs|js|mjs)): (\w+)`/g)]
    assert.ok(named.length > least)
    const missing = named.filter(([, path, name]) => !existsSync(join(root, path)) || !declares(path, name))
    assert.deepEqual(
      missing.map(([text]) => text),
      [],
    )
  })

test("every file that a page names is there", () => {
  const pages = [...readdirSync(root), ...readdirSync(join(root, "docs")).map((name) => join("docs", name))]
  const named = pages
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...read(path).matchAll(/`((?:src|lib|__test__|bench)\/[\w/.-]+\.\w+)\b/g)].map(([, name]) => [path, name]),
    )
  assert.ok(named.length > 100)
  assert.deepEqual(
    named.filter(([, name]) => !existsSync(join(root, name))),
    [],
  )
})

test("the picture shows every room and the imports between them", () => {
  const { order } = JSON.parse(read("__test__/house/rooms.json"))
  const arrows = [...page.matchAll(/^ {2}(\w+)(?:\[[^\]]*\])? --> (\w+)/gm)].map(([, from, to]) => [from, to])
  const shown = arrows.filter(([from]) => order.includes(from))
  assert.deepEqual(
    order.filter((room) => !arrows.some((arrow) => arrow.includes(room))),
    [],
  )
  const reached = (room, without) => {
    const next = shown.filter((arrow) => arrow !== without && arrow[0] === room).map(([, to]) => to)
    return new Set(next.flatMap((to) => [to, ...reached(to, without)]))
  }
  const pairs = findImports(join(root, "src")).imports.map(({ from, to }) => [roomOf(from), roomOf(to)])
  const across = pairs.filter(([from, to]) => from !== to)
  assert.deepEqual(
    across.filter(([from, to]) => !reached(from).has(to)),
    [],
    "imports that no arrows lead along",
  )
  assert.deepEqual(
    shown.filter(([from, to]) => !across.some((pair) => pair[0] === from && pair[1] === to)),
    [],
    "arrows without an import",
  )
  assert.deepEqual(
    shown.filter((arrow) => reached(arrow[0], arrow).has(arrow[1])),
    [],
    "arrows that others say already",
  )
})
