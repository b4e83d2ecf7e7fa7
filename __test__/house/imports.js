// Which file of a Rust crate imports which, and what is wrong with that: circles, and imports that point up.
//
// `node __test__/house/imports.js src __test__/house/rooms.json` prints what is wrong, and fails if anything is.
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { basename, dirname, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { codeOf, declaredModules, pathsIn, withoutTests } from "./rust-text.js"

/** The modules below `root` (lib.rs or main.rs), tests left out: by path, the file and what it says there. */
function readModules(root) {
  const modules = new Map()
  const read = (path, file, childFolder) => {
    const text = readFileSync(file, "utf8")
    // What strings hold is gone from `code`, and needed where an attribute names the file of a module.
    const { code } = withoutTests(codeOf(text))
    readModule(path, file, childFolder, { text, code, from: 0, to: code.length })
  }
  const readModule = (path, file, childFolder, { text, code, from, to }) => {
    const inner = declaredModules(code.slice(from, to)).map((each) => shifted(each, from))
    const own = inner.filter((each) => !inner.some((other) => other.begin < each.at && each.at < other.end))
    const children = own.map(({ name }) => name)
    // The text of a module with a block is that module's, not its parent's.
    let rest = " ".repeat(from) + code.slice(from, to)
    for (const { at, end } of own) rest = rest.slice(0, at) + " ".repeat(end - at) + rest.slice(end)
    modules.set(path.join("::"), {
      path,
      file,
      children,
      paths: pathsIn(rest),
      lineAt: (at) => code.slice(0, at).split("\n").length,
    })
    for (const { name, at, begin, end } of own) {
      const folder = join(childFolder, name)
      if (begin !== undefined) {
        readModule([...path, name], file, folder, { text, code, from: begin, to: end - 1 })
        continue
      }
      const [, elsewhere] = /#\[path\s*=\s*"([^"]*)"\]\s*(?:pub\s*(?:\([^)]*\))?\s*)?$/.exec(text.slice(0, at)) ?? []
      const candidates = elsewhere ? [join(dirname(file), elsewhere)] : [`${folder}.rs`, join(folder, "mod.rs")]
      const found = candidates.find((each) => existsSync(each))
      if (!found) throw new Error(`${file} declares the module ${name}, which has no file`)
      read([...path, name], found, elsewhere ? dirname(found) : folder)
    }
  }
  read([], root, dirname(root))
  return modules
}

const shifted = ({ name, at, begin, end }, by) => ({
  name,
  at: at + by,
  begin: begin === undefined ? undefined : begin + by,
  end: end + by,
})

/** The imports of a crate, `{ from, to, line, path }`, one for each path that a file names in another. */
export function findImports(folder) {
  const root = ["lib.rs", "main.rs"].map((name) => join(folder, name)).find((path) => existsSync(path))
  if (!root) throw new Error(`${folder} has neither lib.rs nor main.rs`)
  const modules = readModules(root)
  const named = (file) => relative(folder, file).split(sep).join("/")
  const imports = []
  for (const { path, file, children, paths, lineAt } of modules.values()) {
    for (const { at, segments } of paths) {
      const target = resolved(modules, path, children, segments)
      if (target && target.file !== file)
        imports.push({ from: named(file), to: named(target.file), line: lineAt(at), path: segments.join("::") })
    }
  }
  return { files: [...new Set([...modules.values()].map(({ file }) => named(file)))], imports }
}

/** The innermost module on a path; none where the path leads out of the crate. */
function resolved(modules, from, children, [first, ...rest]) {
  let path
  if (first === "crate") path = []
  else if (first === "self") path = from
  else if (first === "super") {
    path = from.slice(0, -1)
    while (rest[0] === "super") (path = path.slice(0, -1)), rest.shift()
  } else if (children.includes(first)) path = [...from, first]
  else return undefined
  for (const segment of rest) {
    if (!modules.has([...path, segment].join("::"))) break
    path = [...path, segment]
  }
  return modules.get(path.join("::"))
}

/** A file's room is the folder or file at the top that it belongs to. */
export const roomOf = (file) => file.split("/")[0].replace(/\.rs$/, "")

/** What is wrong in `folder`, a line each. `order` has the rooms, highest first. */
export function complaints(folder, order) {
  const { files, imports } = findImports(folder)
  const rooms = [...new Set(files.map(roomOf))]
  const shown = ({ from, line, to, path }) => `${from}:${line} imports ${to} (${path})`
  const up = imports.filter(
    ({ from, to }) => order.indexOf(roomOf(to)) < order.indexOf(roomOf(from)) && order.includes(roomOf(to)),
  )
  return [
    ...rooms.filter((room) => !order.includes(room)).map((room) => `the room ${room} is not in the order`),
    ...order
      .filter((room) => !rooms.includes(room))
      .map((room) => `the order has a room ${room}, and the crate has none`),
    ...unreached(folder, files).map((file) => `${file} belongs to no module`),
    ...up.map((each) => `upwards: ${shown(each)}`),
    ...circles(files, imports).map((circle) => `circle: ${circle.map(shown).join(", ")}`),
  ]
}

/** Files that no module declares, but for those of tests. */
function unreached(folder, files) {
  const all = readdirSync(folder, { recursive: true })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".rs"))
  const ofTests = new Set(all.flatMap((path) => withoutTests(codeOf(readFileSync(join(folder, path), "utf8"))).modules))
  return all.filter((path) => !files.includes(path) && !ofTests.has(basename(path, ".rs")) && path !== "main.rs")
}

/** A shortest circle through every file that is on one, each circle once. */
function circles(files, imports) {
  const found = new Map()
  for (const file of files) {
    const circle = wayBack(file, imports)
    const members = circle
      ?.map(({ from }) => from)
      .sort()
      .join()
    if (circle && !found.has(members)) found.set(members, circle)
  }
  return [...found.values()]
}

/** The shortest chain of imports from `start` to itself. */
function wayBack(start, imports) {
  const seen = new Set()
  let ways = [[]]
  while (ways.length) {
    const longer = []
    for (const way of ways) {
      for (const next of imports.filter(({ from }) => from === (way.at(-1)?.to ?? start))) {
        if (next.to === start) return [...way, next]
        if (seen.has(next.to)) continue
        seen.add(next.to)
        longer.push([...way, next])
      }
    }
    ways = longer
  }
  return undefined
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [folder, data] = process.argv.slice(2)
  const found = complaints(folder, JSON.parse(readFileSync(data, "utf8")).order)
  for (const line of found) console.log(line)
  process.exitCode = found.length ? 1 : 0
}
