// A page that is made ahead of its requests (`cacheComponents`) has nothing of the database in it: what the database says belongs
// to the request.
import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { build, createApp, start } from "./app.js"

const pages = ["lookup", "joined", "crowd", "write"]

describe("a prerender by Next.js", () => {
  const [lane] = databases // SQLite, unless it is left out on purpose: there, answers are given on the calling thread
  let database, adapter, folder, said
  before(async () => {
    database = await lane.create()
    adapter = RustAdapter(database.url, { migrate: true })
    const user = await adapter.createUser({ email: "ada@example.com", name: "Ada" })
    await adapter.createSession({ sessionToken: "token", userId: user.id, expires: new Date(1_900_000_000_000) })
    folder = createApp("prerendered", "prerendered")
    said = await build(folder, { env: { DATABASE_URL: database.url } })
  })
  after(async () => {
    await adapter?.close()
    await database?.close()
  })

  const html = (page) => readFileSync(join(folder, ".next/server/app", `${page}.html`), "utf8")

  test("a page without a database is static", () => {
    assert.match(said, /○ \/\n/)
    assert.match(html("index"), /nothing of a database/)
  })

  for (const page of pages) {
    test(`${page}: the row is not in the page that is built, and the page is not static`, () => {
      assert.match(said, new RegExp(`◐ /${page}\\b`))
      assert.match(html(page), /looking/)
      const files = readdirSync(join(folder, ".next/server/app"), { recursive: true }).filter((path) =>
        path.startsWith(page),
      )
      for (const file of files
        .map((name) => join(folder, ".next/server/app", name))
        .filter((path) => /\.(html|rsc|meta|body)$/.test(path) && existsSync(path))) {
        assert.doesNotMatch(readFileSync(file, "utf8"), /name: Ada/, file)
      }
    })
  }

  test("each request sees the row as it is then", async () => {
    const server = await start(folder, { DATABASE_URL: database.url })
    try {
      for (const page of pages) assert.match((await server.get(`/${page}`)).text, /name: Ada/, page)
      await adapter.updateUser({ id: (await adapter.getUserByEmail("ada@example.com")).id, name: "Grace" })
      for (const page of ["lookup", "joined", "crowd"])
        assert.match((await server.get(`/${page}`)).text, /name: Grace/, page)
    } finally {
      await server.stop()
    }
  })
})
