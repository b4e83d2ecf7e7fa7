// Every block of TypeScript on a page compiles under `strict`, in an application that has what the page imports.
import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { root } from "../../run/command.js"
import { contextFile, createFolder, ts, write } from "./app.js"
import { applicationsOf, blocksOf, folderName, pages } from "./pages.js"

/** NextAuth v4, as an application has it that installs `next-auth@4`. */
const nextAuth4 = join(root, "__test__/node_modules/next-auth-v4")

/** Files that are compiled by themselves: for a runtime's globals in place of Node.js's, or with another version of a package. */
const apart = {
  "bun.ts": { types: ["bun", "node"] },
  "deno.ts": { types: ["deno", "node"] },
  "pages/api/auth/[...nextauth].ts": { paths: { "next-auth": [nextAuth4], "next-auth/*": [`${nextAuth4}/*`] } },
}

describe("blocks of TypeScript", () => {
  let parent
  before(() => {
    parent = createFolder()
  })
  after(() => rmSync(dirname(parent), { recursive: true, force: true }))

  /** Declarations are read once for all applications. */
  const read = new Map()
  function hostOf(options) {
    const host = ts.createCompilerHost(options)
    const { getSourceFile } = host
    host.getSourceFile = (path, ...more) => {
      if (!path.includes("/node_modules/")) return getSourceFile(path, ...more)
      if (!read.has(path)) read.set(path, getSourceFile(path, ...more))
      return read.get(path)
    }
    return host
  }

  /** What the compiler says of some files of an application. */
  function complaints(folder, files, { types = ["node"], paths } = {}) {
    const options = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      moduleDetection: ts.ModuleDetectionKind.Force,
      allowImportingTsExtensions: true,
      jsx: ts.JsxEmit.Preserve,
      typeRoots: [join(parent, "node_modules/@types"), join(dirname(parent), "node_modules/@types")],
      types,
      paths: { "@/*": [join(folder, "*")], ...paths },
    }
    const program = ts.createProgram(files, options, hostOf(options))
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ file, start, messageText }) => {
        const line = file
          ? `${file.fileName.slice(folder.length + 1)}:${file.getLineAndCharacterOfPosition(start).line + 1}: `
          : ""
        return line + ts.flattenDiagnosticMessageText(messageText, "\n")
      })
      .join("\n")
  }

  const compile = (name, application) => {
    const files = [...application.keys()]
    const folder = write(
      parent,
      name,
      new Map([...application, ...["context.d.ts", "modules.d.ts"].map((file) => [file, contextFile(file)])]),
    )
    const context = ["context.d.ts", "modules.d.ts"]
    const said = [
      files.filter((file) => !(file in apart)),
      ...files.filter((file) => file in apart).map((file) => [file]),
    ].map((some) =>
      complaints(
        folder,
        [...some, ...context].map((file) => join(folder, file)),
        apart[some[0]],
      ),
    )
    return said.filter(Boolean).join("\n")
  }

  for (const page of pages) {
    for (const [index, application] of applicationsOf(page).entries()) {
      test(`${page}: ${[...application.keys()].join(", ")}`, () => {
        assert.equal(compile(folderName(page, index), application), "")
      })
    }
  }

  test("the compiler does look: a wrong option is refused", () => {
    const wrong = new Map([["block-1.ts", `RustAdapter(url, { migrat: true })`]])
    assert.match(compile("wrong", wrong), /block-1\.ts:1: .*'migrat' does not exist in type 'RustAdapterOptions'/)
  })

  test("no block of TypeScript hides under another name", () => {
    const others = pages.flatMap((page) => blocksOf(page, ["js", "javascript", "typescript", "jsx", "mjs"]))
    assert.deepEqual(others, [])
  })
})
