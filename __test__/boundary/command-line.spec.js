// `npx rust-auth-adapter …`: what it does, prints and exits with.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { RustAdapter } from "../../index.js"
import { newAccount, newUser, tables } from "../contract/rows.js"
import { databases } from "../databases.js"
import { indexesOf, tablesOf } from "./catalog.js"
import { cli } from "./cli.js"

const timeout = 60_000
const bin = fileURLToPath(new URL("../../bin/rust-auth-adapter.js", import.meta.url))
const record = "rust_auth_adapter_migration"

describe("the command line", () => {
  test("--help and --version are answers: standard output, code 0", { timeout }, async () => {
    const help = await cli(["--help"])
    assert.equal(help.code, 0)
    assert.equal(help.stderr, "")
    const betterAuth = ["migrate", "check", "secure"].map((command) => `better-auth ${command} --config <FILE>`)
    for (const word of ["rust-auth-adapter", "migrate", "check", "prune", "secure", "key", "generate", ...betterAuth])
      assert.ok(help.stdout.includes(word), help.stdout)
    const version = await cli(["--version"])
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } })
    assert.deepEqual(version, { code: 0, stdout: `rust-auth-adapter ${manifest.version}\n`, stderr: "" })
    assert.equal((await cli(["migrate", "--help"])).code, 0)
  })

  for (const json of [[], ["--json"]]) {
    test(`a URL where none belongs is not shown ${json}`, { timeout }, async () => {
      const url = "postgres://ada:hunter2@127.0.0.1/app"
      for (const args of [
        ["generate", url],
        ["check", "a", url],
        [url],
        ["check", `--url=${url}`],
        ["prune", "--batch-size", url],
      ]) {
        const { code, stdout, stderr } = await cli([...args, ...json])
        assert.equal(code, 2, `${stdout}${stderr}`)
        assert.doesNotMatch(stdout + stderr, /hunter2|ada:/)
        assert.match(stdout + stderr, /<URL>|unexpected argument '--url/)
      }
    })
  }

  test("a reader that has gone changes nothing: no panic, and the code tells", { timeout }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "gone-"))
    t.after(() => rmSync(folder, { recursive: true }))
    for (const [args, expected] of [
      [["migrate", `sqlite:${join(folder, "app.db")}`], 0],
      [["check", `sqlite:${join(folder, "app.db")}`], 0],
      [["generate", "postgres"], 0],
      [["key"], 0],
      [["--help"], 0],
      [["generate", "oracle"], 2],
      [["better-auth", "--help"], 0],
    ]) {
      const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] })
      child.stdout.destroy()
      let said = ""
      child.stderr.on("data", (data) => (said += data))
      const [code] = await once(child, "close")
      assert.deepEqual([code, /panicked|EPIPE|at /.test(said)], [expected, false], `${args}: ${said}`)
    }
  })

  test("--json and --env-file may stand before better-auth", { timeout }, async () => {
    for (const before of [["--json"], ["--json", "--env-file=missing"], ["--env-file", "missing", "--json"]]) {
      const { stdout, stderr } = await cli([...before, "better-auth", "check", "--config", "missing.ts"])
      assert.match(stdout + stderr, /missing/)
      assert.doesNotMatch(stdout + stderr, /unrecognized subcommand/)
    }
  })

  const wrong = [
    [],
    ["upgrade"],
    ["generate"],
    ["generate", "oracle"],
    ["generate", "sqlite", "extra"],
    ["migrate", "a", "b"],
    ["--migrate"],
    ["prune", "a", "b"],
    ["prune", "--batch-size", "0"],
    ["prune", "--batch-size", "10001"],
    ["prune", "--batch-size", "few"],
    ["secure", "a", "b"],
    ["secure", "--batch-size", "0"],
    ["secure", "--batch-size", "10001"],
  ]
  for (const args of wrong) {
    test(`\`${args.join(" ")}\` is a wrong command line: standard error, code 2`, { timeout }, async () => {
      const { code, stdout, stderr } = await cli(args)
      assert.deepEqual([code, stdout], [2, ""], stderr)
      assert.match(stderr, /--help/)
    })
  }

  for (const command of ["prune", "secure"]) {
    test(`${command}: a number that cannot be meant is refused in the words of other programs`, {
      timeout,
    }, async () => {
      const why = {
        0: "0 is not in 1..=10000",
        10001: "10001 is not in 1..=10000",
        few: "invalid digit found in string",
      }
      for (const [number, reason] of Object.entries(why)) {
        const { stderr } = await cli([command, "--batch-size", number])
        const said = `error: invalid value '${number}' for '--batch-size <ROWS>': ${reason}\n`
        assert.ok(stderr.startsWith(said), stderr)
      }
    })
  }

  const unusable = {
    "without a URL": [],
    "with an empty one": [""],
    "with an unknown scheme": ["oracle://u:hunter2@h/d"],
    "with an unknown parameter": ["postgres://u:hunter2@h/d?hunter=1"],
    "with a closed port": ["postgres://u:hunter2@127.0.0.1:1/d"],
    "with a closed port of MySQL": ["mysql://u:hunter2@127.0.0.1:1/d"],
    "with a file in no folder": ["sqlite:/no/such/folder/auth.db"],
  }
  for (const [command, code] of [
    ["check", 2],
    ["prune", 1],
    ["secure", 1],
  ]) {
    test(`${command} of a mistyped path makes no file: code ${code}`, { timeout }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "mistyped-"))
      t.after(() => rmSync(folder, { recursive: true }))
      const outcome = await cli([command, `sqlite:${folder}/auht.db`])
      assert.deepEqual([outcome.code, outcome.stdout], [code, ""])
      assert.match(outcome.stderr, /ERR_CONNECT/)
      assert.deepEqual(readdirSync(folder), [])
    })
  }

  for (const [what, args] of Object.entries(unusable)) {
    test(`migrate ${what}: standard error, code 1, no secret`, { timeout }, async () => {
      const { code, stdout, stderr } = await cli(["migrate", ...args])
      assert.deepEqual([code, stdout], [1, ""], stderr)
      assert.match(stderr, /ERR_(CONFIG|CONNECT)/)
      assert.ok(!stderr.includes("hunter2"), stderr)
    })
  }
})

