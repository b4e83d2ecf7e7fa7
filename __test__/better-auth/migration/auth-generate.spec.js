// Better Auth's own command line, `npx auth generate`, on an application with this adapter.
import assert from "node:assert/strict"
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { makeApplication } from "./application.js"

for (const lane of databases.filter(({ name }) => name === "sqlite")) {
  describe("npx auth generate", () => {
    let database, application, schema
    before(async () => {
      database = await lane.create()
      application = makeApplication()
      schema = join(application.folder, "sql/schema.sql")
      application.write(
        "auth.ts",
        `
        import { betterAuth } from "better-auth"
        import { rustAdapter } from "rust-auth-adapter/better-auth"
        const url: string = ${JSON.stringify(database.url)}
        export const auth = betterAuth({
          secret: "a secret of thirty-two characters", baseURL: "http://localhost:3000", telemetry: { enabled: false }, database: rustAdapter(url),
        })`,
      )
    })
    after(() => database?.close())
    const generate = (...args) => application.auth("generate", "--config", "auth.ts", "--yes", ...args)

    test("writes a file that makes the tables, replaces it, and has nothing to write once they are there", async () => {
      const first = await generate("--output", "sql/schema.sql")
      assert.deepEqual([first.code, /generated successfully/.test(first.output)], [0, true], first.errors)
      const code = readFileSync(schema, "utf8")
      const again = await generate("--output", "sql/schema.sql")
      assert.deepEqual([again.code, /overwritten successfully/.test(again.output)], [0, true], again.errors)
      assert.equal(readFileSync(schema, "utf8"), code)

      for (const statement of code.split(";\n").filter((part) => part.trim())) await database.rows(statement)
      const tables = await database.rows(`SELECT name AS "name" FROM sqlite_master WHERE type = 'table' ORDER BY name`)
      assert.deepEqual(
        tables.map(({ name }) => name),
        ["account", "session", "user", "verification"],
      )
      const { mtimeMs } = statSync(schema)
      const last = await generate("--output", "sql/schema.sql")
      assert.deepEqual([last.code, /already up to date/.test(last.output)], [0, true], last.errors)
      assert.equal(statSync(schema).mtimeMs, mtimeMs)
    })

    test("without a name, it chooses one", async () => {
      await database.rows(`DROP TABLE "verification"`)
      const { code, errors } = await generate()
      assert.equal(code, 0, errors)
      const chosen = join(application.folder, "better-auth-migration.sql")
      assert.ok(existsSync(chosen))
      assert.match(readFileSync(chosen, "utf8"), /^CREATE TABLE .verification. /)
    })
  })
}
