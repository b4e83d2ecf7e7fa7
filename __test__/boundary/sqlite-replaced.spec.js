// A SQLite file that is deleted or replaced while it is open: noticed before a row is acknowledged that no reader would find.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import { readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"

const timeout = 60_000

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  for (const [how, options, mode] of [
    ["by the thread that writes", {}, "wal"],
    ["by the pool", { syncReads: false }, "wal"],
    ["by the thread that writes", {}, "delete"],
    ["by the pool", { syncReads: false }, "delete"],
  ]) {
    describe(`a file in mode ${mode} that goes while it is open, ${how}`, () => {
      /** Two files with the adapter's tables: the first is open, and the other not. */
      const scene = (name, work) =>
        test(name, { timeout }, async () => {
          const [file, other] = [await database.create(), await database.create()]
          for (const { url, path } of [file, other]) {
            const maker = RustAdapter(url)
            await maker.createUser(newUser())
            await maker.close()
            const turned = new Database(path)
            turned.pragma(`journal_mode = ${mode}`)
            turned.close()
          }
          const adapter = RustAdapter(file.url, options)
          const user = await adapter.createUser(newUser())
          try {
            await work({ adapter, user, file, other })
          } finally {
            await adapter.close()
            await file.close()
            await other.close()
          }
        })
      const remove = ({ path }) => {
        for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name))
      }
      const stored = ({ path }) => {
        const file = new Database(path, { readonly: true })
        const ids = file
          .prepare(`SELECT "id" FROM "user"`)
          .all()
          .map(({ id }) => id)
        file.close()
        return ids
      }

      for (const [action, replace] of [
        ["replaced", ({ file, other }) => renameSync(other.path, file.path)],
        ["deleted and put back by another", ({ file, other }) => (remove(file), renameSync(other.path, file.path))],
        [
          "moved away and replaced",
          ({ file, other }) => (renameSync(file.path, `${file.path}.old`), renameSync(other.path, file.path)),
        ],
      ]) {
        scene(
          `${action}: every write that is acknowledged is in the file that is there`,
          async ({ adapter, file, other }) => {
            replace({ file, other })
            for (const name of ["-wal", "-shm"]) rmSync(file.path + name, { force: true })
            const made = [await adapter.createUser(newUser())]
            made.push(...(await Promise.all(Array.from({ length: 20 }, () => adapter.createUser(newUser())))))
            const ids = stored(file)
            for (const { id } of made) assert.ok(ids.includes(id), id)
            assert.equal(ids.length, 22)
          },
        )
      }

      scene("replaced: who has written reads it, at once", async ({ adapter, user, file, other }) => {
        // So that all connections have just seen the file.
        await Promise.all(Array.from({ length: 20 }, () => adapter.getUser(user.id)))
        renameSync(other.path, file.path)
        for (const name of ["-wal", "-shm"]) rmSync(file.path + name, { force: true })
        const made = await adapter.createUser(newUser())
        const found = await Promise.all(Array.from({ length: 20 }, () => adapter.getUser(made.id)))
        assert.deepEqual(found, Array(20).fill(made))
        assert.equal(await adapter.getUser(user.id), null)
      })

      scene("replaced: look-ups are of the file that is there", async ({ adapter, user, file, other }) => {
        assert.deepEqual(await adapter.getUser(user.id), user)
        renameSync(other.path, file.path)
        for (const name of ["-wal", "-shm"]) rmSync(file.path + name, { force: true })
        await sleep(150)
        assert.equal(await adapter.getUser(user.id), null)
      })

      scene("deleted: nothing is acknowledged, and no file is made", async ({ adapter, file }) => {
        remove(file)
        for (let turn = 0; turn < 3; turn++)
          await assert.rejects(adapter.createUser(newUser()), failure("ERR_CONNECT", { method: "createUser" }))
        assert.deepEqual(readdirSync(dirname(file.path)), [])
      })
    })
  }
}
