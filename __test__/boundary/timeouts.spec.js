// Locks that others hold: a full pool and a slow operation are ERR_TIMEOUT, and all is well once the lock is gone.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { connectionCount } from "./connections.js"
import { eventually } from "./program.js"
import { lockSqlite } from "./sqlite-lock.js"

const timeout = 30_000

for (const database of databases) {
  const sqlite = database.name === "sqlite"

  describe(`time-outs on ${database.name}`, () => {
    const lane = openLane(database)

    /** Another client holds what a change of `user` needs; resolves to what lets go. */
    const lock = async (t, user) => {
      if (sqlite) return lockSqlite(t, lane.database.path)
      await lane.rows("BEGIN")
      await lane.rows(`SELECT * FROM "user" WHERE "id" = ? FOR UPDATE`, user.id)
      let held = true
      const unlock = async () => {
        if (!held) return
        held = false
        await lane.rows("ROLLBACK")
      }
      t.after(unlock)
      return unlock
    }
    /** An adapter that has connected, however slow the machine. */
    const open = async (t, pool, options) => {
      const adapter = RustAdapter(lane.database.url, { pool, ...options })
      t.after(() => adapter.close())
      await eventually("the adapter has connected", () =>
        adapter.getUser("nobody").then(
          () => true,
          () => false,
        ),
      )
      return adapter
    }
    const rename = ({ updateUser }, { id }) => updateUser({ id, name: "renamed" })

    test("a full pool is ERR_TIMEOUT after acquireTimeoutMs, and recovers", { timeout }, async (t) => {
      const user = await lane.user()
      const adapter = await open(t, { max: 1, acquireTimeoutMs: 200, operationTimeoutMs: 20_000 }, { syncReads: false })
      const unlock = await lock(t, user)
      const waiting = rename(adapter, user)
      await eventually("the update has the only connection", () =>
        adapter.getUser(user.id).then(() => false, failure("ERR_TIMEOUT", { method: "getUser" })),
      )
      const crowd = await Promise.allSettled(Array.from({ length: 20 }, () => adapter.getUserByEmail(user.email)))
      for (const { reason } of crowd) failure("ERR_TIMEOUT", { method: "getUserByEmail" })(reason)
      await assert.rejects(adapter.getUser(user.id), /200 ms/)
      await unlock()
      const renamed = { ...user, name: "renamed" }
      assert.deepEqual(await waiting, renamed)
      assert.deepEqual(
        await Promise.all(Array.from({ length: 20 }, () => adapter.getUser(user.id))),
        Array(20).fill(renamed),
      )
    })

    test("a slow operation is ERR_TIMEOUT after operationTimeoutMs", { timeout }, async (t) => {
      const user = await lane.user()
      const adapter = await open(t, { max: 3, operationTimeoutMs: 300 })
      const unlock = await lock(t, user)
      await assert.rejects(rename(adapter, user), failure("ERR_TIMEOUT", { method: "updateUser" }))
      await assert.rejects(adapter.deleteUser(user.id), failure("ERR_TIMEOUT", { method: "deleteUser" }))
      await assert.rejects(rename(adapter, user), failure("ERR_TIMEOUT", { method: "updateUser" }))
      // What needs no lock is answered meanwhile.
      assert.deepEqual(await adapter.getUser(user.id), user)
      await unlock()
      const another = newUser()
      await eventually("the adapter writes again", () =>
        adapter.createUser(another).then(
          () => true,
          (error) => failure("ERR_TIMEOUT")(error) && false,
        ),
      )
    })

    test("a deletion that ran out of time deletes nothing", { timeout }, async (t) => {
      const user = await lane.user()
      await lane.adapter.createSession({ sessionToken: user.id, userId: user.id, expires: new Date() })
      const adapter = await open(t, { max: 2, operationTimeoutMs: 250 })
      const unlock = await lock(t, user)
      await assert.rejects(adapter.deleteUser(user.id), failure("ERR_TIMEOUT"))
      // PostgreSQL has the deletion as one statement, and ends it by a limit of its own: a busy one a moment later than its caller.
      if (database.name === "postgres")
        await eventually("the server has given up, too", async () => {
          const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
          return (await lane.rows(waiting)).length === 0
        })
      await unlock()
      await eventually("the lock of the abandoned deletion is gone", () =>
        rename(lane.adapter, user).then(
          () => true,
          () => false,
        ),
      )
      const [users, sessions] = [
        await lane.storedWhere("user", { id: user.id }),
        await lane.storedWhere("session", { userId: user.id }),
      ]
      assert.deepEqual([users.length, sessions.length], [1, 1])
    })

    if (!sqlite) {
      test("abandoned operations leave no connections behind", { timeout }, async (t) => {
        const user = await lane.user()
        const before = await connectionCount(lane)
        const adapter = await open(t, { max: 3, operationTimeoutMs: 300, acquireTimeoutMs: 200 })
        const unlock = await lock(t, user)
        for (let round = 0; round < 4; round++) {
          const results = await Promise.allSettled(Array.from({ length: 6 }, () => rename(adapter, user)))
          for (const { reason } of results) failure("ERR_TIMEOUT")(reason)
        }
        await unlock()
        await eventually(
          "at most the pool's connections are left",
          async () => (await connectionCount(lane)) <= before + 3,
        )
        assert.deepEqual((await adapter.getUser(user.id))?.id, user.id)
      })

      test("an abandoned operation is stopped on the server, not only here", { timeout }, async (t) => {
        const user = await lane.user()
        const before = await connectionCount(lane)
        const adapter = await open(t, { max: 3, operationTimeoutMs: 300 })
        const unlock = await lock(t, user)
        for (let round = 0; round < 6; round++) await assert.rejects(rename(adapter, user), failure("ERR_TIMEOUT"))
        // Else a server that is slow would get more and more to do.
        await eventually(
          "the server has let go while the lock is still held",
          async () => (await connectionCount(lane)) <= before + 3,
        )
        await unlock()
      })
    }
  })
}
