// A folder in which the pages' applications find what they import: this package as it is published, and other packages.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { copyAdapter } from "../../../examples/local/prepare.js"
import { copyLinked } from "../../nextjs/installed.js"
import { root } from "../../run/command.js"

const require = createRequire(join(root, "__test__/nextjs/package.json"))
export const ts = require("typescript")

/** The programs of packages. */
export const bin = (name) => join(root, "__test__/nextjs/node_modules/.bin", name)

/** Makes the folder. Next.js, React and TypeScript lie in `node_modules` of its parent, all others in its own. */
export function createFolder() {
  const parent = mkdtempSync(join(tmpdir(), "snippets-"))
  copyLinked(join(root, "__test__/nextjs/node_modules"), join(parent, "node_modules"))
  const folder = join(parent, "pages")
  mkdirSync(folder)
  copyLinked(join(root, "__test__/docs/snippets/node_modules"), join(folder, "node_modules"))
  copyAdapter(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  return folder
}

/** Writes an application into a folder of `parent`; resolves to its path. */
export function write(parent, name, application) {
  const folder = join(parent, name)
  for (const [file, code] of application) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), code)
  }
  return folder
}

/** What Node.js runs of an application that is written in TypeScript. */
export function transpiled(application) {
  return new Map(
    [...application]
      .filter(([file]) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map(([file, code]) => {
        const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
        return [file.replace(/\.ts$/, ".js"), ts.transpileModule(code, { compilerOptions }).outputText]
      }),
  )
}

export const contextFile = (name) => readFileSync(join(root, "__test__/docs/snippets", name), "utf8")
