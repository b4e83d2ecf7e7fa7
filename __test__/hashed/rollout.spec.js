// From one mode to the next while both run: no session is lost, in either direction, and what is listed keeps its id.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { cli } from "../boundary/cli.js"
import { startProgram } from "../boundary/program.js"
import { hashOf, inDays } from "../contract/rows.js"
import { databases } from "../databases.js"
import { finds, modes, nameOf, openLane, writes } from "./lane.js"

const timeout = 120_000

/** Another process of the application: each line that it reads is a call, and each that it says the answer. */
const replica = `
  const adapter = RustAdapter(url, options)
  let rest = ""
  console.log("ready")
  process.stdin.setEncoding("utf8").on("data", async (data) => {
    const lines = (rest + data).split("\\n")
    rest = lines.pop()
    for (const line of lines) {
      const [method, ...given] = JSON.parse(line)
      const revived = given.map((each) => (each?.expires ? { ...each, expires: new Date(each.expires) } : each))
      console.log(JSON.stringify((await adapter[method](...revived)) ?? null))
    }
  })
`

/** A process with an adapter of this mode: its methods. */
async function start(t, url, mode) {
  const program = startProgram(replica, { url, options: { sessionTokens: mode } })
  t.after(() => program.child.kill())
  await program.said("ready")
  const answers = []
  let rest = ""
  const waiting = []
  program.child.stdout.on("data", (data) => {
    const lines = (rest + data).split("\n")
    rest = lines.pop()
    answers.push(...lines.filter((line) => line !== "ready"))
    while (answers.length && waiting.length) waiting.shift()(JSON.parse(answers.shift()))
  })
  const call =
    (method) =>
    (...given) =>
      new Promise((resolve, reject) => {
        waiting.push(resolve)
        program.ended.then((end) => reject(new Error(JSON.stringify(end))))
        program.child.stdin.write(`${JSON.stringify([method, ...given])}\n`)
      })
  return Object.fromEntries(
    ["createSession", "getSessionAndUser", "updateSession", "deleteSession", "listSessions", "revokeOtherSessions"].map(
      (method) => [method, call(method)],
    ),
  )
}