for (const database of databases) {
  describe(`the command line on ${database.name}`, () => {
    const fresh = async (t) => {
      const created = await database.create()
      t.after(created.close)
      return { ...created, name: database.name }
    }
    const works = async (url, t) => {
      const adapter = RustAdapter(url)
      t.after(() => adapter.close())
      const user = newUser()
      assert.deepEqual(await adapter.createUser(user), user)
      const account = newAccount(user.id)
      assert.deepEqual(await adapter.linkAccount(account), account)
      assert.deepEqual(await adapter.deleteUser(user.id), user)
    }

    test("migrate makes the tables and names them, once", { timeout }, async (t) => {
      const lane = await fresh(t)
      await lane.rows("CREATE TABLE notes (text integer)")
      const first = await cli(["migrate", lane.url])
      assert.deepEqual([first.code, first.stderr], [0, ""])
      const made = (await tablesOf(lane)).filter((table) => table !== "notes")
      assert.deepEqual(made, [...tables, record].sort())
      assert.equal(first.stdout, `applied 0001_auth, which made ${made.join(", ")}\n`)
      const again = await cli(["migrate", lane.url])
      assert.deepEqual(again, { code: 0, stdout: "the schema is up to date: nothing was to be done\n", stderr: "" })
      const passwords = await cli(["migrate", lane.url, "--passwords", "--json"])
      assert.deepEqual(JSON.parse(passwords.stdout), {
        applied: ["0002_passwords"],
        tables: ["userPassword"],
        notes: [],
      })
      await works(lane.url, t)
    })

    test("migrate --user-agents adds the column, also where the application has added it by itself", {
      timeout,
    }, async (t) => {
      const lane = await fresh(t)
      assert.equal((await cli(["migrate", lane.url])).code, 0)
      const adapter = RustAdapter(lane.url)
      t.after(() => adapter.close())
      const { id: userId } = await adapter.createUser(newUser())
      const added = await cli(["migrate", lane.url, "--user-agents"])
      assert.deepEqual(added, { code: 0, stdout: "applied 0003_user_agents\n", stderr: "" })
      const expires = new Date(Date.now() + 1e6)
      await adapter.createSession({ sessionToken: crypto.randomUUID(), userId, expires, userAgent: "Chrome" })
      assert.deepEqual(
        (await adapter.listSessions(userId)).map(({ userAgent }) => userAgent),
        ["Chrome"],
      )
      // Whose column it is does not matter.
      await lane.rows(`DELETE FROM "${record}" WHERE "name" = '0003_user_agents'`)
      assert.deepEqual(await cli(["migrate", lane.url, "--user-agents"]), added)
      assert.match((await cli(["migrate", lane.url, "--user-agents"])).stdout, /nothing was to be done/)
    })

    test("migrate takes DATABASE_URL", { timeout }, async (t) => {
      const lane = await fresh(t)
      const { code, stderr } = await cli(["migrate"], { DATABASE_URL: lane.url })
      assert.equal(code, 0, stderr)
      await works(lane.url, t)
    })

    test("migrate, four times at once", { timeout }, async (t) => {
      const lane = await fresh(t)
      const results = await Promise.all(Array.from({ length: 4 }, () => cli(["migrate", lane.url])))
      assert.deepEqual(
        results.map(({ code }) => code),
        [0, 0, 0, 0],
        JSON.stringify(results),
      )
      assert.equal(results.filter(({ stdout }) => stdout.startsWith("applied")).length, 1)
    })

    test("migrate refuses another application's tables: code 1, ERR_SCHEMA", { timeout }, async (t) => {
      const lane = await fresh(t)
      await lane.rows(`CREATE TABLE "user" ("something" integer)`)
      const { code, stdout, stderr } = await cli(["migrate", lane.url])
      assert.deepEqual([code, stdout], [1, ""])
      assert.match(stderr, /ERR_SCHEMA/)
      assert.deepEqual(await tablesOf(lane), ["user"])
    })

    test("generate prints SQL that makes the tables, through any client", { timeout }, async (t) => {
      const lane = await fresh(t)
      const { code, stdout, stderr } = await cli(["generate", database.dialect])
      assert.deepEqual([code, stderr], [0, ""])
      for (const statement of statementsOf(stdout)) await lane.rows(statement)
      assert.deepEqual(
        (await tablesOf(lane)).filter((table) => table !== record),
        [...tables].sort(),
      )
      await works(lane.url, t)
    })

    test("generate's tables are those of migrate, and ours to migrate", { timeout }, async (t) => {
      const [generated, migrated] = [await fresh(t), await fresh(t)]
      for (const statement of statementsOf((await cli(["generate", database.dialect])).stdout))
        await generated.rows(statement)
      await cli(["migrate", migrated.url])
      assert.deepEqual(await tablesOf(generated), await tablesOf(migrated))
      assert.deepEqual(await indexesOf(generated), await indexesOf(migrated))
      const { code, stderr } = await cli(["migrate", generated.url])
      assert.equal(code, 0, stderr)
      const adapter = RustAdapter(generated.url, { migrate: true })
      t.after(() => adapter.close())
      assert.equal(await adapter.getUser("x"), null)
    })
  })
}

const statementsOf = (sql) =>
  sql
    .replace(/^--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim().replaceAll("`", '"'))
    .filter(Boolean)
