// `createSchema`, which `npx auth generate` calls: the file that it writes makes the tables, through each tool that runs it.
import { apiKey } from "@better-auth/api-key"
import { passkey } from "@better-auth/passkey"
import { betterAuth } from "better-auth"
import { admin, deviceAuthorization, jwt, organization, twoFactor } from "better-auth/plugins"
import mysql from "mysql2/promise"
import pg from "pg"
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { isAbsolute, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { databases } from "../../databases.js"
import { openAdapter, ours } from "../adapter.js"
import { Visitor } from "../flows/visitor.js"
import { base, origin, quickPasswords } from "../stage.js"

const options = {
  ...base,
  emailAndPassword: { enabled: true, password: quickPasswords },
  user: {
    additionalFields: {
      plan: { type: "string", required: false, fieldName: "billing_plan" },
      credits: { type: "number", defaultValue: 3 },
      tone: { type: ["formal", 'it\'s "plain"'], defaultValue: 'it\'s "plain"' },
      preferences: { type: "json", required: false },
      tags: { type: "string[]", required: false },
    },
  },
  rateLimit: { enabled: false, storage: "database" },
  plugins: [
    twoFactor(),
    organization({ teams: { enabled: true } }),
    passkey({ rpID: "localhost", rpName: "Tests", origin }),
    apiKey(),
    admin(),
    jwt(),
    deviceAuthorization({ verificationUri: "/device" }),
  ],
}
const tables = [
  "account",
  "apikey",
  "deviceCode",
  "invitation",
  "jwks",
  "member",
  "organization",
  "passkey",
  "rateLimit",
  "session",
  "team",
  "teamMember",
  "twoFactor",
  "user",
  "verification",
]

const here = fileURLToPath(new URL(".", import.meta.url))
const sqliteClient = `
  import Database from "better-sqlite3"
  import { readFileSync } from "node:fs"
  new Database(process.argv[1]).exec(readFileSync(0, "utf8")).close()`

/**
 * Runs a whole file, as `psql -f`, `mysql <` and `sqlite3 <` do. SQLite's client is a process of its own: closing it would take away the locks
 * that this process's other copy of SQLite, ours, has on the file.
 */
const execute = {
  async sqlite({ path }, code) {
    execFileSync(process.execPath, ["--input-type=module", "-e", sqliteClient, path], { input: code, cwd: here })
  },
  async postgres({ url }, code) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(code).finally(() => client.end())
  },
  async mysql({ url }, code) {
    const client = await mysql.createConnection({ uri: url, multipleStatements: true })
    await client.query(code).finally(() => client.end())
  },
}

for (const lane of databases) {
  describe(`generate: ${lane.name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "generated-"))
    const file = join(folder, "schema.sql")
    let database, opened
    before(async () => {
      database = await lane.create()
      opened = await openAdapter(database)
    })
    after(async () => {
      await opened?.close()
      await database?.close()
    })
    const generate = (wanted = options, to = { file }) => opened.database(wanted).createSchema(wanted, to.file)

    test("says what is missing, and changes nothing", async () => {
      const generated = await generate()
      assert.deepEqual([generated.path, generated.overwrite, generated.append], [file, false, undefined])
      assert.deepEqual(
        [...generated.code.matchAll(/^CREATE TABLE ["`](\w+)["`]/gm)].map(([, name]) => name).sort(),
        tables,
      )
      assert.deepEqual(await generate(), generated)
      assert.equal(existsSync(file), false)
    })

    test("without a name, there is one below the current folder", async () => {
      const { path } = await generate(options, {})
      assert.match(path, /^[\w./-]+\.sql$/)
      assert.equal(isAbsolute(path), false)
    })

    test("a file that is there is to be replaced: it is asked before, and nothing in it is lost that the database lacks", async () => {
      const before = await generate()
      writeFileSync(file, before.code)
      assert.deepEqual(await generate(), { ...before, overwrite: true })
    })

    test("sessions that are kept elsewhere have no table", async () => {
      const { code } = await generate({ ...options, secondaryStorage: { get() {}, set() {}, delete() {} } })
      assert.doesNotMatch(code, /CREATE TABLE ["`]session["`]/)
      assert.match(code, /CREATE TABLE ["`]user["`]/)
    })

    test("the file makes tables on which people sign up, out and in, with every plugin's record", async () => {
      await execute[lane.name](database, (await generate()).code)
      const auth = betterAuth({ ...options, database: opened.database })
      const ada = new Visitor(auth)
      const preferences = { theme: "dark" }
      const { user } = await ada.signUp("ada", { plan: "large", preferences, tags: ["a", "b"] })
      assert.deepEqual(
        [user.plan, user.credits, user.tone, user.preferences, user.tags],
        ["large", 3, `it's "plain"`, preferences, ["a", "b"]],
      )
      await ada.must("/sign-out", {})
      assert.equal(await ada.session(), null)
      assert.equal((await ada.signIn()).status, 200)
      assert.equal((await ada.session()).user.id, user.id)

      const { id: organizationId } = await ada.must("/organization/create", { name: "Engines", slug: "engines" })
      await ada.must("/organization/create-team", { name: "Notes", organizationId })
      assert.match((await ada.must("/api-key/create", { name: "mine" })).key, /./)
      assert.ok((await ada.must("/two-factor/enable", { password: ada.password })).totpURI)
      assert.match((await ada.must("/token")).token, /^ey/)
      assert.ok((await ada.must("/device/code", { client_id: "tv" })).device_code)
      const count = async (table) => Number((await database.rows(`SELECT COUNT(*) AS "n" FROM "${table}"`))[0].n)
      for (const table of ["organization", "member", "apikey", "twoFactor", "jwks", "deviceCode"])
        assert.equal(await count(table), 1, table)
      const [stored] = await database.rows(`SELECT * FROM "user"`)
      assert.deepEqual([stored.billing_plan, stored.credits], ["large", 3])
    })

    test("then nothing is missing", async () => {
      assert.equal((await generate()).code, "")
      assert.deepEqual(await (await ours()).migrate({ ...options, database: opened.database }), [])
    })

    test("another plugin's columns are added by another file, to rows that are there", async () => {
      const more = {
        id: "more",
        schema: { user: { fields: { colour: { type: "string", required: false, unique: true } } } },
      }
      const wanted = { ...options, plugins: [...options.plugins, more] }
      const { code } = await generate(wanted)
      assert.match(code, /^ALTER TABLE .*colour/)
      assert.doesNotMatch(code, /CREATE TABLE|DROP/)
      await execute[lane.name](database, code)
      assert.equal((await generate(wanted)).code, "")
      assert.deepEqual(await database.rows(`SELECT "name", "colour" FROM "user"`), [{ name: "ada", colour: null }])
    })
  })
}
