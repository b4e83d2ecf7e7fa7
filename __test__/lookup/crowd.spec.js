// SQLite look-ups of several callers at once: they wait for the event loop's next turn, and cross to the core together.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { isAnsweredAtOnce } from "./at-once.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const PEOPLE = 300

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  describe("SQLite look-ups in a crowd", () => {
    const people = []
    const lane = openLane(database, {
      prepare: async ({ adapter }) => {
        for (let index = 0; index < PEOPLE; index++) {
          const user = await adapter.createUser(newUser({ name: `Näme ${index}` }))
          people.push({ user, session: await adapter.createSession(newSession(user.id)) })
        }
      },
    })
    const someone = (index) => people[(index * 7) % PEOPLE]

    /** Does `work` while several others ask `adapter` without a pause. */
    async function inCrowd(adapter, work) {
      let over = false
      const others = times(8, async () => {
        while (!over) await adapter.getUser("nobody").catch(() => (over = true))
      })
      try {
        for (let turn = 0; !over && (await isAnsweredAtOnce(() => adapter.getUser("nobody"))); turn++)
          assert.ok(turn < 1_000, "no crowd")
        return await work()
      } finally {
        over = true
        await Promise.all(others)
      }
    }

    test("who asks in a crowd waits for a turn; who asks alone, before and after, does not", { timeout }, async () => {
      const { adapter } = lane
      const ask = () => adapter.getSessionAndUser(people[0].session.sessionToken)
      assert.ok(await isAnsweredAtOnce(ask))
      await inCrowd(adapter, async () => {
        for (let turn = 0; turn < 50; turn++) assert.equal(await isAnsweredAtOnce(ask), false)
      })
      assert.ok(await isAnsweredAtOnce(ask))
    })

    test("the event loop goes on", { timeout }, async () => {
      await inCrowd(lane.adapter, async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
      })
    })

    test("a clock that a test has put in the place of Node's does not matter", { timeout }, async (t) => {
      t.mock.timers.enable({ apis: ["setImmediate", "setTimeout"] })
      const [{ user }] = people
      for (let turn = 0; turn < 600; turn++) assert.deepEqual(await lane.adapter.getUser(user.id), user)
      const all = await inCrowd(lane.adapter, () =>
        Promise.all(people.map((each) => lane.adapter.getUser(each.user.id))),
      )
      assert.deepEqual(
        all,
        people.map((each) => each.user),
      )
    })

    test("each caller gets its own row, or nothing, beside any other calls", { timeout }, async () => {
      const { adapter } = lane
      const strange = [
        "",
        "\0",
        "\ud800",
        "nobody",
        "x".repeat(999),
        "x".repeat(2_000),
        "é".repeat(500),
        null,
        undefined,
        {},
        7,
      ]
      for (const callers of [1, 2, 5, 64, 300, 5_000]) {
        await inCrowd(adapter, async () => {
          const asked = times(callers, someone)
          const misses = strange.map((key) => adapter.getSessionAndUser(key))
          const sessions = asked.map(({ session }) => adapter.getSessionAndUser(session.sessionToken))
          const users = asked.map(({ user }) => adapter.getUser(user.id))
          const byEmail = asked.map(({ user }) => adapter.getUserByEmail(user.email))
          const later = strange.map((key) => adapter.getUser(key))
          assert.deepEqual(
            await Promise.all(misses),
            strange.map(() => null),
          )
          assert.deepEqual(await Promise.all(sessions), asked)
          assert.deepEqual(
            await Promise.all(users),
            asked.map(({ user }) => user),
          )
          assert.deepEqual(
            await Promise.all(byEmail),
            asked.map(({ user }) => user),
          )
          assert.deepEqual(
            await Promise.all(later),
            strange.map(() => null),
          )
        })
      }
    })

    test("all callers of one key get objects of their own", { timeout }, async () => {
      const { user, session } = people[0]
      const answers = await inCrowd(lane.adapter, () =>
        Promise.all(times(50, () => lane.adapter.getSessionAndUser(session.sessionToken))),
      )
      assert.equal(
        new Set(answers.flatMap((answer) => [answer, answer.user, answer.session, answer.session.expires])).size,
        200,
      )
      for (const answer of answers) assert.deepEqual(answer, { session, user })
    })

    test("a look-up sees every write that was acknowledged before it", { timeout }, async () => {
      const { adapter } = lane
      const { user, session } = people[1]
      await inCrowd(adapter, async () => {
        for (let turn = 0; turn < 100; turn++) {
          const name = `Name ${turn}`
          if (turn % 2) await adapter.updateUser({ id: user.id, name })
          else await lane.rows(`UPDATE "user" SET "name" = ? WHERE "id" = ?`, name, user.id)
          const [byId, bySession] = await Promise.all([
            adapter.getUser(user.id),
            adapter.getSessionAndUser(session.sessionToken),
          ])
          assert.deepEqual([byId.name, bySession.user.name], [name, name])
        }
        await adapter.updateUser(user)
        const gone = await adapter.createSession(newSession(user.id))
        await adapter.deleteSession(gone.sessionToken)
        assert.equal(await adapter.getSessionAndUser(gone.sessionToken), null)
      })
    })

    test("an unreadable row fails alone", { timeout }, async () => {
      const { adapter } = lane
      const [{ user }, ...others] = people.slice(2, 40)
      await lane.rows(`UPDATE "user" SET "emailVerified" = 'soon' WHERE "id" = ?`, user.id)
      const [first, ...rest] = await inCrowd(adapter, () =>
        Promise.allSettled([{ user }, ...others, { user }].map((each) => adapter.getUser(each.user.id))),
      )
      const last = rest.pop()
      for (const { reason } of [first, last])
        failure("ERR_DECODE", { method: "getUser", table: "user", field: "emailVerified" })(reason)
      assert.deepEqual(
        rest.map(({ value }) => value),
        others.map((each) => each.user),
      )
      await lane.rows(
        `UPDATE "user" SET "emailVerified" = ? WHERE "id" = ?`,
        user.emailVerified?.getTime() ?? null,
        user.id,
      )
    })

    test("what fails fails for the callers that asked, with a stack that leads to each, and is not remembered", {
      timeout,
    }, async () => {
      const { adapter } = lane
      await lane.rows(`ALTER TABLE "session" RENAME TO "away"`)
      const results = await inCrowd(adapter, async () => {
        async function oneOfMany({ session }) {
          return await adapter.getSessionAndUser(session.sessionToken)
        }
        return Promise.allSettled(people.slice(0, 50).map(oneOfMany))
      })
      for (const { reason } of results) {
        failure("ERR_SCHEMA", { method: "getSessionAndUser" })(reason)
        assert.match(reason.stack, /oneOfMany/)
      }
      await lane.rows(`ALTER TABLE "away" RENAME TO "session"`)
      const asked = people.slice(60, 110)
      const answers = await inCrowd(adapter, () =>
        Promise.all(asked.map(({ session }) => adapter.getSessionAndUser(session.sessionToken))),
      )
      assert.deepEqual(answers, asked)
    })

    test("two files at once", { timeout }, async (t) => {
      const file = await database.create()
      t.after(() => file.close())
      const other = RustAdapter(file.url)
      t.after(() => other.close())
      const user = await other.createUser(newUser())
      await inCrowd(lane.adapter, async () => {
        const answers = await Promise.all(
          times(100, (index) => (index % 2 ? other.getUser(user.id) : lane.adapter.getUser(someone(index).user.id))),
        )
        assert.deepEqual(
          answers,
          times(100, (index) => (index % 2 ? user : someone(index).user)),
        )
        assert.equal(await other.getUser(people[0].user.id), null)
      })
    })

    test("close() lets go who has asked, and refuses who asks after it", { timeout }, async () => {
      const adapter = RustAdapter(lane.database.url, { pool: { max: 3 } })
      await adapter.getUser("nobody")
      await inCrowd(adapter, async () => {
        const before = people.map(({ session }) => adapter.getSessionAndUser(session.sessionToken))
        const closed = adapter.close()
        const after = times(3, () => adapter.getUser("nobody"))
        assert.deepEqual(await Promise.all(before), people)
        for (const { reason } of await Promise.allSettled(after)) failure("ERR_CLOSED", { method: "getUser" })(reason)
        await closed
      })
    })
  })
}
