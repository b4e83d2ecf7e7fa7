// docs/troubleshooting.md quotes messages that are really in the code.
import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"

const text = (path) => readFileSync(join(root, path), "utf8")
const page = text("docs/troubleshooting.md")

/** All that Rust and JavaScript can say, with what is filled in left open and continued strings in one piece. */
const sources = [
  ...readdirSync(join(root, "src"), { recursive: true })
    .filter((path) => path.endsWith(".rs"))
    .map((path) => join("src", path)),
  ...readdirSync(join(root, "tls/src")).map((path) => join("tls/src", path)),
  ...readdirSync(join(root, "lib"), { recursive: true })
    .filter((path) => /\.m?js$/.test(path))
    .map((path) => join("lib", path)),
]
  .map(text)
  .join("\n")
  .replaceAll(/\\\n\s*/g, "")
  .replaceAll(/["`]\s\+\s*["'`]/g, "")
  .replaceAll('\\"', '"')
  .replaceAll(/\$\{[^{}]*\}|\{[\w.:]*\}/g, "…")

/** What others say: Auth.js, Next.js's bundlers, the network, the servers. */
const others =
  /^(OAuthAccountNotLinked|\?error=|AdapterError|JWTSessionError|UnsupportedStrategy|auth\(\)|middleware\.ts|Module not found|next build|non-ecmascript|Module parse failed|… version 'GLIBC|Connection refused|failed to lookup|invalid peer certificate|No such file|server does not|prepared statement|does not exist)/

const rows = [...page.matchAll(/^\| (.*?`.*?) \| /gm)].map(([, cell]) => cell)
const quoted = rows
  .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message))
  .filter((message) => !/^ERR_\w+$|^cause$/.test(message))

test("there are messages", () => assert.ok(quoted.length > 60, `${quoted.length}`))

for (const message of quoted.filter((each) => !others.test(each))) {
  test(message, () => {
    // Some are put together of two: what is wrong, and why.
    const parts = message.split("…").flatMap((part) => (sources.includes(part.trim()) ? [] : part.split(/[:;] /)))
    for (const part of parts.filter((each) => /[a-z]{3}/.test(each))) {
      assert.ok(sources.includes(part.trim()), `"${part.trim()}" is not in the sources`)
    }
  })
}
