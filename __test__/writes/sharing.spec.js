// Writes that share statements: each caller gets what it would have got alone, and the database has it.
import assert from "node:assert/strict"
import { createHash, randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { inDays, newAccount, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads, queriesUnderWay } from "../lookup/blocked.js"
import { connectTo, keepRow } from "./blocked.js"

const timeout = 60_000
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const CALLERS = [1, 2, 3, 5, 64, 129, 300]

/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

const newToken = () => ({ identifier: `${randomUUID()}@example.com`, token: randomUUID(), expires: instant(0) })
const key = ({ identifier, token }) => ({ identifier, token })

/** When it is quiet, statements are prepared that no call has needed yet. */
const QUIET_MS = 1500
/** What the statements that writes share have and others have not. */
const SHARED = { postgres: /unnest\(/, mysql: /\) kept STRAIGHT_JOIN |ON DUPLICATE KEY UPDATE / }

const lanes = databases
  .filter(({ name }) => name !== "sqlite")
  .flatMap((database) => [database, { ...database, options: { ...database.options, sessionTokens: "hashed" } }])

for (const database of lanes) {
  const hashed = database.options?.sessionTokens === "hashed"
  /** What is stored in the place of a session's token. */
  const storedToken = (token) => (hashed ? `sha256:${createHash("sha256").update(token).digest("base64url")}` : token)

  describe(`writes that share statements on ${database.name}${hashed ? ", tokens hashed" : ""}`, () => {
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
        for (const { sessionToken, expires } of asked)
          assert.equal(stored.get(storedToken(sessionToken)), expires.getTime())
      }
    })

    test("each of several dates of one session is answered, and one of them stays", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(4)
      const dates = times(80, (index) => ({ ...made[index % 4], expires: instant(index) }))
      const updated = await Promise.all(
        dates.map(({ sessionToken, expires }) => adapter.updateSession({ sessionToken, expires })),
      )
      assert.deepEqual(updated, dates)
      for (const { sessionToken } of made) {
        const { session } = await adapter.getSessionAndUser(sessionToken)
        assert.ok(dates.some((each) => each.sessionToken === sessionToken && +each.expires === +session.expires))
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
      for (const [index, { sessionToken }] of made.entries())
        assert.equal(left.includes(storedToken(sessionToken)), index % 3 === 0)
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

    test("each new row is its own caller's", { timeout }, async () => {
      const { adapter } = lane
      for (const callers of CALLERS) {
        const given = times(callers, (index) => ({ ...newSession(user.id), expires: instant(index) }))
        assert.deepEqual(await Promise.all(given.map((session) => adapter.createSession(session))), given)
        const tokens = times(callers, newToken)
        assert.deepEqual(await Promise.all(tokens.map((token) => adapter.createVerificationToken(token))), tokens)
        const people = times(callers, (index) => newUser({ name: index % 3 ? `Name ${index}` : null }))
        const made = await Promise.all(people.map((person) => adapter.createUser(person)))
        assert.deepEqual(made, people)
        const accounts = made.map(({ id }, index) => newAccount(id, index % 2 ? {} : { expires_at: null }))
        const linked = await Promise.all(accounts.map((account) => adapter.linkAccount(account)))
        assert.deepEqual(
          linked.map(({ providerAccountId, userId, expires_at }) => ({ providerAccountId, userId, expires_at })),
          accounts.map(({ providerAccountId, userId, expires_at }) => ({ providerAccountId, userId, expires_at })),
        )
        for (const { provider, providerAccountId, userId } of accounts)
          assert.equal((await adapter.getUserByAccount({ provider, providerAccountId })).id, userId)
      }
    })

    test("a key that is taken, and a user who is not there, are errors of their own callers", { timeout }, async () => {
      const { adapter } = lane
      const [taken] = await sessions(1)
      const given = times(60, (index) => {
        const session = newSession(user.id)
        if (index % 20 === 7) return { ...session, sessionToken: taken.sessionToken }
        return index % 20 === 13 ? { ...session, userId: randomUUID() } : session
      })
      const outcomes = await Promise.allSettled(given.map((session) => adapter.createSession(session)))
      for (const [index, { status, value, reason }] of outcomes.entries()) {
        if (status === "fulfilled") assert.deepEqual(value, given[index])
        const expected = { 7: "ERR_UNIQUE", 13: "ERR_FOREIGN_KEY" }[index % 20]
        assert.equal(reason?.code, expected, reason?.stack)
      }
      // Those of one batch that have one key: one of them has it.
      const [same, ...others] = times(30, () => newSession(user.id))
      const contended = [same, ...others, same, same]
      const ends = await Promise.allSettled(contended.map((session) => adapter.createSession(session)))
      const of = (wanted) =>
        ends.filter((_, index) => contended[index] === same).filter(({ status }) => status === wanted)
      assert.equal(of("fulfilled").length, 1)
      for (const { reason } of of("rejected")) failure("ERR_UNIQUE", { table: "session" })(reason)
      // An address that another user has.
      const people = times(20, (index) => newUser(index === 9 ? { email: user.email } : {}))
      const made = await Promise.allSettled(people.map((person) => adapter.createUser(person)))
      for (const [index, { reason }] of made.entries())
        if (index === 9) failure("ERR_UNIQUE", { table: "user", field: "email" })(reason)
        else assert.equal(reason, undefined)
    })

    test("an address that another client is about to take holds up its own caller alone", { timeout }, async (t) => {
      const { adapter } = lane
      const people = times(30, () => newUser())
      // InnoDB keeps others out of the gap before an address that is waited for: there is hardly one.
      await adapter.createUser(newUser({ email: people[11].email.slice(0, -1) }))
      const { run, end } = await connectTo(lane)
      t.after(end)
      await run("BEGIN")
      await run(`INSERT INTO "user" ("id", "email") VALUES ('${randomUUID()}', '${people[11].email}')`)
      const calls = people.map((person) => adapter.createUser(person))
      calls[11].catch(() => {})
      const begun = Date.now()
      const others = await Promise.all(calls.filter((_, index) => index !== 11))
      assert.ok(Date.now() - begun < 5_000)
      assert.deepEqual(
        others,
        people.filter((_, index) => index !== 11),
      )
      await run("COMMIT")
      await assert.rejects(calls[11], failure("ERR_UNIQUE", { table: "user", field: "email" }))
    })

    test("many callers need few statements, and a lone one's is its own", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(200)
      // What is prepared meanwhile would wait for the table, and look like a statement under way.
      await sleep(QUIET_MS)
      const before = adapter.stats().batches.writes
      const update = ({ sessionToken }, index) => adapter.updateSession({ sessionToken, expires: instant(index) })
      const unblock = await blockReads(lane, "session")
      const first = update(made[0], 0)
      for (const query of await queriesUnderWay(lane, 1)) assert.doesNotMatch(query, SHARED[database.name])
      const rest = made.slice(1).map((session, index) => update(session, index + 1))
      await sleep(400)
      const statements = (await queriesUnderWay(lane, 2)).filter((text) =>
        /^(UPDATE|WITH|BEGIN NOT ATOMIC UPDATE|SET STATEMENT .* FOR INSERT)/.test(text),
      )
      await unblock()
      const updated = await Promise.all([first, ...rest])
      assert.deepEqual(
        updated,
        made.map((session, index) => ({ ...session, expires: instant(index) })),
      )
      assert.ok(statements.length > 1 && statements.length <= 10, `${statements.length} statements for 200 callers`)
      const after = adapter.stats().batches.writes
      const shared = { calls: after.calls - before.calls, statements: after.statements - before.statements }
      assert.ok(shared.calls > 150 && shared.statements < 10, JSON.stringify(shared))
    })

    test("a row that another client keeps holds up its own callers alone", { timeout }, async () => {
      const { adapter } = lane
      const made = await sessions(50)
      const kept = made[25].sessionToken
      const letGo = await keepRow(lane, "session", "sessionToken", storedToken(kept))
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
        await eventually("the adapter has connected, however slow the machine", () =>
          hasty.getUser(user.id).then(Boolean, () => false),
        )
        const letGo = await keepRow(lane, "session", "sessionToken", storedToken(made[3].sessionToken))
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
