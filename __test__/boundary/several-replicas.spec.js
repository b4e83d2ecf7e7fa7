// Replicas, when something else goes wrong: several of which one lags and one is dead, a primary whose connections are all in use, a
// replica that comes back with less than it had, one that follows another timeline.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { newAccount, newSession, newUser } from "../contract/rows.js"
import { databases, enabled } from "../databases.js"
import { watch } from "./in-time.js"
import { startMySqlPair, startPostgresPair } from "../servers/pair.js"
import { freePort } from "../servers/port.js"
import { startProxy } from "../servers/proxy.js"
import { startTurns } from "../servers/turns.js"
import { eventually, replicasAnswer } from "./program.js"

const timeout = 300_000
const LONG = 30_000

/** Looks for the user until the adapter reads its replicas, which have caught up. */
const warm = async (adapter, { id }) => {
  for (let turn = 0; turn < 8; turn++) {
    await adapter.getUser(id)
    await sleep(200)
  }
  // On a busy machine it takes longer.
  await replicasAnswer(adapter, () => adapter.getUser(id))
}

for (const { name, flavour } of databases.filter(({ name }) => name !== "sqlite")) {
  const start = () => (name === "postgres" ? startPostgresPair() : startMySqlPair(flavour))

  describe(`replicas of ${flavour ?? name} beside what fails`, () => {
    /** `other` stands for another process, which writes by the primary. */
    let pair, second, other
    before(async () => {
      pair = await start()
      other = RustAdapter(pair.to(pair.writer), { migrate: true, pool: { max: 5 } })
      await other.getUser("nobody")
      second = await pair.another()
    })
    after(async () => {
      await other?.close()
      await pair?.stop()
    })

    const open = (t, replicas, options, writer = pair.to(pair.writer)) => {
      const adapter = RustAdapter(writer, { maxStalenessMs: LONG, sessionsFromReplicas: true, replicas, ...options })
      t.after(() => adapter.close())
      return adapter
    }
    const person = async () => {
      const user = await other.createUser(newUser({ name: "before" }))
      await other.linkAccount(newAccount(user.id))
      return { user, session: await other.createSession(newSession(user.id)) }
    }
    const paused = async (t, server) => {
      await pair.pause(server)
      t.after(() => pair.resume(server))
    }
    const caughtUp = () => Promise.all([pair.catchUp(), pair.catchUp(second)])

    test("one lags, one is dead, one is well: that one answers", { timeout }, async (t) => {
      const maxStalenessMs = 1000
      const proxies = [await startTurns(pair.to(pair.writer)), await startTurns(pair.to(second))]
      t.after(() => proxies.forEach((proxy) => proxy.stop()))
      const [atWriter, atWell] = proxies
      const dead = pair.to({ port: await freePort() })
      const urls = [pair.to(pair.follower), dead, atWell.through(pair.to(second))]
      const adapter = open(t, urls, { maxStalenessMs }, atWriter.through(pair.to(pair.writer)))
      const { user, session } = await person()
      await caughtUp()
      await warm(adapter, user)
      await paused(t, pair.follower)
      // Until then, what the one that lags has is fresh enough.
      await sleep(maxStalenessMs + 100)
      for (const proxy of proxies) proxy.take()
      const written = [{ name: "before", at: Number.NEGATIVE_INFINITY }]
      const late = watch()
      let [calls, longest] = [0, 0]
      for (const end = performance.now() + 4 * maxStalenessMs; performance.now() < end; calls += 2) {
        if (calls % 50 === 0) {
          const next = `${calls}`
          await other.updateUser({ id: user.id, name: next })
          written.push({ name: next, at: performance.now() })
        }
        const asked = performance.now()
        const [found, signedIn] = await Promise.all([
          adapter.getUser(user.id),
          adapter.getSessionAndUser(session.sessionToken),
        ])
        longest = Math.max(longest, performance.now() - asked)
        // What was replaced so long ago may not be answered any more.
        const old = written.filter((_, index) => written[index + 1]?.at < asked - maxStalenessMs)
        for (const { name } of [found, signedIn.user])
          assert.ok(!old.some((each) => each.name === name), `"${name}" is too old`)
      }
      assert.ok(longest < 1000 + late(), `a call took ${longest} ms`)
      const [writer, well] = proxies.map((proxy) => proxy.take().turns)
      assert.ok(well > calls / 2 && writer < calls / 4, `${calls} calls, ${writer} turns to the primary, ${well} to it`)
    })

    test("while all connections to the primary are in use, replicas answer, and stay fresh", { timeout }, async (t) => {
      const maxStalenessMs = 2000
      const adapter = open(t, [pair.to(pair.follower)], { maxStalenessMs, pool: { max: 2 } })
      const [someone, ...others] = [await person(), await person(), await person()]
      await caughtUp()
      await warm(adapter, someone.user)
      const unlock = await lock(others.map(({ user }) => user.id))
      const writes = others.map(({ user }) => adapter.updateUser({ id: user.id, name: "written" }))
      await eventually("all connections are in use", () => {
        const { open, idle } = adapter.stats().connections
        return open === 2 && idle === 0
      })
      await sleep(100)
      const late = watch()
      const [longest, names] = [[], new Set()]
      try {
        // Until then nothing commits: PostgreSQL keeps back what the open transactions have written.
        const change = performance.now() + 2 * maxStalenessMs
        for (const end = change + maxStalenessMs + 100; performance.now() < end; await sleep(5)) {
          if (performance.now() > change && !names.has("after"))
            await other.updateUser({ id: someone.user.id, name: "after" })
          const asked = performance.now()
          names.add((await adapter.getUser(someone.user.id)).name)
          longest.push(performance.now() - asked)
        }
        const all = adapter.stats().connections
        assert.deepEqual([all.open, all.idle], [2, 0], "all are in use")
      } finally {
        await unlock()
      }
      for (const { name } of await Promise.all(writes)) assert.equal(name, "written")
      assert.ok(Math.max(...longest) < 500 + late(), `one of ${longest.length} calls took ${Math.max(...longest)} ms`)
      assert.deepEqual([...names], ["before", "after"])
    })

    /** Has another client hold the rows of users; resolves to what lets go of them. */
    const lock = async (ids) => {
      // One by one: of a list, MySQL may lock all rows.
      const statements = ids.map(
        (id) => `SELECT 1 FROM ${name === "postgres" ? '"user"' : "user"} WHERE id = '${id}' FOR UPDATE`,
      )
      const client =
        name === "postgres" ? new pg.Client(pair.to(pair.writer)) : await mysql.createConnection(pair.to(pair.writer))
      await client.connect()
      for (const statement of ["BEGIN", ...statements]) await client.query(statement)
      return () => client.end()
    }

    test("one that comes back with less than it had answers nothing of what it lacks", { timeout }, async (t) => {
      // What was restarted between two looks is, to its clients, a server by the same name whose connections have broken once.
      const proxy = await startProxy(pair.to(pair.follower))
      t.after(() => proxy.stop())
      // Each look-up opens a connection, so that none finds one broken, which would tell of the restart.
      const adapter = open(t, [proxy.url], { pool: { maxLifetimeMs: 1 } })
      const [theirs, mine] = [await person(), await person()]
      await caughtUp()
      await paused(t, second)
      await other.updateUser({ id: theirs.user.id, name: "after" })
      await adapter.updateUser({ id: mine.user.id, name: "after" })
      await pair.catchUp()
      await warm(adapter, theirs.user)
      // It is read by then, not the primary.
      await paused(t, pair.follower)
      await other.updateUser({ id: theirs.user.id, name: "later" })
      assert.equal((await adapter.getUser(theirs.user.id)).name, "after")
      proxy.lead(pair.to(second))
      for (let turn = 0; turn < 20; turn++) {
        const answers = await Promise.all([
          adapter.getUser(theirs.user.id),
          adapter.getUser(mine.user.id),
          adapter.getSessionAndUser(theirs.session.sessionToken).then((found) => found.user),
          adapter.getUserByEmail(mine.user.email),
        ])
        assert.ok(!answers.some(({ name }) => name === "before"), `${answers.map(({ name }) => name)}`)
        await sleep(20)
      }
    })
  })
}

