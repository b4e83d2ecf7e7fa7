// docs/errors.md tells the truth: the codes are the core's, and each message is what comes out.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import Database from "better-sqlite3"
import { RustAdapter } from "../../index.js"
import { lockSqlite } from "../boundary/sqlite-lock.js"
import { databases } from "../databases.js"
import { root } from "../run/command.js"

const text = (path) => readFileSync(join(root, path), "utf8")
const sections = Object.fromEntries(
  text("docs/errors.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [, code] = section.match(/^`(\w+)`\n/)
      return [code, section]
    }),
)

test("the codes of the core, the types and the page are the same", () => {
  const core = [...text("src/error.rs").matchAll(/=> "(ERR_\w+)"/g)].map(([, code]) => code)
  const types = [...text("index.d.ts").matchAll(/^ {2}\| "(ERR_\w+)"/gm)].map(([, code]) => code)
  assert.ok(core.length >= 16)
  assert.deepEqual(Object.keys(sections), core)
  assert.deepEqual(types, core)
})

test("each says an example and what to do", () => {
  for (const [code, section] of Object.entries(sections))
    assert.match(section, /\n```\n[^`]+\n```\n\n\*\*Do:\*\* \w/, code)
})

for (const lane of databases.filter(({ name }) => name === "sqlite")) {
  describe("the messages are what comes out", () => {
    let database, adapter, user
    before(async () => {
      database = await lane.create()
      adapter = RustAdapter(`${database.url}?busy_timeout=50`)
      user = await adapter.createUser({ email: "ada@example.com" })
    })
    after(async () => {
      await adapter.close()
      await database.close()
    })

    const expires = new Date("2030-06-07T08:09:10.123Z")
    const session = (more) => ({ sessionToken: "token", userId: user.id, expires, ...more })

    /** Runs `statements` in a new file, which has the adapter's own tables if so wanted, and `call` on an adapter for it. */
    async function elsewhere(statements, call, { own = false, parameters = "" } = {}) {
      const other = await lane.create()
      if (own) {
        const maker = RustAdapter(other.url)
        await maker.getUser("x")
        await maker.close()
      }
      const file = new Database(other.path)
      file.exec(statements)
      file.close()
      const its = RustAdapter(other.url + parameters)
      try {
        return await call(its)
      } finally {
        await its.close()
        await other.close()
      }
    }

    const changed = (statements, call, parameters) => elsewhere(statements, call, { own: true, parameters })

    const closed = async () => {
      const its = RustAdapter(":memory:")
      await its.close()
      return its.getUser("x")
    }

    const trimming = `CREATE TABLE user (id text PRIMARY KEY, email text UNIQUE COLLATE RTRIM);
      CREATE TABLE account (userId text, provider text, providerAccountId text, type text);
      CREATE TABLE session (sessionToken text, userId text, expires integer);
      INSERT INTO user VALUES ('1', 'ada@example.com')`

    const provoke = {
      ERR_CONFIG: () => RustAdapter(undefined).getUser("x"),
      ERR_CONNECT: () => RustAdapter("postgres://127.0.0.1:1/app").getUser("x"),
      ERR_TIMEOUT: async (t) => {
        await lockSqlite(t, database.path)
        return adapter.createUser({ email: "grace@example.com" })
      },
      ERR_SCHEMA: () => elsewhere("CREATE TABLE basket (id text)", (its) => its.getUser("x")),
      ERR_UNIQUE: () => adapter.createUser({ email: "ada@example.com" }),
      ERR_FOREIGN_KEY: () => adapter.createSession(session({ userId: "nobody" })),
      ERR_NOT_NULL: () =>
        changed(
          `CREATE TABLE log (entry text NOT NULL);
        CREATE TRIGGER logging AFTER INSERT ON session BEGIN INSERT INTO log VALUES (NULL); END`,
          (its) => its.createSession(session()),
        ),
      ERR_NOT_FOUND: () => adapter.updateUser({ id: "nobody", name: "Grace" }),
      ERR_NOT_STORED: () =>
        changed("CREATE TRIGGER rule BEFORE INSERT ON user BEGIN SELECT RAISE(IGNORE); END", (its) =>
          its.createUser({ email: "ada@example.com" }),
        ),
      ERR_INVALID_ARGUMENT: () => adapter.createUser("Ada"),
      ERR_INVALID_VALUE: () => adapter.createSession(session({ expires: "tomorrow" })),
      ERR_DECODE: () =>
        changed(`INSERT INTO user (id) VALUES ('1'); INSERT INTO session VALUES ('token', '1', 'soon')`, (its) =>
          its.getSessionAndUser("token"),
        ),
      ERR_DECRYPT: async (t) => {
        const [old, its] = ["2025", "2026"].map((id) =>
          RustAdapter(database.url, { encryption: { keys: [{ id, key: Buffer.alloc(32, id) }] } }),
        )
        t.after(() => Promise.all([old.close(), its.close()]))
        const account = { userId: user.id, type: "oauth", provider: "github", providerAccountId: "1" }
        await old.linkAccount({ ...account, access_token: "token" })
        return (await its.getAccount("1", "github")).access_token
      },
      ERR_MISMATCH: () => elsewhere(trimming, (its) => its.getUserByEmail("ada@example.com ")),
      ERR_READ_ONLY: () => changed("", (its) => its.createUser({ email: "grace@example.com" }), "?mode=ro"),
      ERR_CLOSED: closed,
      ERR_BUSY: (t) => {
        const small = RustAdapter(database.url, { passwords: { queue: 1 } })
        t.after(() => small.close())
        const verify = () => small.passwords.verify({ email: "ada@example.com", password: "a password" })
        return Promise.all(Array.from({ length: 100 }, verify))
      },
      ERR_DATABASE: () =>
        changed(
          `CREATE TRIGGER rule BEFORE INSERT ON user BEGIN SELECT RAISE(ABORT, 'not ada@example.com'); END`,
          (its) => its.createUser({ email: "ada@example.com" }),
        ),
    }

    for (const [code, call] of Object.entries(provoke)) {
      test(code, async (t) => {
        const error = await call(t).then(
          () => assert.fail("no rejection"),
          (reason) => reason,
        )
        const said = error.cause ? `${error.message}\n  cause: ${error.cause.message}` : error.message
        assert.equal(error.code, code, said)
        // The page has a path of its own.
        const shown = error.file === undefined ? said : said.replace(error.file, "/var/app/auth.db")
        assert.equal(sections[code].match(/\n```\n([^`]+)\n```\n/)[1], shown)
      })
    }

    test("of the others, the message is in the core", () => {
      const others = Object.keys(sections).filter((code) => !(code in provoke))
      assert.deepEqual(others, ["ERR_INTERNAL"])
      assert.ok(text("src/error.rs").includes(sections.ERR_INTERNAL.match(/\n```\n([^`]+)\n```\n/)[1]))
    })
  })
}
