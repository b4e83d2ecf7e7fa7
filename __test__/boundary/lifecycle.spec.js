// When a process may end, and what closing does.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { connectionCount, connectionIds } from "./connections.js"
import { eventually, runProgram, startProgram } from "./program.js"
import { lockSqlite } from "./sqlite-lock.js"

const timeout = 60_000
/** How a program ends that has nothing more to do. */
const wellEnded = { code: 0, signal: null, late: false, stderr: "" }

for (const database of databases) {
  describe(`the process of an adapter on ${database.name}`, () => {
    const lane = openLane(database)
    const run = (text, given) => runProgram(text, { url: lane.database.url, ...given })

    const lock = async (t, user) => {
      if (database.name === "sqlite") return lockSqlite(t, lane.database.path)
      await lane.rows("BEGIN")
      await lane.rows(`SELECT * FROM "user" WHERE "id" = ? FOR UPDATE`, user.id)
      return () => lane.rows("ROLLBACK")
    }

    test("ends by itself after work, and after none", { timeout }, async () => {
      const worked = await run(`
        const { createUser, getUser, deleteUser } = RustAdapter(url)
        const { id } = await createUser({ email: "program" })
        await Promise.all(Array.from({ length: 20 }, () => getUser(id)))
        console.log((await deleteUser(id)).email)
      `)
      assert.deepEqual(worked, { ...wellEnded, stdout: "program\n" })
      assert.deepEqual(await run(`RustAdapter(url)`), { ...wellEnded, stdout: "" })
    })

    test("ends by itself after failures", { timeout }, async () => {
      const ended = await run(`
        const { getUser, updateUser } = RustAdapter(url)
        await updateUser({ id: "nobody" }).catch((error) => console.log(error.code))
        await RustAdapter("postgres://127.0.0.1:1/d").getUser("x").catch((error) => console.log(error.code))
        await RustAdapter().getUser("x").catch((error) => console.log(error.code))
      `)
      assert.deepEqual(ended, { ...wellEnded, stdout: "ERR_NOT_FOUND\nERR_CONNECT\nERR_CONFIG\n" })
    })

    test("is kept alive by a pending call, until it has settled", { timeout }, async (t) => {
      const user = await lane.user()
      const unlock = await lock(t, user)
      const program = startProgram(
        `
        const { updateUser } = RustAdapter(url)
        updateUser({ id: given.id, name: "settled" }).then(({ name }) => console.log(name))
        console.log("waiting")
      `,
        { url: lane.database.url, id: user.id },
      )
      await program.said("waiting")
      const ended = await Promise.race([program.ended, new Promise((resolve) => setTimeout(resolve, 500, "alive"))])
      assert.equal(ended, "alive")
      await unlock()
      assert.deepEqual(await program.ended, { ...wellEnded, stdout: "waiting\nsettled\n" })
    })

    test("may exit at any moment with queries in flight", { timeout }, async () => {
      for (const delay of [0, 1, 3, 10, 30, 60]) {
        const ended = await run(
          `
          const { getUser, createUser } = RustAdapter(url)
          if (given.delay % 2) await getUser("x")
          for (let i = 0; i < 200; i++) (i % 2 ? getUser("x") : createUser({})).catch(() => {})
          setTimeout(() => process.exit(7), given.delay)
        `,
          { delay },
        )
        assert.deepEqual(ended, { ...wellEnded, code: 7, stdout: "" }, `after ${delay} ms`)
      }
    })

    test("may die of an uncaught error with queries in flight", { timeout }, async () => {
      const ended = await run(`
        const { getUser } = RustAdapter(url)
        await getUser("x")
        for (let i = 0; i < 100; i++) getUser("x")
        setTimeout(() => { throw new Error("uncaught on purpose") }, 1)
      `)
      assert.deepEqual([ended.code, ended.signal, ended.late], [1, null, false])
      assert.match(ended.stderr, /uncaught on purpose/)
    })

    test("hears of an unhandled rejection like of any other", { timeout }, async () => {
      const ended = await run(`RustAdapter(url).updateUser({ id: "nobody" }); await sleep(20_000)`)
      assert.equal(ended.code, 1)
      assert.match(ended.stderr, /RustAdapterError[^]*ERR_NOT_FOUND/)
    })

    test("close() waits for the calls in flight; later ones are ERR_CLOSED", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 2 } })
      const users = Array.from({ length: 50 }, () => newUser())
      const created = users.map((user) => adapter.createUser(user))
      let settled = 0
      for (const promise of created) promise.then(() => settled++)
      const closed = adapter.close()
      await assert.rejects(adapter.getUser("x"), failure("ERR_CLOSED", { method: "getUser" }))
      assert.equal(await closed, undefined)
      assert.equal(settled, 50)
      assert.deepEqual(await Promise.all(created), users)
      for (const method of Object.keys(adapter))
        await assert.rejects(adapter[method]({ id: "x" }), failure("ERR_CLOSED", { method }))
      assert.equal((await lane.storedWhere("user", { id: users[49].id })).length, 1)
    })

    test("close() is idempotent, and needs no call before it", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 2 } })
      await adapter.getUser("x")
      assert.deepEqual(await Promise.all([adapter.close(), adapter.close()]), [undefined, undefined])
      assert.equal(await adapter.close(), undefined)
      for (const unused of [RustAdapter(lane.database.url), RustAdapter("nonsense"), RustAdapter()]) {
        assert.equal(await unused.close(), undefined)
        assert.equal(await unused.close(), undefined)
        await assert.rejects(unused.getUser("x"), failure("ERR_CLOSED"))
      }
    })

    test("close() leaves other adapters on the same URL alone, and a new one works", { timeout }, async () => {
      const options = { pool: { max: 3 } }
      const [one, two] = [RustAdapter(lane.database.url, options), RustAdapter(lane.database.url, options)]
      const user = await one.createUser(newUser())
      const pending = Array.from({ length: 20 }, () => two.getUser(user.id))
      await one.close()
      assert.deepEqual(await Promise.all(pending), Array(20).fill(user))
      assert.deepEqual(await two.getUser(user.id), user)
      await two.close()
      await assert.rejects(two.getUser(user.id), failure("ERR_CLOSED"))
      const three = RustAdapter(lane.database.url, options)
      assert.deepEqual(await three.getUser(user.id), user)
      await three.close()
    })

    test("a spread copy is closed with its adapter", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url)
      const copy = { ...adapter }
      await adapter.close()
      await assert.rejects(copy.getUser("x"), failure("ERR_CLOSED"))
    })

    test("Symbol.asyncDispose closes, as `await using` does", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 2 } })
      const pending = adapter.getUser("x")
      assert.equal(await adapter[Symbol.asyncDispose](), undefined)
      assert.equal(await pending, null)
      await assert.rejects(adapter.getUser("x"), failure("ERR_CLOSED"))
      const stack = await runProgram(
        `
        const adapter = RustAdapter(url)
        const dispose = adapter[Symbol.asyncDispose]
        await Promise.all([adapter.getUser("x"), dispose(), dispose()])
        console.log("disposed")
      `,
        { url: lane.database.url },
      )
      assert.deepEqual(stack, { ...wellEnded, stdout: "disposed\n" })
    })

    if (database.name !== "sqlite") {
      test("close() closes the connections", { timeout }, async () => {
        // Those of programs that have ended may only be about to go.
        const before = new Set(await connectionIds(lane))
        const own = async () => (await connectionIds(lane)).filter((id) => !before.has(id)).length
        const adapter = RustAdapter(lane.database.url, { pool: { max: 4 } })
        await Promise.all(Array.from({ length: 40 }, () => adapter.getUser("x")))
        assert.ok((await own()) > 0)
        await adapter.close()
        await eventually("the connections are gone", async () => (await own()) === 0)
      })

      test("the connections of adapters that are collected are closed", { timeout }, async (t) => {
        const fresh = await database.create()
        t.after(fresh.close)
        const program = startProgram(
          `
          const work = async () => {
            const adapter = RustAdapter(url, { migrate: true, pool: { max: 5 } })
            await Promise.all(Array.from({ length: 20 }, () => adapter.getUser("x")))
          }
          await work()
          console.log("worked")
          setInterval(() => globalThis.gc(), 20)
          process.stdin.resume().once("end", () => process.exit())
        `,
          { flags: ["--expose-gc"], url: fresh.url },
        )
        t.after(() => program.child.stdin.end())
        await program.said("worked")
        await eventually(
          "the server sees no connection",
          async () => (await connectionCount({ ...lane, rows: fresh.rows })) === 0,
        )
      })

      test("pending calls survive the collection of their adapter", { timeout }, async () => {
        const ended = await run(
          `
          const start = () => RustAdapter(url, { pool: { max: 1 } }).createUser({ email: given.email })
          const pending = Array.from({ length: 5 }, (_, i) => RustAdapter(url, { pool: { max: 1 + i } }).getUser("x"))
          const user = start()
          for (let i = 0; i < 20; i++) { globalThis.gc(); await sleep(1) }
          await Promise.all(pending)
          console.log((await user).email)
        `,
          { flags: ["--expose-gc"], email: "collected@example.com" },
        )
        assert.deepEqual(ended, { ...wellEnded, stdout: "collected@example.com\n" })
      })
    }
  })
}
