// SQLite look-ups on the calling thread: the same answers, always the latest, and never a wait.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Worker } from "node:worker_threads"
import Database from "better-sqlite3"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { lockSqlite } from "../boundary/sqlite-lock.js"
import { startProgram } from "../boundary/program.js"
import { newAccount, newAuthenticator, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { isAnsweredAtOnce } from "./at-once.js"
import { longestBlock } from "./longest-block.js"

const timeout = 60_000

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  describe("SQLite look-ups on the calling thread", () => {
    const lane = openLane(database)
    const person = async (adapter) => {
      const user = await adapter.createUser(newUser())
      const account = await adapter.linkAccount(newAccount(user.id))
      const session = await adapter.createSession(newSession(user.id))
      const authenticators = [
        await adapter.createAuthenticator(newAuthenticator(user.id)),
        await adapter.createAuthenticator(newAuthenticator(user.id, { credentialBackedUp: false, transports: null })),
      ]
      return { user, account, session, authenticators }
    }
    const lookUps = ({ user, account, session, authenticators }) => [
      [(a) => a.getUser(user.id), user],
      [(a) => a.getUserByEmail(user.email), user],
      [(a) => a.getUserByAccount(account), user],
      [(a) => a.getSessionAndUser(session.sessionToken), { session, user }],
      [(a) => a.getAccount(account.providerAccountId, account.provider), account],
      [(a) => a.getAuthenticator(authenticators[0].credentialID), authenticators[0]],
    ]

    test("every look-up is answered at once, and so is every miss", { timeout }, async () => {
      const someone = await person(lane.adapter)
      for (const [call, expected] of lookUps(someone)) {
        assert.deepEqual(await call(lane.adapter), expected)
        assert.ok(await isAnsweredAtOnce(() => call(lane.adapter)), `${call}`)
      }
      const listed = await lane.adapter.listAuthenticatorsByUserId(someone.user.id)
      assert.deepEqual(
        new Set(listed.map(({ credentialID }) => credentialID)),
        new Set(someone.authenticators.map(({ credentialID }) => credentialID)),
      )
      assert.ok(await isAnsweredAtOnce(() => lane.adapter.listAuthenticatorsByUserId(someone.user.id)))
      for (const miss of ["nobody", "\0", "\ud800", null, undefined, {}, 7]) {
        assert.ok(await isAnsweredAtOnce(() => lane.adapter.getSessionAndUser(miss)))
        assert.equal(await lane.adapter.getSessionAndUser(miss), null)
        assert.deepEqual(await lane.adapter.listAuthenticatorsByUserId(miss), [])
      }
    })

    test("syncReads: false sends all through the pool, with the same answers", { timeout }, async (t) => {
      const adapter = RustAdapter(lane.database.url, { syncReads: false })
      t.after(() => adapter.close())
      const someone = await person(adapter)
      for (const [call, expected] of lookUps(someone)) {
        assert.deepEqual(await call(adapter), expected)
        assert.equal(await isAnsweredAtOnce(() => call(adapter)), false, `${call}`)
      }
      assert.throws(() => RustAdapter(lane.database.url, { syncReads: "no" }), failure("ERR_CONFIG"))
    })

    test("a look-up sees every write that was acknowledged: ours, another connection's, another thread's", {
      timeout,
    }, async () => {
      const { adapter } = lane
      const { user, session } = await person(adapter)
      for (let turn = 0; turn < 300; turn++) {
        const name = `Name ${turn}`
        if (turn % 2) await adapter.updateUser({ id: user.id, name })
        else await lane.rows(`UPDATE "user" SET "name" = ? WHERE "id" = ?`, name, user.id)
        assert.equal((await adapter.getUser(user.id)).name, name)
        assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.name, name)
      }
      const worker = new Worker(
        `const { workerData: { url, id }, parentPort } = require("node:worker_threads")
         const { RustAdapter } = require(${JSON.stringify(new URL("../../index.js", import.meta.url).pathname)})
         const adapter = RustAdapter(url)
         adapter.updateUser({ id, name: "from the worker" }).then(() => adapter.getUser(id)).then((user) => { parentPort.postMessage(user.name); return adapter.close() })`,
        { eval: true, workerData: { url: lane.database.url, id: user.id } },
      )
      assert.equal(
        await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
        "from the worker",
      )
      assert.equal((await adapter.getUser(user.id)).name, "from the worker")
      await new Promise((resolve) => worker.once("exit", resolve))
      await adapter.deleteUser(user.id)
      assert.equal(await adapter.getSessionAndUser(session.sessionToken), null)
    })

    test("while another process holds the write lock, a look-up sees the last commit, at once", {
      timeout,
    }, async (t) => {
      const { adapter } = lane
      const { user } = await person(adapter)
      const unlock = await lockSqlite(t, lane.database.path)
      assert.ok(await isAnsweredAtOnce(() => adapter.getUser(user.id)))
      assert.deepEqual(await adapter.getUser(user.id), user)
      const changed = adapter.updateUser({ id: user.id, name: "later" })
      assert.deepEqual(await adapter.getUser(user.id), user)
      await unlock()
      await changed
      assert.equal((await adapter.getUser(user.id)).name, "later")
    })

    test("writes in a row, of several callers, workers and connections, all take effect, once", {
      timeout,
    }, async (t) => {
      const { adapter } = lane
      const other = RustAdapter(lane.database.url, { syncReads: false }) // writes by the pool, around the writing thread
      t.after(() => other.close())
      const user = await adapter.createUser(newUser())
      const sessions = []
      const write = async (through, count) => {
        for (let turn = 0; turn < count; turn++) sessions.push(await through.createSession(newSession(user.id)))
      }
      await write(adapter, 50)
      await Promise.all([write(adapter, 50), write(adapter, 50), write(other, 50), write(other, 50)])
      assert.equal(new Set(sessions.map(({ sessionToken }) => sessionToken)).size, 250)
      const [{ count }] = await lane.rows(`SELECT count(*) AS count FROM "session" WHERE "userId" = ?`, user.id)
      assert.equal(Number(count), 250)
      for (const session of sessions)
        assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { session, user })
    })

    test("what the writing thread is refused is refused with the pool's reasons, and changes nothing", {
      timeout,
    }, async () => {
      const { adapter } = lane
      const someone = newUser()
      const user = await adapter.createUser(someone)
      for (let turn = 0; turn < 3; turn++) {
        await assert.rejects(adapter.createUser(newUser({ email: someone.email })), failure("ERR_UNIQUE"))
        await assert.rejects(adapter.createSession(newSession("nobody")), failure("ERR_FOREIGN_KEY"))
        await assert.rejects(adapter.updateUser({ id: "nobody", name: "x" }), failure("ERR_NOT_FOUND"))
        assert.equal(await adapter.deleteSession("nobody"), null)
      }
      const [{ count }] = await lane.rows(`SELECT count(*) AS count FROM "user" WHERE "email" = ?`, someone.email)
      assert.equal(Number(count), 1)
      assert.deepEqual(await adapter.getUser(user.id), user)
    })

    test("without WAL a lock is waited for elsewhere: the event loop goes on", { timeout }, async (t) => {
      const file = await database.create()
      t.after(() => file.close())
      const first = RustAdapter(file.url)
      const user = await first.createUser(newUser())
      await first.close()
      const other = new Database(file.path)
      other.pragma("journal_mode = DELETE")
      other.close()
      const adapter = RustAdapter(file.url)
      t.after(() => adapter.close())
      assert.deepEqual(await adapter.getUser(user.id), user)
      assert.ok(await isAnsweredAtOnce(() => adapter.getUser(user.id)))
      const locker = startProgram(
        `
        import Database from "better-sqlite3"
        const database = new Database(given.path)
        database.exec("BEGIN EXCLUSIVE")
        console.log("locked")
        process.stdin.resume().once("end", () => database.exec("ROLLBACK"))
      `,
        { path: file.path },
      )
      await locker.said("locked")
      let answered = false
      const call = adapter.getUser(user.id).finally(() => (answered = true))
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.equal(answered, false)
      locker.child.stdin.end()
      assert.deepEqual(await call, user)
      await locker.ended
    })

    test("a value that our schema would not hold is the pool's to judge", { timeout }, async () => {
      const { adapter } = lane
      const { user } = await person(adapter)
      await lane.rows(`UPDATE "user" SET "emailVerified" = 'soon' WHERE "id" = ?`, user.id)
      await assert.rejects(adapter.getUser(user.id), failure("ERR_DECODE", { table: "user", field: "emailVerified" }))
      await lane.rows(`UPDATE "user" SET "emailVerified" = NULL WHERE "id" = ?`, user.id)
      assert.deepEqual(await adapter.getUser(user.id), { ...user, emailVerified: null })
    })

    test("a table that is altered while it is read", { timeout }, async () => {
      const { adapter } = lane
      const { user } = await person(adapter)
      assert.deepEqual(await adapter.getUser(user.id), user)
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "extra" text DEFAULT 'x'`)
      assert.deepEqual(await adapter.getUser(user.id), user)
      await lane.rows(`ALTER TABLE "user" RENAME TO "away"`)
      await assert.rejects(adapter.getUser(user.id), failure("ERR_SCHEMA"))
      await lane.rows(`ALTER TABLE "away" RENAME TO "user"`)
      assert.deepEqual(await adapter.getUser(user.id), user)
    })

    test("a search through many rows is tried on the calling thread once", { timeout }, async (t) => {
      const own = await database.create()
      t.after(() => own.close())
      await own.rows(`CREATE TABLE "users" ("id" text PRIMARY KEY, "email" text, "name" text)`)
      await own.rows(`CREATE TABLE "sessions" ("sessionToken" text PRIMARY KEY, "userId" text, "expires" integer)`)
      await own.rows(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
        INSERT INTO "users" SELECT 'id ' || i, i || '@example.com', 'name' FROM n`)
      const adapter = RustAdapter(own.url)
      t.after(() => adapter.close())
      const byEmail = (number) => adapter.getUserByEmail(`${number}@example.com`)
      assert.equal((await byEmail(200_000)).id, "id 200000")
      await byEmail(199_999) // the budget is spent, at most once
      const block = await longestBlock(50, () => byEmail(199_998), 1)
      assert.ok(block < 1, `${block} ms in one turn of the event loop`)
      assert.equal((await byEmail(199_998)).id, "id 199998")
      // Another form of look-up is none of it; nor are those that need no look.
      assert.ok(await isAnsweredAtOnce(() => adapter.getUser("id 7")))
      assert.ok(await isAnsweredAtOnce(() => adapter.getUserByEmail(null)))
    })

    test("in memory", { timeout }, async () => {
      const adapter = RustAdapter(":memory:")
      const someone = await person(adapter)
      for (const [call, expected] of lookUps(someone)) assert.deepEqual(await call(adapter), expected)
      await adapter.updateUser({ id: someone.user.id, name: "changed" })
      assert.equal((await adapter.getUser(someone.user.id)).name, "changed")
      await adapter.close()
    })

    test("after close() nothing is answered", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 2 } })
      await adapter.getUser("x")
      assert.ok(await isAnsweredAtOnce(() => adapter.getUser("x")))
      await adapter.close()
      await assert.rejects(adapter.getUser("x"), failure("ERR_CLOSED", { method: "getUser" }))
    })
  })
}
