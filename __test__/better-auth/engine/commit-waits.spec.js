// A transaction's commit in rollback mode waits for connections that read the file: for as long as its caller does, and as the busy timeout
// says, and no longer.
import assert from "node:assert/strict"
import { test } from "node:test"
import Database from "better-sqlite3"
import { endedBy, watch } from "../../boundary/in-time.js"
import { readSqlite } from "../../boundary/sqlite-reader.js"
import { databases } from "../../databases.js"
import { onEveryDatabase, things } from "../stage.js"

/** How long the file is read: shorter than callers wait, and longer. */
const [SHORT_MS, LONG_MS] = [700, 10_000]
const lanes = databases.filter(({ name }) => name === "sqlite")

for (const [how, syncReads] of [
  ["by the thread that writes", true],
  ["by the pool", false],
]) {
  for (const [limit, query] of [
    [300, ""],
    [1_000, ""],
    [15_000, "?busy_timeout=500"],
    [15_000, ""],
  ]) {
    const title = `a commit while another process reads, ${how}, operationTimeoutMs: ${limit}${query}`
    const create = async () => {
      const file = await lanes[0].create()
      return { ...file, url: file.url + query }
    }
    onEveryDatabase(
      title,
      {
        adapterOptions: { syncReads, pool: { operationTimeoutMs: limit } },
        options: { plugins: [things] },
        lanes: lanes.map((lane) => ({ ...lane, create })),
      },
      (stage) => {
        for (const mode of ["delete", "truncate", "persist", "wal"]) {
          test(mode, { timeout: 30_000 }, async (t) => {
            const { path } = stage.database
            const other = new Database(path)
            assert.equal(other.pragma(`journal_mode = ${mode}`, { simple: true }), mode)
            other.close()
            const make = (label) => ({ model: "thing", data: { label } })
            const limits = mode === "wal" ? [] : [limit, query && 500].filter((each) => each && each < LONG_MS)
            const read = await readSqlite(t, [path], limits.length ? LONG_MS : SHORT_MS)
            let [began, late] = []
            const outcome = await stage.adapter
              .transaction(async (tx) => {
                await tx.create(make("a"))
                await tx.create(make("b"))
                began = performance.now()
                late = watch()
              })
              .then(
                () => "done",
                ({ code }) => code,
              )
            const took = performance.now() - began
            const said = `${outcome} after ${took} ms`
            assert.equal(outcome, limits.length ? "ERR_TIMEOUT" : "done", said)
            if (limits.length) {
              assert.ok(endedBy(Math.min(...limits), took, late()), said)
              // Before the reader's end, so that the transaction is known to be undone, and not only told of.
              await assert.rejects(stage.adapter.create(make("too early")), { code: "ERR_TIMEOUT" })
              await read(true)
            } else assert.ok(took < SHORT_MS + 1_000, said)
            await stage.adapter.create(make("c"))
            const labels = (await stage.database.rows(`SELECT label FROM thing ORDER BY label`)).map(
              ({ label }) => label,
            )
            assert.deepEqual(labels, limits.length ? ["c"] : ["a", "b", "c"])
          })
        }
      },
    )
  }
}
