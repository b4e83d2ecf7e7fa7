// A PostgreSQL server that has no setting for the compilation of statements, as version 10 and some servers of its kind: it refuses a session
// that is told to compile nothing, and a statement that says so. A proxy stands for it, which gives the setting a name that no server has.
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startTurns } from "../servers/turns.js"
import { cli } from "./cli.js"

const CALLERS = 20

for (const database of databases.filter(({ name }) => name === "postgres"))
  describe("a server that has no setting for compilation", () => {
    let [created, proxy, folder] = []
    /** How often the server has been told to compile nothing. */
    let told = 0
    before(async () => {
      created = await database.create()
      const adapter = RustAdapter(created.url, { migrate: true })
      await adapter.getUser("nobody")
      await adapter.close()
      folder = mkdtempSync(join(tmpdir(), "no-compiler-"))
      proxy = await startTurns(process.env.TEST_POSTGRES_URL, {
        rewrite(data) {
          const text = data.toString("latin1")
          told += text.match(/\bjit ?= ?off/g)?.length ?? 0
          return Buffer.from(text.replaceAll(/\bjit( ?= ?off)/g, "jix$1"), "latin1")
        },
      })
    })
    after(async () => {
      proxy?.stop()
      if (folder) rmSync(folder, { recursive: true })
      await created?.close()
    })

    const sessions = { "sessions of its own": "", "sessions on loan": "?pgbouncer=true" }
    for (const [title, query] of Object.entries(sessions)) {
      test(`it is told so once, and serves all calls: ${title}`, async (t) => {
        const url = `${proxy.through(created.url)}${query}`
        told = 0
        const adapter = RustAdapter(url)
        t.after(() => adapter.close())
        const user = await adapter.createUser(newUser())
        assert.equal(told, 1)
        const opened = await Promise.all(
          Array.from({ length: CALLERS }, () => adapter.createSession(newSession(user.id))),
        )
        const found = opened.map(({ sessionToken }) => adapter.getSessionAndUser(sessionToken))
        assert.deepEqual(
          await Promise.all(found),
          opened.map((session) => ({ session, user })),
        )
        await adapter.deleteUser(user.id)
        assert.equal(await adapter.getUser(user.id), null)
        // A further session is not told.
        const [{ ended }] = await created.rows(
          `SELECT count(pg_terminate_backend(pid)) AS "ended" FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        )
        assert.ok(ended > 0)
        assert.equal(await adapter.getUser(user.id), null)
        assert.equal(told, 1)
      })

      test(`a snapshot serves the first look-up all the same: ${title}`, async (t) => {
        const snapshot = join(folder, `${query.length}.json`)
        const { code, stdout, stderr } = await cli(["check", created.url, "--snapshot", snapshot])
        assert.equal(code, 0, stdout + stderr)
        const writer = RustAdapter(created.url)
        t.after(() => writer.close())
        const user = await writer.createUser(newUser())
        const adapter = RustAdapter(`${proxy.through(created.url)}${query}`, { snapshot })
        t.after(() => adapter.close())
        assert.deepEqual(await adapter.getUser(user.id), user)
        assert.deepEqual(await adapter.updateUser({ id: user.id, name: "renamed" }), { ...user, name: "renamed" })
      })
    }
  })