for (const database of databases) {
  describe(`a roll-out on ${database.name}`, () => {
    for (const [before, after] of modes.slice(1).map((mode, index) => [modes[index], mode])) {
      test(`${nameOf(before)}, then ${nameOf(after)}: two processes see each other's sessions`, {
        timeout,
      }, async (t) => {
        const lane = await openLane(t, database)
        // What the step before needs: with the last one, `secure` has run.
        const [one, other] = [await start(t, lane.url, before), await start(t, lane.url, after)]
        for (const [writer, reader] of [
          [one, other],
          [other, one],
        ]) {
          const token = randomUUID()
          const row = { sessionToken: token, userId: lane.user.id, expires: inDays(1) }
          const made = await writer.createSession(row)
          assert.equal(made.sessionToken, token)
          const stored = writes[writer === one ? before : after]
          assert.deepEqual(await lane.stored(), [stored === "hash" ? hashOf(token) : token])
          const found = await reader.getSessionAndUser(token)
          assert.deepEqual([found.session.sessionToken, found.user.id], [token, lane.user.id])
          const expires = inDays(2)
          const updated = await reader.updateSession({ sessionToken: token, expires })
          assert.deepEqual(updated, { ...made, expires: expires.toISOString() })
          assert.deepEqual(await writer.getSessionAndUser(token), { ...found, session: updated })
          const [listed] = await writer.listSessions(lane.user.id, { currentToken: token })
          assert.deepEqual(await reader.listSessions(lane.user.id, { currentToken: token }), [listed])
          assert.equal(listed.current, true)
          assert.equal(await reader.revokeOtherSessions(lane.user.id, token), 0)
          assert.deepEqual(await reader.deleteSession(token), updated)
          assert.equal(await writer.getSessionAndUser(token), null)
        }
      })
    }

    test("a session that is written with hashed gets the hash; others stay as they are", { timeout }, async (t) => {
      const lane = await openLane(t, database)
      const token = await lane.session("plain")
      const [{ id }] = await lane.of(undefined).listSessions(lane.user.id)
      const expires = inDays(3)
      for (const mode of [undefined, "accept-hashed"]) {
        await lane.of(mode).updateSession({ sessionToken: token, expires })
        assert.deepEqual(await lane.stored(), [token], mode)
      }
      const hashed = lane.of("hashed")
      await hashed.getSessionAndUser(token)
      await hashed.updateSession({ sessionToken: token })
      assert.deepEqual(await lane.stored(), [token])
      const updated = await hashed.updateSession({ sessionToken: token, expires })
      assert.deepEqual(updated, { sessionToken: token, userId: lane.user.id, expires })
      assert.deepEqual(await lane.stored(), [hashOf(token)])
      assert.deepEqual(await hashed.updateSession({ sessionToken: token, expires }), updated)
      for (const mode of modes.slice(1)) {
        assert.equal((await lane.of(mode).listSessions(lane.user.id))[0].id, id)
        assert.deepEqual((await lane.of(mode).getSessionAndUser(token)).session, updated)
      }
    })

    test("all three steps: no user is signed out, and every listed session keeps its id", { timeout }, async (t) => {
      const lane = await openLane(t, database)
      const tokens = []
      for (let count = 0; count < 30; count++) tokens.push(await lane.session("plain"))
      const idsOf = async (mode) => (await lane.of(mode).listSessions(lane.user.id)).map(({ id }) => id).sort()
      const ids = await idsOf(undefined)
      const isSignedIn = async (mode) => {
        const found = await Promise.all(tokens.map((token) => lane.of(mode).getSessionAndUser(token)))
        assert.deepEqual(
          found.map((each) => each?.session.sessionToken),
          tokens,
          mode,
        )
        assert.deepEqual(await idsOf(mode), ids)
      }
      await isSignedIn("accept-hashed")
      await isSignedIn("hashed")
      await lane.of("hashed").updateSession({ sessionToken: tokens[0], expires: inDays(9) })
      await isSignedIn("accept-hashed")
      assert.deepEqual((await cli(["secure", lane.url, "--batch-size", "7"])).stdout, "secured 29 session tokens\n")
      for (const mode of ["accept-hashed", "hashed", "hashed-only"]) await isSignedIn(mode)
      assert.deepEqual(await lane.stored(), tokens.map(hashOf).sort())
      // One listed before is ended after.
      const [first] = await lane.of(undefined).listSessions(lane.user.id)
      assert.equal(await lane.of("hashed-only").revokeSession(lane.user.id, first.id), true)
    })

    test("while `secure` converts, every look-up finds its session", { timeout }, async (t) => {
      const lane = await openLane(t, database)
      const tokens = []
      for (let count = 0; count < 300; count++) tokens.push(await lane.session("plain"))
      tokens.push(await lane.session("hash"))
      let over = false
      const securing = cli(["secure", lane.url, "--batch-size", "5"]).finally(() => (over = true))
      const adapters = [lane.of("accept-hashed"), lane.of("hashed")]
      let looked = 0
      const person = async (number) => {
        for (let step = number; !over; step += 7) {
          const token = tokens[step % tokens.length]
          const adapter = adapters[step % 2]
          const found = await adapter.getSessionAndUser(token)
          assert.equal(found?.session.sessionToken, token)
          if (step % 5 === 0) {
            const updated = await adapter.updateSession({ sessionToken: token, expires: inDays(4) })
            assert.equal(updated?.sessionToken, token)
          }
          looked++
          await sleep(1)
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, number) => person(number)))
      const { code, stderr } = await securing
      assert.equal(code, 0, stderr)
      assert.ok(looked > 50, `${looked}`)
      assert.deepEqual(await lane.stored(), tokens.map(hashOf).sort())
    })

    test("each mode finds what it says, and writes what it says", { timeout }, async (t) => {
      const lane = await openLane(t, database)
      for (const form of ["plain", "hash"]) {
        const token = await lane.session(form)
        for (const mode of modes) {
          const found = await lane.of(mode).getSessionAndUser(token)
          assert.equal(found !== null, finds[mode].includes(form), `${nameOf(mode)}: ${form}`)
        }
        await lane.rows(`DELETE FROM "session"`)
      }
      for (const mode of modes) {
        const sessionToken = randomUUID()
        const row = { sessionToken, userId: lane.user.id, expires: inDays(1) }
        assert.deepEqual(await lane.of(mode).createSession(row), row)
        assert.deepEqual(await lane.stored(), [writes[mode] === "hash" ? hashOf(sessionToken) : sessionToken])
        await lane.rows(`DELETE FROM "session"`)
      }
    })
  })
}
