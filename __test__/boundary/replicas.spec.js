// Replicas: which look-ups they answer, how old an answer may be, and what happens when they fail.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newAuthenticator, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startMySqlPair, startPostgresPair } from "../servers/pair.js"
import { startTurns } from "../servers/turns.js"
import { eventually, replicasAnswer } from "./program.js"

const timeout = 300_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

/** Long enough that nothing gets too old in a test. */
const LONG = 30_000

for (const { name, flavour } of databases.filter(({ name }) => name !== "sqlite")) {
  const start = () => (name === "postgres" ? startPostgresPair() : startMySqlPair(flavour))

  describe(`a replica of ${flavour ?? name}`, () => {
    /** `other` stands for another process, which writes by the primary. */
    let pair, other
    const only = (server) => pair.url(server).replace(/,[^/]+/, "")
    before(async () => {
      pair = await start()
      other = RustAdapter(only("writer"), { migrate: true, pool: { max: 5 } })
    })
    after(async () => {
      await other?.close()
      await pair?.stop()
    })

    const open = (t, options, { writer = only("writer"), follower = only("follower") } = {}) => {
      const adapter = RustAdapter(writer, { maxStalenessMs: LONG, replicas: [follower], ...options })
      t.after(() => adapter.close())
      return adapter
    }

    /** A user with all that a user has. */
    const person = async () => {
      const user = await other.createUser(newUser({ name: "before" }))
      const account = newAccount(user.id)
      await other.linkAccount(account)
      const authenticator = await other.createAuthenticator(newAuthenticator(user.id))
      const session = await other.createSession(newSession(user.id))
      return { user, account, authenticator, session }
    }

    /** Changes rows of a person at the primary, as another process does. */
    const change = async ({ user, account, authenticator }) => {
      await other.updateUser({ id: user.id, name: "after" })
      await other.updateAuthenticatorCounter(authenticator.credentialID, 77)
      const key = name === "postgres" ? '"providerAccountId"' : "providerAccountId"
      const set = "scope = 'after', access_token = 'after', expires_at = 2000000000"
      await run("writer", `UPDATE account SET ${set} WHERE ${key} = '${account.providerAccountId}'`)
    }

    const run = async (server, sql) => {
      const { href } = Object.assign(new URL(pair[server].url), { pathname: new URL(only("writer")).pathname })
      if (name === "postgres") {
        const client = new pg.Client(href)
        await client.connect()
        await client.query(sql).finally(() => client.end())
      } else {
        const client = await mysql.createConnection(href)
        await client.query(sql).finally(() => client.end())
      }
    }

    /** Resolves when the adapter reads the replica, and knows it to have all that was written by now. */
    const warm = async (adapter, id) => {
      await pair.catchUp()
      for (let turn = 0; turn < 8; turn++) {
        await adapter.getUser(id)
        await sleep(200)
      }
      // On a busy machine it takes longer.
      await replicasAnswer(adapter, () => adapter.getUser(id))
    }

    /** Each look-up that a replica may answer: what of its answer tells whether it is from before the change. */
    const lookUps = {
      getUser: async (adapter, { user }) => (await adapter.getUser(user.id)).name,
      getUserByEmail: async (adapter, { user }) => (await adapter.getUserByEmail(user.email)).name,
      getUserByAccount: async (adapter, { account }) => (await adapter.getUserByAccount(account)).name,
      getAccount: async (adapter, { account }) =>
        (await adapter.getAccount(account.providerAccountId, account.provider)).scope,
      getAuthenticator: async (adapter, { authenticator }) =>
        (await adapter.getAuthenticator(authenticator.credentialID)).counter,
      listAuthenticatorsByUserId: async (adapter, { user }) =>
        (await adapter.listAuthenticatorsByUserId(user.id))[0].counter,
      listAccounts: async (adapter, { user }) => (await adapter.listAccounts(user.id))[0].scope,
      getSessionAndUser: async (adapter, { session }) =>
        (await adapter.getSessionAndUser(session.sessionToken)).user.name,
      listSessions: async (adapter, { user }) => (await adapter.listSessions(user.id)).length,
    }

    /** Which look-ups see the change. */
    const seeing = async (adapter, someone) => {
      const seen = []
      for (const [method, look] of Object.entries(lookUps)) {
        const answer = await look(adapter, someone)
        const [old, changed] = { string: ["before", "after"], number: [someone.authenticator.counter, 77] }[
          typeof answer
        ]
        if (method === "listSessions" ? answer === 2 : answer === changed) seen.push(method)
        else if (method !== "listSessions")
          assert.ok(answer === old || answer === someone.account.scope, `${method}: ${answer}`)
      }
      return seen
    }

    const paused = async (t) => {
      await pair.pause()
      t.after(() => pair.resume())
    }

    for (const sessionsFromReplicas of [false, true])
      test(`answers look-ups, sessions ${sessionsFromReplicas ? "too" : "not"}`, { timeout }, async (t) => {
        const adapter = open(t, { sessionsFromReplicas })
        const someone = await person()
        await warm(adapter, someone.user.id)
        await paused(t)
        await change(someone)
        await other.createSession(newSession(someone.user.id))
        const seen = await seeing(adapter, someone)
        assert.deepEqual(seen, sessionsFromReplicas ? [] : ["getSessionAndUser", "listSessions"])
        // Tokens, and what a write follows from, are asked of the primary.
        assert.equal(await adapter.getAccessToken(someone.user.id, "github", () => assert.fail()), "after")
      })

    test("look-ups share queries there, and none goes to the primary", { timeout }, async (t) => {
      const [writer, follower] = [await startTurns(only("writer")), await startTurns(only("follower"))]
      t.after(() => Promise.all([writer.stop(), follower.stop()]))
      const adapter = open(
        t,
        { sessionsFromReplicas: true },
        { writer: writer.through(only("writer")), follower: follower.through(only("follower")) },
      )
      const people = []
      for (let index = 0; index < 50; index++) people.push(await person())
      await warm(adapter, people[0].user.id)
      writer.take()
      follower.take()
      const asked = times(400, (index) => people[index % people.length])
      const answers = await Promise.all(asked.map(({ session }) => adapter.getSessionAndUser(session.sessionToken)))
      const [atWriter, atFollower] = [writer.take(), follower.take()]
      assert.deepEqual(
        answers,
        asked.map(({ session, user }) => ({ session, user })),
      )
      assert.ok(atFollower.turns > 0 && atFollower.turns < 100, `${atFollower.turns} turns to the replica`)
      assert.ok(atWriter.turns <= 4, `${atWriter.turns} turns to the primary`)
    })

    test("what this process has written it sees at once", { timeout }, async (t) => {
      const adapter = open(t, { sessionsFromReplicas: true })
      const [someone, bystander] = [await person(), await person()]
      await warm(adapter, someone.user.id)
      await paused(t)
      await change(bystander)
      const { user, account, session } = someone
      const byReplica = async () => assert.deepEqual(await seeing(adapter, bystander), [])

      const email = newUser().email
      assert.equal((await adapter.updateUser({ id: user.id, email, name: "mine" })).email, email)
      for (const look of [
        adapter.getUser(user.id),
        adapter.getUserByEmail(email),
        adapter.getUserByAccount(account),
        adapter.getSessionAndUser(session.sessionToken).then((found) => found.user),
      ])
        assert.equal((await look)?.name, "mine")
      assert.equal(await adapter.getUserByEmail(user.email), null)

      const made = await adapter.createUser(newUser())
      assert.deepEqual(await adapter.getUser(made.id), made)
      assert.deepEqual(await adapter.getUserByEmail(made.email), made)
      const link = newAccount(made.id)
      assert.deepEqual(await adapter.listAccounts(made.id), [])
      await adapter.linkAccount(link)
      assert.equal((await adapter.listAccounts(made.id)).length, 1)
      assert.deepEqual(await adapter.getUserByAccount(link), made)

      const second = await adapter.createSession(newSession(user.id))
      assert.equal((await adapter.listSessions(user.id)).length, 2)
      await adapter.deleteSession(second.sessionToken)
      assert.equal(await adapter.getSessionAndUser(second.sessionToken), null)
      const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + 5e8)
      await adapter.updateSession({ sessionToken: session.sessionToken, expires })
      assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).session.expires, expires)
      await adapter.revokeAllSessions(user.id)
      assert.equal(await adapter.getSessionAndUser(session.sessionToken), null)
      assert.deepEqual(await adapter.listSessions(user.id), [])

      await adapter.updateAuthenticatorCounter(someone.authenticator.credentialID, 5)
      assert.equal((await adapter.getAuthenticator(someone.authenticator.credentialID)).counter, 5)
      assert.equal((await adapter.listAuthenticatorsByUserId(user.id))[0].counter, 5)
      await adapter.unlinkAccount(account)
      assert.equal(await adapter.getUserByAccount(account), null)
      assert.equal(await adapter.getAccount(account.providerAccountId, account.provider), null)
      assert.deepEqual(await adapter.listAccounts(user.id), [])
      // All of that was about others.
      await byReplica()

      // With a user go rows that nothing names: each look-up goes to the primary until the replica has done it too.
      await adapter.deleteUser(user.id)
      assert.equal(await adapter.getUser(user.id), null)
      assert.equal(await adapter.getAuthenticator(someone.authenticator.credentialID), null)
      assert.equal((await seeing(adapter, bystander)).length, Object.keys(lookUps).length - 1)
      await pair.resume()
      await warm(adapter, bystander.user.id)
      await pair.pause()
      await other.updateUser({ id: bystander.user.id, name: "later" })
      assert.equal((await adapter.getUser(bystander.user.id)).name, "after")
    })

    test("what a replica does not find is asked of the primary", { timeout }, async (t) => {
      const adapter = open(t, { sessionsFromReplicas: true })
      const someone = await person()
      const lonely = await other.createUser(newUser())
      await warm(adapter, someone.user.id)
      await paused(t)
      const { user, account, authenticator, session } = await person()
      await other.linkAccount(newAccount(lonely.id))
      assert.equal((await adapter.getUser(user.id)).id, user.id)
      assert.equal((await adapter.getUserByEmail(user.email)).id, user.id)
      assert.equal((await adapter.getUserByAccount(account)).id, user.id)
      assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.id, user.id)
      assert.equal((await adapter.getAccount(account.providerAccountId, account.provider)).userId, user.id)
      assert.equal((await adapter.getAuthenticator(authenticator.credentialID)).userId, user.id)
      assert.equal((await adapter.listAccounts(lonely.id)).length, 1)
      // As exactly as ever.
      assert.equal(await adapter.getUserByEmail(someone.user.email.toUpperCase()), null)
      assert.equal(await adapter.getUserByEmail(`${someone.user.email} `), null)
      const mixed = await Promise.all(
        [someone.user, user, lonely].flatMap(({ id }) => [adapter.getUser(id), adapter.getUser(id.toUpperCase())]),
      )
      assert.deepEqual(
        mixed.map((found) => found?.id ?? null),
        [someone.user.id, null, user.id, null, lonely.id, null],
      )
    })

    test("no answer lacks what is older than maxStalenessMs", { timeout }, async (t) => {
      const maxStalenessMs = 600
      const adapter = open(t, { maxStalenessMs })
      const someone = await person()
      let stale = 0
      // Where the write takes long, the replica is too old by its end, and has answered nothing since: then all begins anew.
      for (let round = 0; round < 5 && stale === 0; round++) {
        await other.updateUser({ id: someone.user.id, name: "before" })
        await warm(adapter, someone.user.id)
        await paused(t)
        let [written, name] = [-Infinity, "before"]
        for (const end = Date.now() + 4 * maxStalenessMs; Date.now() < end; ) {
          if (name === "before") {
            await other.updateUser({ id: someone.user.id, name: "after" })
            ;[written, name] = [performance.now(), "after"]
          }
          const asked = performance.now()
          const answer = await adapter.getUser(someone.user.id)
          if (answer.name === name) continue
          stale++
          assert.ok(asked - written <= maxStalenessMs, `after ${asked - written} ms it answers "${answer.name}"`)
        }
        await pair.resume()
      }
      assert.ok(stale > 0, "the replica has answered")
    })

    test("a wrong replica is refused, or not read and told of", { timeout }, async (t) => {
      const someone = await person()
      const another = name === "postgres" ? "mysql://root@127.0.0.1/auth" : "postgres://root@127.0.0.1/auth"
      const wrong = (writer, replicas, options) => {
        const adapter = RustAdapter(writer, { replicas, maxStalenessMs: LONG, ...options })
        t.after(() => adapter.close())
        return adapter.getUser(someone.user.id)
      }
      const refused = failure("ERR_CONFIG", { message: /\breplicas\b/ })
      await assert.rejects(wrong(only("writer"), [another]), refused)
      await assert.rejects(wrong(only("writer"), ["nonsense"]), refused)
      const several = only("follower").replace(/@([^/]+)/, "@$1,$1")
      await assert.rejects(wrong(only("writer"), [several]), failure("ERR_CONFIG", { message: /several hosts/ }))
      await assert.rejects(wrong(":memory:", [only("follower")]), refused)
      assert.throws(
        () => RustAdapter(only("writer"), { replicas: [only("follower")] }),
        failure("ERR_CONFIG", { message: /maxStalenessMs/ }),
      )
      assert.equal((await RustAdapter(only("writer"), { replicas: [] }).getUser(someone.user.id)).id, someone.user.id)
      // The primary itself is no replica.
      const warnings = []
      const hear = (warning) => warning.code === "RUST_ADAPTER_REPLICA_UNUSED" && warnings.push(warning)
      process.on("warning", hear)
      t.after(() => process.off("warning", hear))
      const adapter = open(t, {}, { follower: only("writer") })
      assert.equal((await adapter.getUser(someone.user.id)).id, someone.user.id)
      assert.equal((await adapter.getUser(someone.user.id)).id, someone.user.id)
      await eventually("a warning", () => warnings.length > 0)
      await sleep(1000)
      assert.equal(warnings.length, 1)
      const [warning] = warnings
      assert.match(warning.message, /a replica is not read: it writes itself \(host 127\.0\.0\.1/)
      assert.doesNotMatch(warning.message, new RegExp(new URL(only("writer")).password))
    })

    /** 16 callers until `over()`; the calls that failed, and the longest. */
    const callers = (adapter, people, over) => {
      const seen = { calls: 0, failed: [], longest: 0 }
      const all = times(16, async (index) => {
        while (!over()) {
          const { user, session } = people[(index + seen.calls) % people.length]
          const began = performance.now()
          try {
            seen.calls++
            const [one, two] = await Promise.all([
              adapter.getUser(user.id),
              adapter.getSessionAndUser(session.sessionToken),
            ])
            assert.deepEqual([one.id, two.user.id], [user.id, user.id])
            assert.equal((await adapter.listAccounts(user.id)).length, 1)
          } catch (error) {
            seen.failed.push(`${error.stack} ${error.cause?.message}`)
          }
          seen.longest = Math.max(seen.longest, performance.now() - began)
        }
      })
      return { seen, ended: Promise.all(all) }
    }

    for (const [what, happens, ends] of [
      ["is killed", () => pair.follower.kill(), () => pair.bringBack()],
      ["stops answering", () => pair.follower.freeze(), () => pair.follower.thaw()],
    ])
      test(`no call fails when it ${what} under 16 callers, and it is read again later`, { timeout }, async (t) => {
        const adapter = open(t, { sessionsFromReplicas: true, maxStalenessMs: 2000 })
        const people = []
        for (let index = 0; index < 5; index++) people.push(await person())
        await warm(adapter, people[0].user.id)
        let over = false
        const { seen, ended } = callers(adapter, people, () => over)
        await sleep(500)
        await happens()
        const before = seen.calls
        await sleep(3000)
        over = true
        await ended
        await ends()
        assert.deepEqual(seen.failed.slice(0, 3), [])
        assert.ok(before >= 16 && seen.calls >= before + 16, `${before} calls before, ${seen.calls} in all`)
        assert.ok(seen.longest < 4000, `one took ${seen.longest} ms`)
        await pair.catchUp()
        const [someone] = people
        const isRead = async () => {
          await warm(adapter, someone.user.id)
          await pair.pause()
          await other.updateUser({ id: someone.user.id, name: `${Math.random()}` })
          const found = await adapter.getUser(someone.user.id)
          const { name } = await other.getUser(someone.user.id)
          await pair.resume()
          return found.name !== name
        }
        for (let turn = 0; !(await isRead()); turn++) assert.ok(turn < 8, "it is not read again")
      })

    test("one that has been promoted is not read any more", { timeout }, async (t) => {
      const maxStalenessMs = 500
      const adapter = open(t, { maxStalenessMs })
      const someone = await person()
      await warm(adapter, someone.user.id)
      await pair.open()
      await sleep(maxStalenessMs)
      const split = RustAdapter(only("follower"))
      t.after(() => split.close())
      await split.updateUser({ id: someone.user.id, name: "split" })
      for (let turn = 0; turn < 20; turn++) {
        assert.equal((await adapter.getUser(someone.user.id)).name, "before")
        await sleep(50)
      }
    })
  })
}
