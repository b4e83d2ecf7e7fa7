// Where the system has no locks of open files, another SQLite in this process is warned of, once, before anything is written.
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { runProgram } from "../boundary/program.js"
import { enabled } from "../databases.js"
import { canPreload, preloaded } from "../preload/preload.js"

if (enabled("sqlite")) {
  describe("a system without locks of open files", { skip: canPreload ? false : "needs LD_PRELOAD" }, () => {
    const run = async (text, env) => {
      const folder = mkdtempSync(join(tmpdir(), "warned-"))
      const { code, stdout, stderr } = await runProgram(
        `
        import Database from "better-sqlite3"
        const warnings = []
        process.on("warning", ({ code }) => warnings.push(code))
        let other
        const beside = () => {
          other = new Database(given.path)
          other.exec("CREATE TABLE IF NOT EXISTS note (id INTEGER)")
        }
        ${text}
        await sleep(50)
        other?.close()
        console.log(JSON.stringify(warnings))
        process.exit()
      `,
        { path: join(folder, "app.db"), url: `sqlite:${join(folder, "app.db")}`, options: { migrate: true }, env },
      )
      rmSync(folder, { recursive: true })
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout.trim())
    }
    const write = `
      const adapter = RustAdapter(url, options)
      for (const id of ["a", "b"]) await adapter.createUser({ id, email: id })
      await adapter.getUser("a")
      await adapter.close()`

    test("another copy is warned of", { timeout: 60_000 }, async () => {
      assert.deepEqual(await run(`beside(); ${write}`, preloaded("old-kernel")), ["RUST_ADAPTER_SECOND_SQLITE"])
    })

    test("without another copy all works as it did, without a word", { timeout: 60_000 }, async () => {
      assert.deepEqual(await run(write, preloaded("old-kernel")), [])
    })

    test("where the system has them, there is nothing to warn of", { timeout: 60_000 }, async () => {
      assert.deepEqual(await run(`beside(); ${write}`, { ...process.env }), [])
    })
  })
}
