// The Edge runtime has no native code. An application that brings the adapter there is told so, and what to do.
import assert from "node:assert/strict"
import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { build, createApp, start } from "./app.js"

const middleware = fileURLToPath(new URL("edge-middleware.ts", import.meta.url))

for (const [bundler, flags] of [
  ["Turbopack", []],
  ["webpack", ["--webpack"]],
]) {
  test(`middleware.ts on the Edge runtime says to use proxy.ts: ${bundler}`, async () => {
    const folder = createApp(`edge-${bundler}`)
    rmSync(join(folder, "proxy.ts"))
    cpSync(middleware, join(folder, "middleware.ts"))
    await build(folder, { flags })
    const server = await start(folder, { DATABASE_URL: ":memory:" })
    try {
      assert.equal((await server.get("/private")).status, 500)
      assert.match(server.output(), /rust-auth-adapter .*Edge runtime.*proxy\.ts/)
      // The rest of the app is not touched by it.
      assert.equal((await server.get("/")).status, 200)
    } finally {
      await server.stop()
    }
  })
}
