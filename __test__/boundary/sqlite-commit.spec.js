// A commit in rollback mode waits for connections that read the file: for as long as the callers do whose writes it has, and as the busy
// timeout says, and no longer.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { endedBy, watch } from "./in-time.js"
import { readSqlite } from "./sqlite-reader.js"

const timeout = 60_000

const READING_MS = 3_000
const DEFAULT_MS = 15_000

/** What writes, each with what is to be there before. Resolves to what was made; of a deletion, nothing is left. */
const writes = {
  "one alone": { calls: (adapter) => [adapter.createUser(newUser())] },
  "twenty at once": { calls: (adapter) => Array.from({ length: 20 }, () => adapter.createUser(newUser())) },
  "a deletion": { calls: (adapter, { user }) => [adapter.deleteUser(user.id)] },
  "several that take effect together": {
    calls: (adapter, { user }) =>
      Array.from({ length: 4 }, (_, n) =>
        adapter.linkAccount({ userId: user.id, type: "oauth", provider: "p", providerAccountId: `${n}` }),
      ),
  },
}

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  describe("a commit while another process reads", { concurrency: 3 }, () => {
    const open = async (t, mode, options, query = "") => {
      const file = await database.create()
      t.after(() => file.close())
      const maker = RustAdapter(file.url, { migrate: true })
      const user = await maker.createUser(newUser())
      await maker.close()
      const other = new Database(file.path)
      other.pragma(`journal_mode = ${mode}`)
      other.close()
      const adapter = RustAdapter(file.url + query, options)
      t.after(() => adapter.close())
      await adapter.updateUser({ id: user.id, name: "first contact" })
      return { adapter, user, path: file.path }
    }
    const state = ({ path }) => {
      const file = new Database(path, { readonly: true })
      const rows = ["user", "account"].map((table) => file.prepare(`SELECT * FROM "${table}" ORDER BY 1`).all())
      const sound = file.pragma("integrity_check", { simple: true })
      file.close()
      return JSON.stringify({ rows, sound })
    }
    /** Makes the calls; how each ended, and when. */
    const timed = (make) => {
      const [began, late] = [performance.now(), watch()]
      const ended = (how) => ({ how, ms: Math.round(performance.now() - began), late: Math.round(late()) })
      return Promise.all(
        make().map((call) =>
          call.then(
            () => ended("done"),
            ({ code }) => ended(code),
          ),
        ),
      )
    }
    const scenes = async (t, mode, pool, query) => {
      const made = []
      for (const syncReads of [true, false])
        for (const [what, { calls }] of Object.entries(writes))
          made.push({
            what: `${what}, syncReads: ${syncReads}`,
            calls,
            ...(await open(t, mode, { syncReads, pool }, query)),
          })
      return made
    }

    for (const mode of ["delete", "truncate", "persist", "wal"]) {
      for (const limit of [300, 1_000, undefined]) {
        test(`${mode}, operationTimeoutMs: ${limit}`, { timeout }, async (t) => {
          const made = await scenes(t, mode, limit && { operationTimeoutMs: limit })
          const before = made.map(state)
          const read = await readSqlite(
            t,
            made.map(({ path }) => path),
            READING_MS,
          )
          // A look-up that begins while the commit waits is answered, or told so in time.
          const outcomes = await Promise.all(
            made.map(async ({ adapter, calls, ...scene }) => {
              const written = timed(() => calls(adapter, scene))
              await sleep(50)
              const [look] = await timed(() => [adapter.getUserByEmail("nobody@example.com")])
              return { written: await written, look }
            }),
          )
          const isLate = mode !== "wal" && limit !== undefined
          for (const [index, { written, look }] of outcomes.entries()) {
            const said = `${made[index].what}: ${JSON.stringify({ written, look })}`
            for (const { how, ms, late } of written) {
              assert.equal(how, isLate ? "ERR_TIMEOUT" : "done", said)
              if (isLate) assert.ok(endedBy(limit, ms, late), said)
              else if (mode === "wal") assert.ok(ms < 2_000, said)
              else assert.ok(ms < READING_MS + 1_000, said)
            }
            assert.ok(look.how === "done" || (isLate && look.how === "ERR_TIMEOUT"), said)
            assert.ok(look.how === "done" || endedBy(limit ?? DEFAULT_MS, look.ms, look.late), said)
          }
          // Not before: this process must not wait for a lock.
          if (isLate) await read()
          // What failed has changed nothing, and never does.
          if (isLate) for (const [index, scene] of made.entries()) assert.equal(state(scene), before[index], scene.what)
          // Others' writes go on.
          for (const { what, adapter, ...scene } of made) {
            const user = await adapter.createUser(newUser())
            assert.ok(state(scene).includes(user.id), what)
          }
        })
      }

      if (mode === "wal") continue
      test(`${mode}, busy_timeout=500`, { timeout }, async (t) => {
        const made = (await scenes(t, mode, {}, "?busy_timeout=500")).filter(({ what }) => !what.includes("false"))
        const before = made.map(state)
        const read = await readSqlite(
          t,
          made.map(({ path }) => path),
          READING_MS,
        )
        const outcomes = await Promise.all(
          made.map(({ adapter, calls, ...scene }) => timed(() => calls(adapter, scene))),
        )
        for (const [index, written] of outcomes.entries()) {
          const said = `${made[index].what}: ${JSON.stringify(written)}`
          // Writes that do not share a commit wait one after the other, the last ones beyond the reader's end.
          const done = written.filter(({ how }) => how === "done")
          const late = written.filter(({ how }) => how === "ERR_TIMEOUT").sort((a, b) => a.ms - b.ms)
          assert.equal(done.length + late.length, written.length, said)
          for (const { ms } of done) assert.ok(ms >= READING_MS - 500, said)
          assert.ok(endedBy(500, late[0].ms, late[0].late), said)
        }
        await read()
        for (const [index, { adapter, what, ...scene }] of made.entries()) {
          if (outcomes[index].every(({ how }) => how === "ERR_TIMEOUT")) assert.equal(state(scene), before[index], what)
          await adapter.createUser(newUser())
        }
      })
    }

    test("who reads over and over does not keep a commit from ending", { timeout }, async (t) => {
      const { adapter, path } = await open(t, "delete", {})
      const readers = await Promise.all([readInTurns(t, path, 0), readInTurns(t, path, 60)])
      for (const calls of Object.values(writes).slice(0, 2)) {
        for (const { how, ms } of await timed(() => calls.calls(adapter)))
          assert.ok(how === "done" && ms < 2_000, `${how}, ${ms} ms`)
      }
      for (const end of readers) await end()
    })
  })
}

/** Reads again and again, for 100 ms each time, in a process of its own: with another one, the file is always being read. */
async function readInTurns(t, path, after) {
  const { startProgram } = await import("./program.js")
  const reader = startProgram(
    `
    import Database from "better-sqlite3"
    const file = new Database(given.path, { timeout: 10_000 })
    let over = false
    process.stdin.resume().once("end", () => (over = true))
    await sleep(given.after)
    console.log("reading")
    while (!over) {
      file.exec("BEGIN; SELECT * FROM sqlite_master")
      await sleep(100)
      file.exec("COMMIT")
    }
  `,
    { path, after },
  )
  const end = async () => {
    reader.child.stdin.end()
    const { code, stderr } = await reader.ended
    assert.equal(code, 0, stderr)
  }
  t.after(end)
  await reader.said("reading")
  return end
}
