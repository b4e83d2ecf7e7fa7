// A SQLite file's journal mode is its owner's: opening it, for any purpose, changes nothing of it.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import { readFileSync, writeFileSync } from "node:fs"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { isAnsweredAtOnce } from "../lookup/at-once.js"
import { cli } from "./cli.js"

const timeout = 60_000

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  describe("a file's journal mode", () => {
    const withFile = (name, work) =>
      test(name, { timeout }, async () => {
        const file = await database.create()
        try {
          await work(file)
        } finally {
          await file.close()
        }
      })
    const mode = ({ path }) => {
      const other = new Database(path, { readonly: true })
      try {
        return other.pragma("journal_mode", { simple: true })
      } finally {
        other.close()
      }
    }
    const turn = ({ path }, mode) => {
      const other = new Database(path)
      other.pragma(`journal_mode = ${mode}`)
      other.close()
    }
    /** The adapter's own tables, in a file in rollback mode. */
    const inRollbackMode = async (file) => {
      assert.equal((await cli(["migrate", file.url])).code, 0)
      turn(file, "delete")
    }
    const use = async (file, options, work) => {
      const adapter = RustAdapter(file.url, options)
      try {
        return await work(adapter)
      } finally {
        await adapter.close()
      }
    }
    const signIn = async (adapter) => {
      const user = await adapter.createUser(newUser())
      const session = await adapter.createSession(newSession(user.id))
      assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { session, user })
      return { user, session }
    }

    for (const options of [{}, { journalMode: "keep" }, { migrate: true }, { syncReads: false }]) {
      withFile(`stays delete with ${JSON.stringify(options)}`, async (file) => {
        await inRollbackMode(file)
        await use(file, options, signIn)
        assert.equal(mode(file), "delete")
      })

      withFile(`stays wal with ${JSON.stringify(options)}`, async (file) => {
        await inRollbackMode(file)
        turn(file, "wal")
        await use(file, options, signIn)
        assert.equal(mode(file), "wal")
      })
    }

    withFile("the command line changes no byte by looking, and no mode by writing", async (file) => {
      await inRollbackMode(file)
      const before = readFileSync(file.path)
      await cli(["check", file.url])
      await cli(["check", file.url, "--json"])
      assert.deepEqual(readFileSync(file.path), before)
      assert.equal((await cli(["prune", file.url])).code, 0)
      assert.equal((await cli(["migrate", file.url])).code, 0)
      assert.equal(mode(file), "delete")
    })

    withFile("check leaves an empty file empty", async (file) => {
      writeFileSync(file.path, "")
      assert.equal((await cli(["check", file.url])).code, 2)
      assert.equal(readFileSync(file.path).length, 0)
    })

    withFile('journalMode: "wal" turns it into wal', async (file) => {
      await inRollbackMode(file)
      await use(file, { journalMode: "wal" }, signIn)
      assert.equal(mode(file), "wal")
    })

    withFile("a new file, or an empty one, is wal", async (file) => {
      await use(file, {}, signIn)
      assert.equal(mode(file), "wal")
    })

    withFile('a new file is as SQLite makes it with journalMode: "keep"', async (file) => {
      await use(file, { journalMode: "keep", migrate: true }, signIn)
      assert.equal(mode(file), "delete")
    })

    test("any other mode is refused", () => {
      for (const journalMode of ["delete", "WAL", "", null, true, {}]) {
        assert.throws(() => RustAdapter("sqlite:x.db", { journalMode }), failure("ERR_CONFIG"))
      }
    })

    withFile("check names the release and the mode, and recommends WAL by a remedy that mends it", async (file) => {
      await inRollbackMode(file)
      const { code, stdout } = await cli(["check", file.url, "--json"])
      assert.equal(code, 0)
      const { sqlite, warnings, recommendations } = JSON.parse(stdout)
      assert.match(sqlite.version, /^3\.\d+\.\d+$/)
      assert.equal(sqlite.journalMode, "delete")
      assert.deepEqual([warnings, recommendations.length], [[], 1])
      assert.match(recommendations[0].message, /journal mode is delete.*journalMode: "wal"/)
      const { code: printed, stdout: words } = await cli(["check", file.url])
      assert.equal(printed, 0)
      assert.match(
        words,
        /journal mode delete\nno warnings\n1 recommendation\n {2}- the file's journal mode is delete.*\n {4}PRAGMA journal_mode = WAL;\n$/,
      )
      const other = new Database(file.path)
      other.exec(recommendations[0].remedy)
      other.close()
      const { code: mended, stdout: text } = await cli(["check", file.url])
      assert.equal(mended, 0)
      assert.match(text, /\nSQLite 3\.\d+\.\d+, journal mode wal\nno warnings\n$/)
    })

    withFile(
      "in rollback mode look-ups are answered at once, and see every write that was acknowledged",
      async (file) => {
        await inRollbackMode(file)
        const other = new Database(file.path)
        await use(file, {}, async (adapter) => {
          const { user, session } = await signIn(adapter)
          assert.ok(await isAnsweredAtOnce(() => adapter.getSessionAndUser(session.sessionToken)))
          for (let turn = 0; turn < 200; turn++) {
            const name = `Name ${turn}`
            if (turn % 2) await adapter.updateUser({ id: user.id, name })
            else other.prepare(`UPDATE "user" SET "name" = ? WHERE "id" = ?`).run(name, user.id)
            assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.name, name)
          }
        })
        other.close()
      },
    )
  })
}
