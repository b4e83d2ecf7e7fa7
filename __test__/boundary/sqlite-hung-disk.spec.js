// A disk that does not answer: calls end when their time is up, and what was not begun by then never is.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { enabled } from "../databases.js"
import { canPreload, preloaded } from "../preload/preload.js"
import { runProgram } from "./program.js"

const LIMIT_MS = 700

if (enabled("sqlite")) {
  describe("a disk that hangs", { skip: canPreload ? false : "needs LD_PRELOAD" }, () => {
    for (const syncReads of [true, false]) {
      test(`no call takes longer than it may, with syncReads: ${syncReads}`, { timeout: 60_000 }, async () => {
        const folder = mkdtempSync(join(tmpdir(), "hung-"))
        const signal = join(folder, "hang")
        const { code, stdout, stderr } = await runProgram(
          `
          import { writeFileSync, rmSync } from "node:fs"
          const adapter = RustAdapter(url, options)
          const make = (id) => adapter.createUser({ id, email: id + "@example.com" })
          await make("before")
          await make("warm")
          writeFileSync(given.signal, "")
          const began = performance.now()
          const wave = (ids) => ids.map((id) => make(id).then(() => "made", ({ code }) => code))
          const first = wave(["a", "b", "c", "d"])
          await sleep(150)
          const hung = await Promise.all([...first, ...wave(["e", "f", "g", "h"])])
          const took = performance.now() - began
          const found = (await adapter.getUser("before")).id
          rmSync(given.signal)
          await sleep(300)
          const after = await make("after").then(() => "made", ({ code }) => code)
          await adapter.close()
          console.log(JSON.stringify({ hung, took, found, after }))
        `,
          {
            url: `sqlite:${join(folder, "app.db")}`,
            options: { syncReads, pool: { operationTimeoutMs: LIMIT_MS } },
            signal,
            env: preloaded("hang", { HANG: signal }),
          },
        )
        assert.equal(code, 0, stderr)
        const { hung, took, found, after } = JSON.parse(stdout)
        assert.deepEqual(hung, Array(8).fill("ERR_TIMEOUT"))
        assert.ok(took >= LIMIT_MS - 50 && took < LIMIT_MS + 1_000, `${took} ms`)
        assert.deepEqual([found, after], ["before", "made"])
        const file = new Database(join(folder, "app.db"))
        const ids = file
          .prepare(`SELECT "id" FROM "user"`)
          .all()
          .map(({ id }) => id)
        assert.equal(file.pragma("integrity_check", { simple: true }), "ok")
        file.close()
        // Of those under way, which may share a commit, nobody knows; the others had not been begun.
        assert.deepEqual(
          ids.filter((id) => "efgh".includes(id)),
          [],
        )
        assert.ok(
          ["before", "warm", "after"].every((id) => ids.includes(id)),
          ids.join(),
        )
        rmSync(folder, { recursive: true })
      })
    }
  })
}
