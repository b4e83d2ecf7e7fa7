// The build matrix, once for each of the two bundlers, on the first database of this run.
import assert from "node:assert/strict"
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { assertKnowsWho, build, createApp, signedIn, standalone, start } from "./app.js"

export function describeBuilds(bundler, flags) {
  describe(`next build with ${bundler}`, () => {
    const [lane] = databases
    let database, adapter, token, env
    before(async () => {
      database = await lane.create()
      adapter = RustAdapter(database.url, { migrate: true })
      token = await signedIn(adapter, "ada@example.com")
      env = { DATABASE_URL: database.url }
    })
    after(async () => {
      await adapter.close()
      await database.close()
    })

    test("needs no database; next start serves it", async () => {
      const folder = createApp(bundler)
      const said = await build(folder, { flags })
      assert.doesNotMatch(said, /warn|error/i)
      const server = await start(folder, env)
      try {
        await assertKnowsWho(server, token, "ada@example.com")
      } finally {
        await server.stop()
      }
      assert.doesNotMatch(server.output(), /error/i)
    })

    test("a standalone server runs where there is nothing else", async () => {
      const folder = createApp(`${bundler}-standalone`)
      await build(folder, { flags, env: { NEXT_OUTPUT: "standalone" } })
      const elsewhere = join(mkdtempSync(join(tmpdir(), "image-")), "server")
      renameSync(join(folder, ".next/standalone"), elsewhere)
      rmSync(folder, { recursive: true })
      assert.ok(existsSync(join(elsewhere, "node_modules/rust-auth-adapter/index.js")))
      const server = await standalone(elsewhere, env)
      try {
        await assertKnowsWho(server, token, "ada@example.com")
      } finally {
        await server.stop()
      }
    })
  })
}
