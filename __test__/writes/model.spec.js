// Hundreds of writes at once against a model, while connections are ended under them: what was acknowledged is there, nothing happens
// twice, and only what says that it may have taken effect is not known.
import assert from "node:assert/strict"
import { randomInt, randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { openLane } from "../contract/lane.js"
import { inDays, newSession, newUser } from "../contract/rows.js"
import { otherConnections } from "../databases/mysql.js"
import { databases } from "../databases.js"

const ACTORS = 120
const STEPS = 12
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
let instants = 0
const instant = () => new Date(BEGIN + ++instants * 1000)

const KILL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`

/** Ends the connections of the lane's database now and then, until it is called off: so often that a busy machine can still connect. */
function endConnections({ name, rows }) {
  let over = false
  const done = (async () => {
    for (let times = 0; !over && times < 25; times++) {
      if (name === "postgres") await rows(KILL)
      if (name === "mysql") for (const { id } of await otherConnections(rows)) await rows(`KILL ${id}`).catch(() => {})
      await sleep(randomInt(100, 400))
    }
  })()
  return async () => {
    over = true
    await done
  }
}

/** What a call came to: its result, or whether that is not known. Any other error fails the test. */
async function outcome(call) {
  try {
    return { result: await call }
  } catch (error) {
    assert.match(error.code, /^ERR_(CONNECT|TIMEOUT)$/, error.stack)
    return { unknown: error.mayHaveTakenEffect === true }
  }
}

/** A look-up, again until it is answered. */
async function look(ask) {
  for (;;) {
    const { result } = await outcome(ask())
    if (result !== undefined) return result
  }
}

for (const database of databases) {
  for (const disturbed of [false, true]) {
    const how = disturbed ? "while connections end" : "undisturbed"
    describe(`a crowd of writes on ${database.name}, ${how}`, () => {
      const lane = openLane(database, {})

      /** One actor has a session of its own, of which it knows all that there is to know. */
      async function act(user) {
        const { adapter } = lane
        let session = await look(() => adapter.createSession(newSession(user.id)))
        let possible = [session]
        let doubts = 0
        for (let step = 0; step < STEPS; step++) {
          const { sessionToken } = session
          switch (randomInt(5)) {
            case 0: {
              const { result, unknown } = await outcome(adapter.deleteSession(sessionToken))
              if (unknown) doubts++
              const found = await look(() => adapter.getSessionAndUser(sessionToken))
              if (result !== undefined) assert.equal(found, null, "a session that has been deleted")
              if (found) break
              assert.equal(await look(() => adapter.updateSession({ sessionToken, expires: instant() })), null)
              // If it is not known whether it is there: another one.
              session = await look(() => adapter.createSession(newSession(user.id)))
              possible = [session]
              break
            }
            case 1: {
              const found = await look(() => adapter.getSessionAndUser(sessionToken))
              assert.ok(
                possible.some(({ expires }) => expires.getTime() === found?.session.expires.getTime()),
                "what was written is read",
              )
              possible = [found.session]
              break
            }
            default: {
              const moved = { ...session, expires: instant() }
              const { result, unknown } = await outcome(adapter.updateSession({ sessionToken, expires: moved.expires }))
              if (result !== undefined) {
                assert.deepEqual(result, moved)
                possible = [moved]
              } else if (unknown) {
                doubts++
                possible.push(moved)
              }
            }
          }
        }
        return { session, possible, doubts }
      }

      test("each caller's answers fit what is there", { timeout: 120_000 }, async () => {
        const { adapter } = lane
        const user = await adapter.createUser(newUser())
        const tokens = await Promise.all(
          Array.from({ length: 80 }, () =>
            adapter.createVerificationToken({
              identifier: `${randomUUID()}@x.org`,
              token: randomUUID(),
              expires: instant(),
            }),
          ),
        )
        const callOff = disturbed ? endConnections(lane) : async () => {}
        /** Each token is used several times, at moments that the callers do not agree upon. */
        const use = async ({ identifier, token }) => {
          await sleep(randomInt(300))
          return outcome(adapter.useVerificationToken({ identifier, token }))
        }
        const uses = Promise.all(
          tokens.map(async (token, index) => Promise.all(Array.from({ length: index % 4 ? 3 : 12 }, () => use(token)))),
        )
        const actors = await Promise.all(Array.from({ length: ACTORS }, () => act(user)))
        const used = await uses
        await callOff()

        const sessions = new Map((await lane.stored("session")).map((row) => [row.sessionToken, row]))
        for (const { session, possible } of actors) {
          const expires = sessions.get(session.sessionToken)?.expires
          assert.ok(
            possible.some((each) => each.expires.getTime() === expires),
            "the stored date is one that was written last",
          )
        }
        const left = (await lane.stored("verificationToken")).map(({ token }) => token)
        for (const [index, token] of tokens.entries()) {
          const winners = used[index].filter(({ result }) => result)
          const unknown = used[index].filter((each) => each.unknown)
          assert.ok(winners.length <= 1, `${winners.length} have used one token`)
          for (const { result } of winners) assert.deepEqual(result, token)
          if (left.includes(token.token)) {
            assert.equal(winners.length, 0)
            assert.ok(!used[index].some(({ result }) => result === null), "a token that is there was not found")
          } else assert.ok(winners.length === 1 || unknown.length > 0, "a token is gone that no caller has used")
        }
        if (!disturbed) {
          assert.deepEqual(left, [])
          assert.equal(
            actors.reduce((sum, { doubts }) => sum + doubts, 0),
            0,
          )
        }
      })
    })
  }
}
