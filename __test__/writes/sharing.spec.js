// Writes that share statements: each caller gets what it would have got alone, and the database has it.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads, queriesUnderWay } from "../lookup/blocked.js"
import { keepRow } from "./blocked.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const CALLERS = [1, 2, 3, 5, 64, 129, 300]

/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

const newToken = () => ({ identifier: `${randomUUID()}@example.com`, token: randomUUID(), expires: instant(0) })
const key = ({ identifier, token }) => ({ identifier, token })

/** What the statements that writes share have and others have not. */
const SHARED = { postgres: /unnest\(/, mysql: / IN \(/ }

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`writes that share statements on ${database.name}`, () => {
    let user
    const lane = openLane(database, {
      prepare: async ({ adapter }) => {
        user = await adapter.createUser(newUser())
      },
    })
    const sessions = (count) => Promise.all(times(count, () => lane.adapter.createSession(newSession(user.id))))

    test("each session gets its own date", { timeout }, async () => {
      const { adapter } = lane
      for (const callers of CALLERS) {
        const made = await sessions(callers)
        const asked = made.map(({ sessionToken }, index) => ({ sessionToken, expires: instant(index) }))
        assert.deepEqual(
          await Promise.all(asked.map((each) => adapter.updateSession(each))),
          made.map((session, index) => ({ ...session, expires: instant(index) })),
        )
        const stored = new Map((await lane.stored("session")).map((row) => [row.sessionToken, row.expires]))
        for (const { sessionToken, expires } of asked) assert.equal(stored.get(sessionToken), expires.getTime())
      }
    })

    test("sessions that are not there are null, among others that are", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(40)
      const asked = made.map(({ sessionToken }, index) => (index % 3 ? sessionToken : randomUUID()))
      const updated = await Promise.all(
        asked.map((sessionToken, index) => adapter.updateSession({ sessionToken, expires: instant(index) })),
      )
      assert.deepEqual(
        updated,
        made.map((session, index) => (index % 3 ? { ...session, expires: instant(index) } : null)),
      )
      await Promise.all(asked.map((sessionToken) => adapter.deleteSession(sessionToken)))
      const left = (await lane.stored("session")).map(({ sessionToken }) => sessionToken)
      for (const [index, { sessionToken }] of made.entries()) assert.equal(left.includes(sessionToken), index % 3 === 0)
    })

    test("of all who use one token, one has it", { timeout }, async () => {
      const { adapter } = lane
      const tokens = await Promise.all(times(60, () => adapter.createVerificationToken(newToken())))
      const uses = tokens.flatMap((token, index) => times(index === 0 ? 20 : 3, () => token))
      const used = await Promise.all(uses.map((token) => adapter.useVerificationToken(key(token))))
      for (const token of tokens) {
        const winners = used.filter((each, index) => uses[index] === token && each !== null)
        assert.deepEqual(winners, [token])
      }
      const wrong = { identifier: tokens[0].identifier, token: tokens[1].token }
      assert.equal(await adapter.useVerificationToken(wrong), null)
    })

    test("keys that only look alike are different keys", { timeout }, async () => {
      const { adapter } = lane
      const base = randomUUID()
      // One identifier and token that, written one after the other, read like another's.
      const pairs = [
        [`${base}:1`, "a"],
        [`${base}`, ":1a"],
        [`${base}:1a`, ""],
      ]
      const tokens = pairs.map(([identifier, token]) => ({ identifier, token: `${token}${base}`, expires: instant(1) }))
      await Promise.all(tokens.map((token) => adapter.createVerificationToken(token)))
      const asked = [...tokens, ...tokens.map(({ identifier, token }) => ({ identifier, token: token.toUpperCase() }))]
      const used = await Promise.all(asked.map((token) => adapter.useVerificationToken(key(token))))
      assert.deepEqual(used, [...tokens, null, null, null])
    })

    test("many callers need few statements, and a lone one's is its own", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(200)
      const update = ({ sessionToken }, index) => adapter.updateSession({ sessionToken, expires: instant(index) })
      const unblock = await blockReads(lane, "session")
      const first = update(made[0], 0)
      const [alone, ...none] = await queriesUnderWay(lane, 1)
      assert.doesNotMatch(alone, SHARED[database.name])
      assert.deepEqual(none, [])
      const rest = made.slice(1).map((session, index) => update(session, index + 1))
      await sleep(400)
      const statements = await queriesUnderWay(lane, 2)
      await unblock()
      const updated = await Promise.all([first, ...rest])
      assert.deepEqual(
        updated,
        made.map((session, index) => ({ ...session, expires: instant(index) })),
      )
      assert.ok(statements.length > 1 && statements.length <= 8, `${statements.length} statements for 200 callers`)
      assert.match(statements.at(-1), SHARED[database.name])
    })

    test("a row that another client keeps holds up its own callers alone", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(50)
      const kept = made[25].sessionToken
      const letGo = await keepRow(lane, "session", "sessionToken", kept)
      const begun = Date.now()
      let waited = true
      const calls = made.map(({ sessionToken }, index) =>
        adapter.updateSession({ sessionToken, expires: instant(index) }),
      )
      calls[25].then(() => (waited = false))
      const others = await Promise.all(calls.filter((_, index) => index !== 25))
      const took = Date.now() - begun
      assert.deepEqual(
        others.map(({ sessionToken }) => sessionToken),
        made.map(({ sessionToken }) => sessionToken).filter((token) => token !== kept),
      )
      // Later ones, too.
      await Promise.all(
        made.filter((_, index) => index !== 25).map(({ sessionToken }) => adapter.deleteSession(sessionToken)),
      )
      assert.ok(waited, "its caller waits")
      await letGo()
      assert.deepEqual((await calls[25]).expires, instant(25))
      assert.ok(took < 5_000, `the others took ${took} ms`)
    })

    test("a token that another client keeps holds up its own callers alone", { timeout }, async () => {
      const { adapter } = lane
      const tokens = await Promise.all(times(30, () => adapter.createVerificationToken(newToken())))
      const letGo = await keepRow(lane, "verificationToken", "identifier", tokens[11].identifier)
      const calls = tokens.map((token) => adapter.useVerificationToken(key(token)))
      const others = await Promise.all(calls.filter((_, index) => index !== 11))
      assert.deepEqual(
        others,
        tokens.filter((_, index) => index !== 11),
      )
      await letGo()
      assert.deepEqual(await calls[11], tokens[11])
    })

    test("a time-out is its own caller's", { timeout }, async () => {
      const hasty = RustAdapter(lane.database.url, { ...database.options, pool: { operationTimeoutMs: 1500 } })
      try {
        const made = await sessions(20)
        const letGo = await keepRow(lane, "session", "sessionToken", made[3].sessionToken)
        const calls = made.map(({ sessionToken }, index) =>
          hasty.updateSession({ sessionToken, expires: instant(index) }),
        )
        const outcomes = await Promise.allSettled(calls)
        await letGo()
        for (const [index, { status, reason }] of outcomes.entries()) {
          assert.equal(status, index === 3 ? "rejected" : "fulfilled", `${index}`)
          if (reason) failure("ERR_TIMEOUT", { method: "updateSession" })(reason)
        }
      } finally {
        await hasty.close()
      }
    })
  })
}
