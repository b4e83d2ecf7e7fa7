// URLs that lead somewhere else than they seem to: Prisma's paths, and Prisma's own URLs.
import assert from "node:assert/strict"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { privateFolder } from "../servers/folder.js"

describe("a path that Prisma takes from the folder of its schema", () => {
  const folder = privateFolder("prisma-app")
  const home = process.cwd()
  before(() => process.chdir(folder.path))
  after(() => {
    process.chdir(home)
    folder.remove()
  })

  const called = async (url, options, call) => {
    const adapter = RustAdapter(url, options)
    try {
      return await call(adapter)
    } finally {
      await adapter.close()
    }
  }

  test("where only Prisma's file is there, the error names both files and nothing is made", async () => {
    mkdirSync("prisma")
    writeFileSync("prisma/dev.db", "")
    for (const url of ["file:./dev.db", "file:dev.db", "file:./dev.db?connection_limit=1"]) {
      const refused = called(url, { migrate: true }, (adapter) => adapter.createUser(newUser()))
      await assert.rejects(refused, (error) => {
        failure("ERR_CONFIG", { method: "createUser" })(error)
        assert.match(error.message, /there is no file (\.\/)?dev\.db, .* but there is prisma\/dev\.db/)
        return true
      })
    }
    assert.deepEqual(readdirSync("."), ["prisma"])
    assert.deepEqual(readdirSync("prisma"), ["dev.db"])
  })

  test("both files that can be meant are reached: Prisma's by its path, a new one by mode=rwc", async () => {
    for (const url of ["file:./prisma/dev.db", "file:./dev.db?mode=rwc", "file:./dev.db"]) {
      const user = newUser()
      assert.deepEqual(await called(url, { migrate: true }, (adapter) => adapter.createUser(user)), user, url)
    }
    assert.ok(readdirSync(".").includes("dev.db"))
  })
})

for (const { create } of databases.filter(({ name }) => name === "postgres")) {
  test("prisma dev's own URL leads to the database that its key holds", async (t) => {
    const database = await create()
    t.after(database.close)
    const key = Buffer.from(JSON.stringify({ databaseUrl: database.url, name: "default" })).toString("base64url")
    const adapter = RustAdapter(`prisma+postgres://localhost:51213/?api_key=${key}`, { migrate: true })
    t.after(() => adapter.close())
    const user = newUser()
    await adapter.createUser(user)
    assert.deepEqual(
      (await database.stored("user")).map(({ email }) => email),
      [user.email],
    )
  })
}
