// Every page leads to pages, pictures and headings that are there, and the commands it tells are there too.
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"

const text = (path) => readFileSync(join(root, path), "utf8")
const pages = [...readdirSync(root), ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter(
  (path) => path.endsWith(".md"),
)

const anchor = (title) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-")
const anchors = (path) => [...text(path).matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchor(title))

for (const page of pages) {
  test(`${page}: links`, () => {
    const links = [...text(page).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
      ([, link, source]) => link ?? source,
    )
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [path, heading] = link.split("#")
      const target = path ? join(dirname(page), path) : page
      assert.ok(existsSync(join(root, target)), `${link} is not there`)
      if (heading) assert.ok(anchors(target).includes(heading), `${target} has no heading ${heading}`)
    }
  })

  test(`${page}: commands`, () => {
    const { scripts } = JSON.parse(text("package.json"))
    const code = [...text(page).matchAll(/```sh\n([^]*?)```|`(npm run [^`]+)`/g)]
      .map(([, block, inline]) => block ?? inline)
      .join("\n")
    for (const [, name] of code.matchAll(/npm run ([\w:-]+)/g))
      assert.ok(name in scripts, `there is no npm run ${name}`)
    for (const [, path] of code.matchAll(/(?:^|\s)(?:node )((?:npm|__test__|bench)\/[\w./-]+\.js)/gm))
      assert.ok(existsSync(join(root, path)), `${path} is not there`)
  })
}
