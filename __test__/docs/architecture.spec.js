// docs/architecture.md shows the whole house: every file of the core is named in the paragraph of its room, and no other is.
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"

const page = readFileSync(join(root, "docs/architecture.md"), "utf8")
const rooms = page
  .split(/^### /m)
  .slice(1)
  .map((text) => text.split(/^## /m)[0])

/** A room that stands for a folder names its files by themselves; elsewhere they have their paths. */
const isNamed = (path) =>
  rooms.some(
    (room) =>
      room.includes(`\`${path}\``) ||
      (room.includes(`\`${dirname(path)}/\``) && room.includes(`\`${basename(path)}\``)),
  )

const sources = readdirSync(join(root, "src"), { recursive: true })
  .map((path) => join("src", path))
  .filter((path) => path.endsWith(".rs") && !["mod.rs", "tests.rs"].includes(basename(path)))

test("every module of the core has its place", () => {
  assert.ok(sources.length > 40)
  assert.deepEqual(
    sources.filter((path) => !isNamed(path)),
    [],
  )
})

test("so has everything that is published", () => {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  assert.deepEqual(
    files.filter((path) => !rooms.some((room) => room.includes(`\`${path}\``))),
    [],
  )
})

test("and what is named is there", () => {
  const names = [...page.matchAll(/`([\w/.-]+\.(?:rs|js))`/g)].map(([, name]) => name)
  const missing = names.filter(
    (name) => !existsSync(join(root, name)) && !sources.some((path) => basename(path) === name),
  )
  assert.deepEqual(missing, [])
})
