// Writes to a SQLite file that come together share commits: each is answered for itself, and for good.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newSession, newUser } from "../contract/rows.js"
import { enabled } from "../databases.js"
import { startProgram } from "./program.js"

const timeout = 60_000

/** How many commits are in a write-ahead log: each ends with a frame that says how large the database is then. */
function commits(path) {
  const log = readFileSync(`${path}-wal`)
  const page = log.readUInt32BE(8)
  let count = 0
  for (let frame = 32; frame + 24 + page <= log.length; frame += 24 + page) {
    if (!log.subarray(frame + 8, frame + 16).equals(log.subarray(16, 24))) break // of a log before
    if (log.readUInt32BE(frame + 4) > 0) count++
  }
  return count
}

if (enabled("sqlite")) {
  describe("writes that share commits", () => {
    /** An adapter on a new file, whose tables `change` has changed. */
    async function open(t, change) {
      const folder = mkdtempSync(join(tmpdir(), "groups-"))
      const path = join(folder, "auth.db")
      const url = `sqlite:${path}`
      if (change) {
        const first = RustAdapter(url, { migrate: true })
        await first.getUser("nobody")
        await first.close()
        const file = new Database(path)
        file.exec(change)
        file.close()
      }
      const adapter = RustAdapter(url, { migrate: true })
      await adapter.getUser("nobody")
      const stored = (sql, ...values) => {
        const file = new Database(path, { readonly: true })
        try {
          return file
            .prepare(sql)
            .pluck()
            .all(...values)
        } finally {
          file.close()
        }
      }
      t.after(async () => {
        await adapter.close()
        rmSync(folder, { recursive: true })
      })
      return { path, url, adapter, stored }
    }
    const outcomes = async (calls) =>
      (await Promise.allSettled(calls)).map(({ status, reason }) => (status === "fulfilled" ? "done" : reason.code))

    test("200 at once take fewer commits, and all of them last", { timeout }, async (t) => {
      const { path, adapter, stored } = await open(t)
      const before = commits(path)
      const users = Array.from({ length: 200 }, () => newUser())
      assert.deepEqual(await Promise.all(users.map((user) => adapter.createUser(user))), users)
      const taken = commits(path) - before
      assert.ok(taken >= Math.ceil(200 / 32) && taken < 200, `${taken} commits`)
      assert.deepEqual(stored(`SELECT id FROM "user" ORDER BY id`), users.map(({ id }) => id).sort())
    })

    test("a write that fails among them has changed nothing, and the others have", { timeout }, async (t) => {
      const { adapter, stored } = await open(t)
      const users = Array.from({ length: 100 }, (_, index) =>
        newUser(index % 10 === 9 ? { email: "one@example.com" } : {}),
      )
      const done = await outcomes(users.map((user) => adapter.createUser(user)))
      assert.equal(done.filter((each) => each === "done").length, 91)
      assert.equal(done.filter((each) => each === "ERR_UNIQUE").length, 9)
      const there = users.filter((_, index) => done[index] === "done")
      assert.deepEqual(stored(`SELECT id FROM "user" ORDER BY id`), there.map(({ id }) => id).sort())

      const link = (index, userId) =>
        adapter.linkAccount({ userId, type: "oauth", provider: "p", providerAccountId: `${index}` })
      const linked = await outcomes(
        Array.from({ length: 100 }, (_, index) => link(index, index % 7 ? there[index % 90].id : "nobody")),
      )
      assert.deepEqual(
        linked,
        Array.from({ length: 100 }, (_, index) => (index % 7 ? "done" : "ERR_FOREIGN_KEY")),
      )
      assert.equal(stored(`SELECT count(*) FROM "account"`)[0], 100 - 15)
    })

    test("if the commit is refused because of one, the others are made without it", { timeout }, async (t) => {
      const deferred = `DROP TABLE "session"; CREATE TABLE "session" ("sessionToken" text NOT NULL PRIMARY KEY,
        "userId" text NOT NULL REFERENCES "user" ("id") DEFERRABLE INITIALLY DEFERRED, "expires" integer NOT NULL)`
      const { adapter, stored } = await open(t, deferred)
      const user = await adapter.createUser(newUser())
      const sessions = Array.from({ length: 64 }, (_, index) => newSession(index === 20 ? "nobody" : user.id))
      const done = await outcomes(sessions.map((session) => adapter.createSession(session)))
      assert.deepEqual(
        done,
        sessions.map((_, index) => (index === 20 ? "ERR_FOREIGN_KEY" : "done")),
      )
      assert.deepEqual(
        stored(`SELECT "sessionToken" FROM "session" ORDER BY 1`),
        sessions
          .filter((_, index) => index !== 20)
          .map((each) => each.sessionToken)
          .sort(),
      )
    })

    test("what has been acknowledged survives the process", { timeout }, async (t) => {
      const { url, adapter, stored } = await open(t)
      await adapter.close()
      const program = startProgram(
        `
        const { createUser } = RustAdapter(url)
        let number = 0
        const caller = async () => {
          for (;;) {
            const { id } = await createUser({ email: "person " + number++ })
            process.stdout.write(id + "\\n")
            if (number > 2000) process.stdout.write("many\\n")
          }
        }
        for (let count = 0; count < 32; count++) caller()
      `,
        { url },
      )
      await program.said("many")
      program.child.kill("SIGKILL")
      const { stdout, signal } = await program.ended
      assert.equal(signal, "SIGKILL")
      const acknowledged = stdout
        .split("\n")
        .slice(0, -1)
        .filter((line) => line !== "many")
      const there = new Set(stored(`SELECT id FROM "user"`))
      assert.ok(acknowledged.length > 1000)
      assert.deepEqual(
        acknowledged.filter((id) => !there.has(id)),
        [],
      )
    })
  })
}