if (enabled("postgres"))
  describe("standbys after a failover", () => {
    test("one that is ahead on the old timeline is not read, one that follows the new one is", {
      timeout,
    }, async (t) => {
      const pair = await startPostgresPair()
      t.after(() => pair.stop())
      const old = RustAdapter(pair.to(pair.writer), { migrate: true })
      t.after(() => old.close())
      const user = await old.createUser(newUser({ name: "before" }))
      const [ahead, loyal] = [await pair.another(), await pair.another()]
      for (const server of [pair.follower, ahead, loyal]) await pair.catchUp(server)
      for (const server of [pair.follower, loyal]) await pair.lead(server)
      // What only the one has that is ahead is lost with the primary.
      await old.updateUser({ id: user.id, name: "lost" })
      for (let turn = 0; turn < 300; turn++) await old.createUser(newUser())
      await pair.catchUp(ahead)
      await pair.writer.kill()
      await pair.open()

      const warnings = []
      const hear = (warning) => warning.code === "RUST_ADAPTER_REPLICA_UNUSED" && warnings.push(warning.message)
      process.on("warning", hear)
      t.after(() => process.off("warning", hear))
      const open = (server) => {
        const options = { replicas: [pair.to(server)], maxStalenessMs: LONG }
        const adapter = RustAdapter(pair.to(pair.follower), options)
        t.after(() => adapter.close())
        return adapter
      }
      const stranger = open(ahead)
      for (let turn = 0; turn < 20; turn++) {
        assert.equal((await stranger.getUser(user.id)).name, "before")
        await sleep(50)
      }
      assert.ok((await pair.place(ahead)) > (await pair.place(pair.follower)), "it is ahead")
      await eventually("a warning", () => warnings.length > 0)
      assert.match(warnings.join(), /a replica is not read: it does not say that it follows the primary's timeline/)

      await pair.lead(loyal, pair.follower)
      const adapter = open(loyal)
      await warm(adapter, user)
      await pair.pause(loyal)
      await stranger.updateUser({ id: user.id, name: "after" })
      assert.equal((await adapter.getUser(user.id)).name, "before", "it is read")
    })
  })
