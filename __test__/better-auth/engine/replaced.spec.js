// A SQLite file that is deleted or replaced while it is open: what a transaction did is acknowledged only in the file that is there.
import assert from "node:assert/strict"
import { readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import Database from "better-sqlite3"
import { databases } from "../../databases.js"
import { openAdapter } from "../adapter.js"
import { base, things } from "../stage.js"
import { migrate } from "../tables.js"

const config = { ...base, plugins: [things] }
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  for (const syncReads of [true, false]) {
    for (const mode of ["wal", "delete"]) {
      const scene = (name, work) =>
        test(`${mode}, syncReads: ${syncReads}: ${name}`, { timeout: 30_000 }, async (t) => {
          const files = [await database.create(), await database.create()]
          for (const file of files) {
            t.after(() => file.close())
            await migrate(file, config)
            const turned = new Database(file.path)
            turned.pragma(`journal_mode = ${mode}`)
            turned.close()
          }
          const [file, other] = files
          const opened = await openAdapter(file, { syncReads })
          t.after(() => opened.close())
          const adapter = opened.database(config)
          const make = (by, label) => by.create({ model: "thing", data: { label } })
          await make(adapter, "first contact")
          const clean = () => {
            for (const name of ["-wal", "-shm", "-journal"]) rmSync(file.path + name, { force: true })
          }
          await work({
            adapter,
            make,
            file,
            replace: () => (renameSync(other.path, file.path), clean()),
            remove: () => (rmSync(file.path), clean()),
            stored: () => {
              const there = new Database(file.path, { readonly: true })
              const labels = there.prepare(`SELECT label FROM thing ORDER BY label`).pluck().all()
              there.close()
              return labels
            },
          })
        })
      const outcomeOf = (work) =>
        work.then(
          () => "done",
          ({ code }) => code,
        )

      for (const pause of [0, 20]) {
        scene(`replaced within a transaction, and ${pause} ms later it goes on`, async (scene) => {
          const { adapter, make, replace, stored } = scene
          let replaced = false
          const outcome = await outcomeOf(
            adapter.transaction(async (tx) => {
              await make(tx, "a")
              await sleep(pause)
              if (!replaced) replace()
              replaced = true
              await sleep(pause)
              await make(tx, "b")
            }),
          )
          // Done again, or refused: acknowledged as a whole, or not there at all.
          if (outcome === "done") assert.deepEqual(stored(), ["a", "b"])
          else {
            assert.ok(["ERR_CONNECT", "ERR_TIMEOUT"].includes(outcome), outcome)
            assert.deepEqual(stored(), [])
          }
          await make(adapter, "c")
          assert.deepEqual(stored(), outcome === "done" ? ["a", "b", "c"] : ["c"])
        })
      }

      scene("replaced before a transaction", async ({ adapter, make, replace, stored }) => {
        replace()
        const outcome = await outcomeOf(
          adapter.transaction(async (tx) => {
            await make(tx, "a")
            await make(tx, "b")
          }),
        )
        assert.deepEqual(stored(), outcome === "done" ? ["a", "b"] : [])
        await make(adapter, "c")
        assert.ok(stored().includes("c"))
      })

      scene("replaced: who has written reads it, at once", async ({ adapter, make, replace }) => {
        const find = (label) => adapter.findOne({ model: "thing", where: [{ field: "label", value: label }] })
        await Promise.all(Array.from({ length: 10 }, () => find("first contact")))
        replace()
        await Promise.all(Array.from({ length: 10 }, (_, n) => make(adapter, `row ${n}`)))
        for (let n = 0; n < 10; n++) assert.equal((await find(`row ${n}`))?.label, `row ${n}`)
        assert.equal(await find("first contact"), null)
      })

      scene("deleted within a transaction: it is not acknowledged, and no file is made", async (scene) => {
        const { adapter, make, file, remove } = scene
        const outcome = await outcomeOf(
          adapter.transaction(async (tx) => {
            await make(tx, "a")
            remove()
            await make(tx, "b")
          }),
        )
        assert.equal(outcome, "ERR_CONNECT")
        await assert.rejects(make(adapter, "c"), { code: "ERR_CONNECT" })
        assert.deepEqual(
          readdirSync(dirname(file.path)).map((name) => join(dirname(file.path), name)),
          [],
        )
      })
    }
  }
}

// The thread that writes ends when its file has gone, at a moment when more is sent to it.
for (const database of databases.filter(({ name }) => name === "sqlite")) {
  test("a file that is deleted at any moment of a transaction: no call waits until its time is up", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 30; round++) {
      const file = await database.create()
      await migrate(file, config)
      const opened = await openAdapter(file, { syncReads: true })
      const adapter = opened.database(config)
      const make = (by) => by.create({ model: "thing", data: { label: "label" } })
      await make(adapter)
      const begun = performance.now()
      await assert.rejects(
        adapter.transaction(async (tx) => {
          await make(tx)
          await sleep((round % 10) / 2)
          for (const name of ["", "-wal", "-shm"]) rmSync(file.path + name, { force: true })
          await sleep((round % 7) / 2)
          await make(tx)
        }),
        { code: "ERR_CONNECT" },
      )
      assert.ok(performance.now() - begun < 10_000, `round ${round}`)
      await opened.close()
      await file.close()
    }
  })
}
