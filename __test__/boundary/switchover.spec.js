// A writer and a server that follows it: which is found, what happens when they change places, and what a server that turns
// read-only is asked for.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startMySqlPair, startPostgresPair } from "../servers/pair.js"

const timeout = 120_000
const later = () => new Date(Date.now() + 5e8)

/** 32 callers that write and read until `over()`; each failed call, with the time at which it failed. */
function callers(adapter, over) {
  const seen = { calls: 0, failed: [], doubtful: 0 }
  const count = async (name, call) => {
    seen.calls++
    try {
      return await call()
    } catch (error) {
      if (error.mayHaveTakenEffect) seen.doubtful++
      else seen.failed.push({ at: performance.now(), name, error: `${error.stack} ${error.cause?.message}` })
    }
  }
  const all = Array.from({ length: 32 }, async () => {
    while (!over()) {
      const user = await count("createUser", () => adapter.createUser(newUser()))
      if (!user) continue
      const { sessionToken } = (await count("createSession", () => adapter.createSession(newSession(user.id)))) ?? {}
      if (!sessionToken) continue
      const found = await count("getSessionAndUser", () => adapter.getSessionAndUser(sessionToken))
      if (found) assert.equal(found.user.id, user.id)
      await count("updateSession", () => adapter.updateSession({ sessionToken, expires: later() }))
      await count("deleteSession", () => adapter.deleteSession(sessionToken))
      await count("deleteUser", () => adapter.deleteUser(user.id))
    }
  })
  return { seen, ended: Promise.all(all) }
}

for (const { name, flavour } of databases.filter(({ name }) => name !== "sqlite")) {
  const start = () => (name === "postgres" ? startPostgresPair() : startMySqlPair(flavour))

  describe(`two servers of ${flavour ?? name}`, () => {
    let pair, readers
    before(async () => (pair = await start()))
    after(async () => {
      await readers?.close()
      await pair?.stop()
    })
    const open = (t, url, pool) => {
      const adapter = RustAdapter(url, { migrate: true, pool })
      t.after(() => adapter.close())
      return adapter
    }

    test("the writer is found wherever it stands in the list", { timeout }, async (t) => {
      for (const first of ["writer", "follower"])
        for (const parameters of ["", "?target_session_attrs=read-write", "?target_session_attrs=primary"]) {
          const adapter = open(t, pair.url(first, parameters))
          const user = newUser()
          assert.deepEqual(await adapter.createUser(user), user, `${first} first, ${parameters}`)
        }
    })

    test("each other value of target_session_attrs takes the servers that libpq takes", { timeout }, async (t) => {
      const user = await open(t, pair.url()).createUser(newUser())
      const only = (server) => pair.url(server).replace(/,[^/]+/, "")
      for (const [url, taken] of [
        [pair.url("writer", "?target_session_attrs=read-only"), "follower"],
        [pair.url("writer", "?target_session_attrs=standby"), "follower"],
        [pair.url("writer", "?target_session_attrs=prefer-standby"), "follower"],
        [pair.url("writer", "?target_session_attrs=any"), "writer"],
        [pair.url("follower", "?target_session_attrs=any"), "follower"],
        [`${only("writer")}?target_session_attrs=prefer-standby`, "writer"],
        [`${only("writer")}?target_session_attrs=standby`, "none"],
        [`${only("writer")}?target_session_attrs=read-only`, "none"],
        [`${only("follower")}?target_session_attrs=primary`, "none"],
        [`${only("follower")}?target_session_attrs=read-write`, "none"],
      ]) {
        const adapter = RustAdapter(url)
        t.after(() => adapter.close())
        const outcome = async () => {
          const [error] = await Promise.allSettled([adapter.updateUser({ id: user.id, name: "renamed" })])
          if (!error.reason) return "writer"
          if (error.reason.code === "ERR_CONNECT") return "none"
          failure("ERR_READ_ONLY")(error.reason)
          assert.equal((await adapter.getUser(user.id)).id, user.id)
          return "follower"
        }
        assert.equal(await outcome(), taken, url.replace(/.*@/, ""))
      }
    })

    test("if both only read, ERR_CONNECT names each with its reason", { timeout }, async (t) => {
      const url = pair.url("follower").replace(/,[^/]+/, "")
      const place = new URL(url).host
      const adapter = RustAdapter(url.replace(place, `${place},${place}`))
      t.after(() => adapter.close())
      await assert.rejects(adapter.createUser(newUser()), (error) => {
        failure("ERR_CONNECT", { message: /that writes\b/ })(error)
        const reasons = error.cause.message.split("; ")
        assert.equal(reasons.length, 2)
        for (const reason of reasons)
          assert.match(reason, new RegExp(`^${place}: it (is a standby, which )?only reads$`))
        return true
      })
    })

    test("the writer turns read-only under 32 callers and lives on: no call fails", { timeout }, async (t) => {
      const adapter = open(t, pair.url(), { max: 10 })
      readers = RustAdapter(pair.url(), { pool: { max: 4 } })
      const known = await adapter.createUser(newUser())
      assert.deepEqual(await readers.getUser(known.id), known)
      let over = false
      const { seen, ended } = callers(adapter, () => over)
      // Some of its connections are new.
      await sleep(300)
      await pair.closeWriter()
      await pair.open()
      const accepted = performance.now()
      await sleep(4000)
      over = true
      await ended
      const late = seen.failed.filter(({ at }) => at > accepted + 1000)
      assert.deepEqual([seen.failed, late, seen.doubtful], [[], [], 0])
      assert.ok(seen.calls > 300, `${seen.calls}`)
    })

    test("an adapter that has only read meanwhile reads from the new writer, too", { timeout }, async (t) => {
      await sleep(5100)
      const fresh = await open(t, pair.url()).createUser(newUser())
      assert.deepEqual(await readers.getUser(fresh.id), fresh)
    })

    if (name === "postgres")
      test("the old writer restarts as the one that follows, and neither start nor calls go astray", {
        timeout,
      }, async (t) => {
        const adapter = open(t, pair.url())
        let over = false
        const { seen, ended } = callers(adapter, () => over)
        await pair.writer.end("SIGINT")
        await sleep(500)
        await pair.follow()
        await sleep(1000)
        over = true
        await ended
        assert.deepEqual(seen.failed, [])
        for (const first of ["writer", "follower"]) {
          const user = newUser()
          assert.deepEqual(await open(t, pair.url(first, "?connection_limit=2")).createUser(user), user)
        }
      })
  })
}
