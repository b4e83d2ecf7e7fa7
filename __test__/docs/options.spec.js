// docs/options.md names every option and every parameter of a URL that there is, and none that there is not.
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import Database from "better-sqlite3"
import { RustAdapter } from "../../index.js"
import { root } from "../run/command.js"

const text = (path) => readFileSync(join(root, path), "utf8")
const page = text("docs/options.md")
const [options, urls] = page.split(/\n## (?:URLs|TLS|Several hosts)\n/)

/** The names in the first column of the tables of `markdown`, without the tables' heads. */
function firstColumn(markdown) {
  const rows = [...markdown.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell)
  return rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
}

test("every option of the types, and no other", () => {
  const members = (name) => {
    const [, body] = text("index.d.ts").match(new RegExp(`export interface ${name} \\{\n([^]*?)\n\\}`))
    return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member)
  }
  const all = [...members("RustAdapterOptions"), ...members("PoolOptions").map((name) => `pool.${name}`)]
  assert.ok(all.length >= 16)
  const [table, , pool] = options.split("\n## Messages\n")[0].split(/(\nThe forms of `dates`[^]*?\n## The pool\n)/)
  assert.deepEqual([...firstColumn(table), ...firstColumn(pool)].sort(), all.sort())
})

test("every parameter of the core, and no other", () => {
  const names = (path, from, to, arm) => {
    const [, body] = text(path).split(from)
    return [...body.split(to)[0].matchAll(arm)].flatMap(([, names]) =>
      [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
    )
  }
  const inner = /^ {12}((?:"[\w-]+"(?: \| )?)+)[^\n]*=>/gm
  const all = new Set([
    ...names("src/url/parts.rs", "fn pool_parameter", "\n}", /^ {8}((?:"\w+"(?: \| )?)+) =>/gm),
    ...names("src/url/places.rs", "fn choice_parameter", "\n    }\n", inner),
    ...names("src/url/postgres.rs", "options = match parameter {", "\n        };", inner),
    ...names("src/url/mysql.rs", "options = match parameter {", "\n        };", inner),
    ...["fn take(", "fn take_postgres(", "fn take_mysql("].flatMap((method) =>
      names("src/url/tls.rs", method, "\n    }\n", inner),
    ),
    ...names("src/url/sqlite.rs", "match parameter {", "\n        }\n", inner),
  ])
  assert.ok(all.size >= 45, `${all.size}`)
  const listed = firstColumn(urls).filter((name) => !name.includes(":"))
  assert.deepEqual([...new Set(listed)].sort(), [...all].sort())
})

describe("the messages are what comes out", () => {
  const wrong = {
    "unknown option: foo": [":memory:", { foo: 1 }],
    "unknown option: pool.min": [":memory:", { pool: { min: 1 } }],
    "unknown option: tables.users": [":memory:", { tables: { users: "users" } }],
    "option pool.max must be a whole number from 1 to 10000": [":memory:", { pool: { max: 0 } }],
    "the options must be an object": [":memory:", 5],
    "the database URL must be a string, not an array": [["a"]],
  }
  for (const [message, given] of Object.entries(wrong)) {
    test(message, () => {
      assert.ok(page.includes(`\`${message}\``))
      assert.throws(() => RustAdapter(...given), { code: "ERR_CONFIG", message })
    })
  }

  test("migrate with tables: by the first call", async () => {
    const message = "the option migrate creates our own tables: it does not go with tables or columns"
    assert.ok(page.includes(`\`${message}\``))
    await assert.rejects(RustAdapter(":memory:", { migrate: true, tables: { user: "members" } }).getUser("x"), {
      code: "ERR_CONFIG",
      message,
    })
  })
})

test("each form of a date is written as the page shows", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dates-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const rows = [...page.matchAll(/^\| `"([\w-]+)"` \| `([^`]+)` \|$/gm)]
  assert.equal(rows.length, 9)
  for (const [, dates, shown] of rows) {
    const path = join(folder, `${dates}.db`)
    const file = new Database(path)
    const type = shown.startsWith("'") ? "text" : "integer"
    file.exec(`CREATE TABLE user (id text PRIMARY KEY, email text);
      CREATE TABLE account (userId text, provider text, providerAccountId text, type text);
      CREATE TABLE session (sessionToken text PRIMARY KEY, userId text, expires ${type})`)
    const adapter = RustAdapter(`sqlite:${path}`, { dates })
    const { id } = await adapter.createUser({ email: "ada@example.com" })
    await adapter.createSession({ sessionToken: "token", userId: id, expires: new Date("2030-06-07T08:09:10.123Z") })
    assert.equal(file.prepare("SELECT quote(expires) FROM session").pluck().get(), shown, dates)
    await adapter.close()
    file.close()
  }
})
