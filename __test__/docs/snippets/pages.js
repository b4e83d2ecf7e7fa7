// The TypeScript of README and docs/, as the files of one application for each page.
//
// A block is the file that its first line names (`// auth.ts`, or `// auth.ts, and a remark`); one without a name is a file of its own, and takes what
// context.d.ts has for granted. Where a page shows a file a second time, a further application begins, which has that and the
// page's other files so far.
import { readFileSync, readdirSync } from "node:fs"
import { basename, join } from "node:path"
import { root } from "../../run/command.js"

export const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith(".md"),
)

/** The blocks of a page in one of `languages`: the language, the text and the file that it names. */
export function blocksOf(page, languages) {
  const text = readFileSync(join(root, page), "utf8")
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .map(([, language, code]) => ({ language, code, name: code.match(/^\/\/ ([\w./[\]+-]+\.tsx?)(?:, .*)?\n/)?.[1] }))
    .filter(({ language }) => languages.includes(language))
}

/** What pages take from docs/servers.md, and where they say that it lies. */
const lent = {
  "docs/servers.md": ["server/auth.ts", "src/auth.ts"],
  "docs/monitoring.md": ["auth.ts"],
  "docs/testing.md": ["auth.ts"],
}

/** The applications of a page: maps from the names of their files to what is in these. */
export function applicationsOf(page) {
  const shared = () => blocksOf("docs/servers.md", ["ts"]).find(({ name }) => name === "auth.ts").code
  const applications = [new Map((lent[page] ?? []).map((name) => [name, shared()]))]
  const current = () => applications.at(-1)
  for (const [index, { language, code, name }] of blocksOf(page, ["ts", "tsx"]).entries()) {
    if (name && current().has(name)) applications.push(new Map(current()))
    current().set(name ?? `block-${index + 1}.${language}`, code)
  }
  return applications.filter(({ size }) => size > 0)
}

/** The one application of a page that shows no file twice. */
export function applicationOf(page) {
  const [application, ...more] = applicationsOf(page)
  if (!application || more.length) throw new Error(`${page} has ${more.length + 1} applications`)
  return application
}

export const folderName = (page, index) => `${basename(page, ".md").toLowerCase()}${index ? `-${index + 1}` : ""}`
