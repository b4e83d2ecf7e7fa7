// Where the command line finds the database's URL, and what it says as JSON.
import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, beforeEach, describe, test } from "node:test"
import { tables } from "../contract/rows.js"
import { cli } from "./cli.js"

const timeout = 60_000

describe("the command line's environment", () => {
  let folder
  const folders = []
  beforeEach(() => folders.push((folder = mkdtempSync(join(tmpdir(), "environment-")))))
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
  const write = (files) =>
    Object.entries(files).forEach(([name, lines]) => writeFileSync(join(folder, name), lines.join("\n")))
  const made = () => readdirSync(folder).filter((name) => /^[a-z]+\.db$/.test(name))

  const of = (name) => `DATABASE_URL=file:./${name}.db`
  const cases = {
    "of .env": { files: { ".env": [of("env")] }, db: "env" },
    "of .env.local, before .env": { files: { ".env": [of("env")], ".env.local": [of("local")] }, db: "local" },
    "of .env, where .env.local has none": { files: { ".env": [of("env")], ".env.local": ["OTHER=1"] }, db: "env" },
    "of the shell, before all": {
      files: { ".env": [of("env")], ".env.local": [of("local")] },
      env: { DATABASE_URL: "file:./shell.db" },
      db: "shell",
    },
    "of the arguments, before the shell": {
      files: { ".env": [of("env")] },
      env: { DATABASE_URL: "file:./shell.db" },
      args: ["file:./given.db"],
      db: "given",
    },
    "of --env-file, instead of the usual ones": {
      files: { ".env": [of("env")], ".env.production": [of("production")] },
      args: ["--env-file", ".env.production"],
      db: "production",
    },
    "of the last --env-file that has it": {
      files: { a: [of("first")], b: [of("second")], c: ["OTHER=1"] },
      args: ["--env-file", "a", "--env-file=b", "--env-file", "c"],
      db: "second",
    },
    "in quotes, exported, with a comment": {
      files: { ".env": ["# a comment", `export DATABASE_URL="file:./quoted.db" # another`] },
      db: "quoted",
    },
    "put together of variables": {
      files: { ".env": ["NAME=parts", `DATABASE_URL="file:./\${NAME}.db"`] },
      db: "parts",
    },
    "behind a byte order mark": { files: { ".env.local": [`\ufeff${of("mark")}`], ".env": [of("env")] }, db: "mark" },
    "beside lines that cannot be read": { files: { ".env": ["what is this", of("beside")] }, db: "beside" },
  }
  for (const [where, { files, env, args = [], db }] of Object.entries(cases)) {
    test(`the URL ${where}`, { timeout }, async () => {
      write(files)
      const outcome = await cli(["migrate", ...args], env, folder)
      assert.deepEqual([outcome.code, outcome.stderr], [0, ""])
      assert.match(outcome.stdout, /^applied 0001_auth, /)
      assert.deepEqual(made(), [`${db}.db`])
    })
  }

  const refused = {
    "no file, and no variable": { files: {}, says: /DATABASE_URL is neither set nor in \.env\.local or \.env/ },
    "a file without it": { files: { ".env": ["OTHER=1"] }, says: /DATABASE_URL is neither set/ },
    "an --env-file without it": {
      files: { ".env": [of("env")], other: ["OTHER=1"] },
      args: ["--env-file", "other"],
      says: /^ERR_CONFIG: other has no DATABASE_URL\n$/,
    },
    "an --env-file that is not there": {
      files: { ".env": [of("env")] },
      args: ["--env-file", "missing"],
      // Node 20 reads the option as its own, wherever it stands, and says so itself, with code 9.
      says: /^(ERR_CONFIG: missing cannot be read: |.*node: missing: not found)/,
      codes: [1, 9],
    },
    "such a dollar sign behind a byte order mark": {
      files: { ".env": ["\ufeffDATABASE_URL=file:./$STAGE_NAME.db", "STAGE_NAME=production"] },
      says: /^ERR_CONFIG: \.env has a DATABASE_URL that cannot be used: a dollar sign in it/,
    },
    "a dollar sign that other tools read otherwise": {
      files: { ".env": ["STAGE_NAME=production", "DATABASE_URL=file:./$STAGE_NAME.db"] },
      says: /^ERR_CONFIG: \.env has a DATABASE_URL that cannot be used: a dollar sign in it/,
    },
    "a line that cannot be read, which may be a secret": {
      files: { ".env": [of("env")], ".env.local": ["hunter2 hunter2"] },
      says: /^ERR_CONFIG: \.env\.local cannot be read: one of its lines, and no other has DATABASE_URL/,
    },
  }
  for (const [what, { files, args = [], says, codes = [1] }] of Object.entries(refused)) {
    test(`${what} is refused`, { timeout }, async () => {
      write(files)
      const { code, stdout, stderr } = await cli(["migrate", ...args], {}, folder)
      assert.ok(codes.includes(code), `${code}: ${stderr}`)
      assert.equal(stdout, "")
      assert.match(stderr, says)
      assert.doesNotMatch(stderr, /hunter2/)
      assert.deepEqual(made(), [])
    })
  }

  for (const line of ["FOO=it's", "FOO=bar#don't", "DATABASE_URL=file:./not here.db"]) {
    test(`what hides the URL of .env.local leads to no other database: ${line}`, { timeout }, async () => {
      write({ ".env": [of("env")], ".env.local": [line, ...(line.startsWith("FOO") ? [of("local")] : [])] })
      const { code, stdout } = await cli(["migrate"], {}, folder)
      assert.ok(code === 1 ? stdout === "" : made().join() === "local.db", stdout)
      assert.ok(!made().includes("env.db"))
    })
  }

  const answers = {
    migrate: {
      args: ["migrate"],
      says: { applied: ["0001_auth"], tables: [...tables, "rust_auth_adapter_migration"].sort(), notes: [] },
    },
    prune: { args: ["prune"], before: ["migrate"], says: { sessions: 0, verificationTokens: 0 } },
  }
  for (const [command, { args, before, says }] of Object.entries(answers)) {
    test(`${command} --json`, { timeout }, async () => {
      write({ ".env": [of("json")] })
      if (before) await cli(before, {}, folder)
      const { code, stdout, stderr } = await cli([...args, "--json"], {}, folder)
      assert.deepEqual([code, stderr], [0, ""])
      assert.deepEqual(JSON.parse(stdout), says)
    })
  }

  test("generate --json", { timeout }, async () => {
    const { stdout } = await cli(["--json", "generate", "sqlite"])
    const { stdout: sql } = await cli(["generate", "sqlite"])
    // To the letter: the text has no time of its own.
    assert.deepEqual(JSON.parse(stdout), { dialect: "sqlite", sql })
    assert.match(sql, /CREATE TABLE/)
  })

  for (const [what, args, code, error] of [
    ["check of a database that is not there", ["check", "file:./no.db"], 2, "ERR_CONNECT"],
    ["prune of a database that is not there", ["prune", "file:./no.db"], 1, "ERR_CONNECT"],
    ["a URL of another kind", ["migrate", "oracle://u:hunter2@h/d"], 1, "ERR_CONFIG"],
    ["a wrong command line", ["upgrade"], 2, "ERR_USAGE"],
  ]) {
    test(`${what} --json is an error as JSON`, { timeout }, async () => {
      const outcome = await cli([...args, "--json"], {}, folder)
      assert.deepEqual([outcome.code, outcome.stderr], [code, ""])
      const told = JSON.parse(outcome.stdout).error
      assert.equal(told.code, error)
      assert.ok(told.message.length > 10)
      assert.doesNotMatch(outcome.stdout, /hunter2/)
      assert.ok(!existsSync(join(folder, "no.db")))
    })
  }
})
