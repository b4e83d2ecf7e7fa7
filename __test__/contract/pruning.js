// What has expired goes, in small steps, and nothing else does.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newSession, newVerificationToken } from "./rows.js"

const MINUTE = 60_000
const inMinutes = (minutes) => new Date(Date.now() + minutes * MINUTE)

export function pruning(database) {
  const lane = openLane(database)

  /** So many expired rows of each kind, and as many that last. */
  async function store(count) {
    const user = await lane.user()
    const moments = [...Array(count).keys()].flatMap((n) => [inMinutes(-1 - n * 1000), inMinutes(1 + n * 1000)])
    await Promise.all(moments.map((expires) => lane.adapter.createSession(newSession(user.id, { expires }))))
    await Promise.all(moments.map((expires) => lane.adapter.createVerificationToken(newVerificationToken({ expires }))))
  }

  const expiries = async (table) => (await lane.stored(table)).map(({ expires }) => expires)

  test("deletes what has expired, of both tables, and counts it", async () => {
    await store(5)
    assert.deepEqual(await lane.adapter.pruneExpired(), { sessions: 5, verificationTokens: 5 })
    for (const table of ["session", "verificationToken"]) {
      const left = await expiries(table)
      assert.equal(left.length, 5)
      assert.ok(left.every((expires) => expires > Date.now()))
    }
    await lane.unchangedBy(async () =>
      assert.deepEqual(await lane.adapter.pruneExpired({}), { sessions: 0, verificationTokens: 0 }),
    )
  })

  test("goes by steps of batchSize and tells after each how far it has come", async () => {
    await lane.adapter.pruneExpired({ now: inDays(400) })
    await store(5)
    const told = []
    await lane.adapter.pruneExpired({ batchSize: 2, onProgress: (deleted) => told.push(deleted) })
    assert.deepEqual(told, [
      ...[2, 4, 5].map((sessions) => ({ sessions, verificationTokens: 0 })),
      ...[2, 4, 5].map((verificationTokens) => ({ sessions: 5, verificationTokens })),
    ])
  })

  test("takes another moment for now, to the millisecond", async () => {
    await lane.adapter.pruneExpired({ now: inDays(400) })
    const now = new Date("2024-02-29T12:00:00.500Z")
    const user = await lane.user()
    const sessions = []
    for (const difference of [-1, 0, 1]) {
      const expires = new Date(now.valueOf() + difference)
      sessions.push(await lane.adapter.createSession(newSession(user.id, { expires })))
    }
    assert.deepEqual(await lane.adapter.pruneExpired({ now }), { sessions: 1, verificationTokens: 0 })
    assert.deepEqual(
      (await expiries("session")).sort(),
      sessions.slice(1).map(({ expires }) => expires.valueOf()),
    )
  })

  test("stops where onProgress throws, which the caller hears of", async () => {
    await lane.adapter.pruneExpired({ now: inDays(400) })
    await store(6)
    const enough = new Error("enough")
    await assert.rejects(
      lane.adapter.pruneExpired({
        batchSize: 2,
        onProgress: () => {
          throw enough
        },
      }),
      enough,
    )
    assert.equal((await expiries("session")).length, 10)
    assert.equal((await expiries("verificationToken")).length, 12)
  })

  test("several at once delete everything, each row once, while look-ups find what lasts", async () => {
    await lane.adapter.pruneExpired({ now: inDays(400) })
    await store(60)
    const user = await lane.user()
    const { sessionToken } = await lane.adapter.createSession(newSession(user.id))
    let pruning = true
    const lookUp = async () => {
      for (let count = 0; pruning; count++) {
        assert.equal((await lane.adapter.getSessionAndUser(sessionToken))?.user.id, user.id)
        if (count % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const lookUps = [lookUp(), lookUp()]
    const outcomes = await Promise.all([5, 7, 9].map((batchSize) => lane.adapter.pruneExpired({ batchSize })))
    pruning = false
    await Promise.all(lookUps)
    // One that finds others at work on the last rows may leave them to those.
    for (const kind of ["sessions", "verificationTokens"]) {
      assert.equal(
        outcomes.reduce((sum, deleted) => sum + deleted[kind], 0),
        60,
      )
    }
    assert.equal((await expiries("session")).length, 61)
  })

  test("refuses what it cannot mean, and deletes nothing", async () => {
    await store(1)
    const wrong = [
      null,
      5,
      "x",
      [],
      { batchSize: 0 },
      { batchSize: -1 },
      { batchSize: 1.5 },
      { batchSize: 10_001 },
      { batchSize: "5" },
      { batchSize: null },
      { now: null },
      { now: Date.now() },
      { now: "2030-01-01" },
      { now: new Date(NaN) },
      { onProgress: null },
      { onProgress: "x" },
    ]
    await lane.unchangedBy(async () => {
      for (const options of wrong) {
        await assert.rejects(
          lane.adapter.pruneExpired(options),
          failure("ERR_INVALID_ARGUMENT", { method: "pruneExpired" }),
        )
      }
    })
  })
}
