// `next dev`: every edit loads the app's modules anew, and there is one pool all the same.
import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { connectionCount } from "../boundary/connections.js"
import { databases } from "../databases.js"
import { createApp, dev, signedIn } from "./app.js"

const EDITS = 5
const POOL = 2

for (const lane of databases.filter(({ name }) => name === "postgres")) {
  describe("next dev on PostgreSQL", () => {
    test(`has one pool after ${EDITS} edits`, async (t) => {
      const database = await lane.create()
      const adapter = RustAdapter(database.url, { migrate: true })
      const token = await signedIn(adapter, "ada@example.com")
      await adapter.close()

      const folder = createApp("dev")
      const auth = join(folder, "auth.ts")
      const text = readFileSync(auth, "utf8").replace("DATABASE_URL)", `DATABASE_URL, { pool: { max: ${POOL} } })`)
      const save = (edit) => writeFileSync(auth, `${text}\nexport const edit = ${edit}\n`)
      const page = join(folder, "app/page.tsx")
      const body = readFileSync(page, "utf8")
        .replace("{ auth }", "{ auth, edit }")
        .replace("signed in", "edit ${edit}, signed in")
      rmSync(page)
      save(0)
      writeFileSync(page, body)

      const server = await dev(folder, { DATABASE_URL: database.url })
      t.after(async () => {
        await server.stop()
        await database.close()
      })
      const counts = []
      for (let edit = 0; edit <= EDITS; edit++) {
        if (edit > 0) save(edit)
        // The page, the route handler and the proxy each have modules of their own.
        const deadline = Date.now() + 60_000
        let seen
        do seen = (await server.get("/private", token)).text
        while (!seen.includes(`edit ${edit}, signed in: ada@example.com`) && Date.now() < deadline)
        assert.match(seen, new RegExp(`edit ${edit}, signed in: ada@example\\.com`), server.output())
        await Promise.all(
          Array.from({ length: 6 }, (_, i) => server.get(["/private", "/", "/api/auth/session"][i % 3], token)),
        )
        counts.push(await connectionCount({ ...lane, rows: database.rows }))
      }
      t.diagnostic(`connections after each edit: ${counts}`)
      assert.ok(
        counts.every((count) => count >= 1 && count <= POOL),
        `connections after each edit: ${counts}`,
      )
    })
  })
}
