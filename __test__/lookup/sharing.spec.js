// Look-ups that share queries: each caller gets what it would have got alone.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { createTables } from "../swap-in/tables.js"
import { blockReads, queriesUnderWay } from "./blocked.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`look-ups that share queries on ${database.name}`, () => {
    const people = []
    const lane = openLane(database, {
      prepare: async ({ adapter }) => {
        for (let index = 0; index < 300; index++) {
          const user = await adapter.createUser(newUser({ name: index % 7 ? `Name ${index}` : null }))
          people.push({ user, session: await adapter.createSession(newSession(user.id)) })
        }
      },
    })

    test("each caller gets its own row", { timeout }, async () => {
      const { adapter } = lane
      for (const callers of [2, 3, 5, 64, 129, 300]) {
        const asked = times(callers, (index) => people[(index * 7) % people.length])
        assert.deepEqual(
          await Promise.all(asked.map(({ session }) => adapter.getSessionAndUser(session.sessionToken))),
          asked.map(({ session, user }) => ({ session, user })),
        )
        assert.deepEqual(
          await Promise.all(asked.map(({ user }) => adapter.getUser(user.id))),
          asked.map(({ user }) => user),
        )
        assert.deepEqual(
          await Promise.all(asked.map(({ user }) => adapter.getUserByEmail(user.email))),
          asked.map(({ user }) => user),
        )
      }
    })

    test("many callers need few queries", { timeout }, async () => {
      const { adapter } = lane
      const unblock = await blockReads(lane, "session")
      const waiting = times(300, (index) => adapter.getSessionAndUser(people[index].session.sessionToken))
      await sleep(300)
      const queries = await queriesUnderWay(lane, 2)
      await unblock()
      assert.deepEqual(await Promise.all(waiting), people)
      assert.ok(queries.length > 1, "several queries are under way at once")
      assert.ok(queries.length <= 4, `${queries.length} queries for 300 callers`)
    })

    test("a lone caller leaves at once, with a query of its own", { timeout }, async () => {
      const { adapter } = lane
      const unblock = await blockReads(lane, "session")
      const alone = adapter.getSessionAndUser(people[0].session.sessionToken)
      const queries = await queriesUnderWay(lane, 1)
      await unblock()
      assert.deepEqual(await alone, people[0])
      assert.equal(queries.length, 1)
      assert.doesNotMatch(queries[0], / IN \(|= ANY\(/)
    })

    /** A caller that shares queries with one whose session ends at `noInstant`, which is no instant, gets what is there. */
    async function failsAlone(adapter, rows, [{ user }, ...others], table, noInstant) {
      const { sessionToken } = await adapter.createSession(newSession(user.id))
      await rows(`UPDATE "${table}" SET "expires" = ? WHERE "sessionToken" = ?`, noInstant, sessionToken)
      for (const callers of [2, 40]) {
        const asked = others.slice(0, callers)
        assert.equal(asked.length, callers)
        const call = ({ session }) => adapter.getSessionAndUser(session.sessionToken)
        const unreadable = { session: { sessionToken } }
        const [first, ...rest] = await Promise.allSettled([unreadable, ...asked, unreadable].map(call))
        const last = rest.pop()
        for (const { reason } of [first, last])
          failure("ERR_DECODE", { method: "getSessionAndUser", table: "session", field: "expires" })(reason)
        assert.deepEqual(
          rest.map(({ value }) => value),
          asked,
        )
      }
      await rows(`DELETE FROM "${table}" WHERE "sessionToken" = ?`, sessionToken)
    }

    if (lane.name === "mysql") {
      test("an unreadable row fails alone", { timeout }, async () => {
        await lane.rows("SET SESSION sql_mode = 'ANSI_QUOTES'") // a lenient server
        await failsAlone(lane.adapter, lane.rows, people, "session", "0000-00-00 00:00:00")
      })
    }

    test("an unreadable text fails alone", { timeout }, async () => {
      const own = await database.create()
      await createTables(own)
      await own.rows(`DROP TABLE "sessions"`)
      await own.rows(
        `CREATE TABLE "sessions" ("sessionToken" varchar(100) NOT NULL PRIMARY KEY, "userId" varchar(36) NOT NULL, "expires" varchar(40) NOT NULL)`,
      )
      const adapter = RustAdapter(own.url)
      try {
        const asked = []
        for (let count = 0; count < 41; count++) {
          const user = await adapter.createUser(newUser())
          asked.push({ user, session: await adapter.createSession(newSession(user.id)) })
        }
        await failsAlone(adapter, own.rows, asked, "sessions", "soon")
      } finally {
        await adapter.close()
        await own.close()
      }
    })

    test("all callers of one key get objects of their own", { timeout }, async () => {
      const [{ user, session }] = people
      const answers = await Promise.all(times(50, () => lane.adapter.getSessionAndUser(session.sessionToken)))
      for (const answer of answers) assert.deepEqual(answer, { session, user })
      for (const part of [
        (answer) => answer,
        (answer) => answer.session,
        (answer) => answer.user,
        (answer) => answer.session.expires,
      ])
        assert.equal(new Set(answers.map(part)).size, 50)
      answers[0].user.name = "changed"
      assert.deepEqual(await lane.adapter.getUser(user.id), user)
    })

    test("a key that no row can have misses alone", { timeout }, async () => {
      const { adapter } = lane
      const poison = [
        "a\0b",
        "\0",
        "\ud800",
        "x".repeat(1_000_000),
        "",
        "%",
        "' OR 1=1 --",
        5,
        5n,
        null,
        undefined,
        {},
        [],
        Symbol("s"),
        new Date(),
        NaN,
        () => {},
      ]
      const calls = people.slice(0, 40).flatMap(({ session, user }, index) => [
        [session.sessionToken, { session, user }],
        [poison[index % poison.length], null],
        [session.sessionToken.toUpperCase(), null],
        [`${session.sessionToken} `, null],
      ])
      const answers = await Promise.all(calls.map(([token]) => adapter.getSessionAndUser(token)))
      assert.deepEqual(
        answers,
        calls.map(([, expected]) => expected),
      )
    })

    test("similar keys are different keys", { timeout }, async () => {
      const { adapter } = lane
      const tokens = [
        "token",
        "Token",
        "TOKEN",
        "tökén",
        "token ",
        " token",
        "töken",
        "to\u0308ken",
        "token\t",
        "ｔoken",
        "straße",
        "strasse",
      ]
      const sessions = []
      for (const sessionToken of tokens)
        sessions.push(await adapter.createSession(newSession(people[sessions.length].user.id, { sessionToken })))
      const answers = await Promise.all(
        [...tokens, "tOKEN", "token  "].map((token) => adapter.getSessionAndUser(token)),
      )
      assert.deepEqual(
        answers.map((answer) => answer?.session ?? null),
        [...sessions, null, null],
      )
      assert.deepEqual(
        answers.map((answer) => answer?.user ?? null),
        [...sessions.map((_, index) => people[index].user), null, null],
      )
    })

    test("a look-up that starts after a write was acknowledged sees it", { timeout }, async () => {
      const { adapter } = lane
      const [{ session }] = people
      let busy = true
      // There is a query under way at any time.
      const others = times(40, async (index) => {
        while (busy) assert.ok(await adapter.getSessionAndUser(people[index + 1].session.sessionToken))
      })
      try {
        for (let turn = 0; turn < 150; turn++) {
          const expires = new Date(Date.UTC(2030, 0, 1) + turn)
          if (turn % 2) await adapter.updateSession({ sessionToken: session.sessionToken, expires })
          else
            await lane.rows(
              `UPDATE "session" SET "expires" = ? WHERE "sessionToken" = ?`,
              lane.name === "mysql" ? expires.toISOString().replace("T", " ").replace("Z", "") : expires,
              session.sessionToken,
            )
          assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).session.expires, expires)
        }
        for (let turn = 0; turn < 40; turn++) {
          const { sessionToken } = await adapter.createSession(newSession(people[0].user.id))
          assert.ok(await adapter.getSessionAndUser(sessionToken))
          await adapter.deleteSession(sessionToken)
          assert.equal(await adapter.getSessionAndUser(sessionToken), null)
        }
      } finally {
        busy = false
        await Promise.all(others)
      }
    })

    test("a query that fails rejects all it carried, and nothing of it is left", { timeout }, async () => {
      const { adapter } = lane
      const all = () =>
        Promise.allSettled(people.slice(0, 100).map(({ session }) => adapter.getSessionAndUser(session.sessionToken)))
      const calls = () => Promise.allSettled(people.slice(0, 100).map(({ user }) => adapter.getUser(user.id)))
      await lane.rows(`ALTER TABLE "session" RENAME TO "away"`)
      try {
        const [failed, fine] = await Promise.all([all(), calls()])
        for (const { reason } of failed) failure("ERR_SCHEMA", { method: "getSessionAndUser" })(reason)
        assert.equal(new Set(failed.map(({ reason }) => reason)).size, 100)
        assert.deepEqual(
          fine.map(({ value }) => value),
          people.slice(0, 100).map(({ user }) => user),
        )
      } finally {
        await lane.rows(`ALTER TABLE "away" RENAME TO "session"`)
      }
      const answers = await all()
      assert.deepEqual(
        answers.map(({ value }) => value?.user),
        people.slice(0, 100).map(({ user }) => user),
      )
    })

    test("a query that takes too long rejects whom it carried; the next one is answered", { timeout }, async (t) => {
      const adapter = RustAdapter(lane.database.url, { pool: { operationTimeoutMs: 700 } })
      t.after(() => adapter.close())
      await eventually("the adapter has connected, however slow the machine", () =>
        adapter.getUser(people[0].user.id).then(Boolean, () => false),
      )
      const unblock = await blockReads(lane, "session")
      try {
        const late = await Promise.allSettled(
          times(60, (index) => adapter.getSessionAndUser(people[index].session.sessionToken)),
        )
        for (const { reason } of late) failure("ERR_TIMEOUT", { method: "getSessionAndUser" })(reason)
        assert.deepEqual(await adapter.getUser(people[0].user.id), people[0].user)
      } finally {
        await unblock()
      }
      assert.deepEqual(
        await Promise.all(
          people.map(({ session }) => adapter.getSessionAndUser(session.sessionToken).then((answer) => answer.user)),
        ),
        people.map(({ user }) => user),
      )
    })

    test("who joins while a query hangs travels in another one", { timeout }, async (t) => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 3 } })
      t.after(() => adapter.close())
      await adapter.getUser("nobody")
      const unblock = await blockReads(lane, "session")
      const calls = []
      for (let index = 0; index < 6; index++) {
        calls.push(adapter.getSessionAndUser(people[index].session.sessionToken))
        await sleep(30)
      }
      const queries = await queriesUnderWay(lane, 3)
      await unblock()
      assert.equal(queries.length, 3, "as many as the pool has connections")
      assert.deepEqual(
        (await Promise.all(calls)).map(({ user }) => user),
        people.slice(0, 6).map(({ user }) => user),
      )
    })

    test("more callers than may wait: who finds no room is told so, the others are answered", { timeout }, async () => {
      const { adapter } = lane
      const { user } = people[1]
      const results = await Promise.allSettled(times(101_000, () => adapter.getUser(user.id)))
      const refused = results.filter(({ status }) => status === "rejected")
      assert.equal(refused.length, 1_000)
      for (const { reason } of refused) failure("ERR_TIMEOUT", { method: "getUser" })(reason)
      for (const { value } of results) assert.ok(value === undefined || value.id === user.id)
      assert.deepEqual(await adapter.getUser(user.id), user)
    })

    test("calls before the first contact, and calls across close()", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 2 } })
      const asked = people.slice(0, 50)
      const first = await Promise.all(asked.map(({ session }) => adapter.getSessionAndUser(session.sessionToken)))
      assert.deepEqual(
        first.map(({ user }) => user),
        asked.map(({ user }) => user),
      )
      const last = asked.map(({ user }) => adapter.getUser(user.id))
      await null
      const closed = adapter.close()
      await assert.rejects(adapter.getUser("x"), failure("ERR_CLOSED", { method: "getUser" }))
      assert.deepEqual(
        await Promise.all(last),
        asked.map(({ user }) => user),
      )
      await closed
    })

    test("the stack of a failure leads to the caller", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url)
      await adapter.getUser("nobody")
      await adapter.close()
      const theCaller = async () => await adapter.getUser("x")
      await assert.rejects(theCaller(), (error) => /theCaller/.test(error.stack))
    })
  })
}
