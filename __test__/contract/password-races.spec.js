// What is under way when the owner of an address comes, or when a password is changed: none of it outlives that.
import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { credentials } from "../../credentials.js"
import { RustAdapter } from "../../index.js"
import { lockSqlite } from "../boundary/sqlite-lock.js"
import { databases } from "../databases.js"
import { failure } from "./failure.js"
import { newEmail, openPlace, password } from "./password-place.js"
import { newAccount, newSession } from "./rows.js"

const request = new Request("http://localhost/callback/credentials", { method: "POST" })
const overtaken = failure("ERR_NOT_FOUND", { method: "passwords.set" })

/** What tells that an address is its user's. */
const verifications = {
  "a magic link": (adapter, { id }) => adapter.updateUser({ id, emailVerified: new Date() }),
  "a trusted provider": (adapter, { id }) => adapter.linkAccount(newAccount(id)),
}

/** Keeps all threads that hash busy with passwords that take long. Resolves when they have begun; its answer, when they have ended. */
async function holdThreads() {
  const slow = RustAdapter(":memory:", { migrate: true, passwords: { iterations: 100 } })
  await slow.getUser("nobody")
  const threads = Math.max(1, availableParallelism() - 1)
  const busy = Array.from({ length: threads }, () => slow.passwords.register({ email: newEmail(), password }))
  await sleep(100)
  return async () => {
    await Promise.all(busy)
    await slow.close()
  }
}

/** Locks the user's row, as far as the database has locks of rows. Resolves to what lets go of it. */
async function holdUser(t, lane, user) {
  if (lane.database.path) return lockSqlite(t, lane.database.path)
  await lane.rows("START TRANSACTION")
  await lane.rows(`SELECT "id" FROM "user" WHERE "id" = ? FOR UPDATE`, user.id)
  return () => lane.rows("COMMIT")
}

for (const database of databases) {
  describe(`passwords in a table of ours on ${database.name}`, () => races(openPlace(database, null)))
  describe(`passwords in a column on ${database.name}`, () => races(openPlace(database, "password")))
}

function races({ lane, open, hashOf, registered, sessionsOf }) {
  const mallorys = async () => {
    const user = await registered({ password: "mallory's own" })
    return { user, session: await lane.adapter.createSession(newSession(user.id)) }
  }
  const isOwners = async (user) => {
    assert.equal(await hashOf(user), null)
    assert.equal(await sessionsOf(user), 0)
  }

  for (const [way, verify] of Object.entries(verifications)) {
    describe(`while the owner comes by ${way}`, () => {
      /** `set` has begun, and has no hash yet, when the owner comes. On a busy machine it takes more than one try to have it so. */
      const overtakes = async (adapter, make, options) => {
        for (let tries = 0; tries < 12; tries++) {
          const user = await make()
          const released = await holdThreads()
          const setting = adapter.passwords.set(user.id, "mallory's next", options)
          const settled = setting.then(() => true).catch(() => false)
          await sleep(200)
          await verify(adapter, user)
          await released()
          // It has begun after the owner's verification, or ended before: no race.
          if (await settled) continue
          await isOwners(user)
          return assert.rejects(setting, overtaken)
        }
        assert.fail("the password was stored each time")
      }

      test("a password that is being set is not stored", () =>
        overtakes(lane.adapter, async () => (await mallorys()).user, { endSessions: false }))

      test("nor is a first one", async () => {
        // The user is one whom another process has made.
        const adapter = open({ pool: { idleTimeoutMs: 59_998 } })
        await adapter.getUser("nobody")
        await overtakes(adapter, () => lane.user({ emailVerified: null }))
        await adapter.close()
      })

      test("a sign-in whose password has been compared opens no session", async () => {
        const { user } = await mallorys()
        const signIn = credentials(lane.adapter)
        const given = { email: user.email, password: "mallory's own" }
        assert.equal((await signIn.authorize(given, request)).id, user.id)
        // A comparison of the application's own is told by whether there is a password at all.
        const own = credentials(lane.adapter)
        const compare = own.guard(({ email, password }) => lane.adapter.passwords.verify({ email, password }))
        assert.equal((await compare(given, request)).id, user.id)
        await verify(lane.adapter, user)
        for (const { jwt } of [signIn, own]) {
          await assert.rejects(
            jwt.encode({ token: { sub: user.id } }),
            failure("ERR_NOT_FOUND", { method: "createSession", table: "user" }),
          )
        }
        await isOwners(user)
      })

      test("all that waits for the user's row is the owner's in the end", async (t) => {
        for (const first of ["verify", "others"]) {
          const { user, session } = await mallorys()
          const signIn = credentials(lane.adapter)
          await signIn.authorize({ email: user.email, password: "mallory's own" }, request)
          const others = () =>
            Promise.allSettled([
              lane.adapter.passwords.set(user.id, "mallory's next", { currentToken: session.sessionToken }),
              signIn.jwt.encode({ token: { sub: user.id } }),
            ])
          const release = await holdUser(t, lane, user)
          const early = first === "others" && others()
          // The hash of the password that is set is ready, and waits.
          await sleep(300)
          const verifying = verify(lane.adapter, user)
          await sleep(100)
          const late = first === "verify" && others()
          await sleep(200)
          await release()
          await verifying
          await Promise.all([early, late])
          await isOwners(user)
        }
      })
    })
  }

  test("a session that has ended changes no password", async () => {
    const { user, session } = await mallorys()
    await lane.adapter.updateUser({ id: user.id, emailVerified: new Date() })
    const { sessionToken: currentToken } = session
    const others = await lane.adapter.createSession(newSession((await lane.user()).id))
    const expired = await lane.adapter.createSession({ ...newSession(user.id), expires: new Date(Date.now() - 5_000) })
    for (const token of [currentToken, others.sessionToken, expired.sessionToken]) {
      await assert.rejects(
        lane.adapter.passwords.set(user.id, "mallory's next", { currentToken: token }),
        failure("ERR_NOT_FOUND", { method: "passwords.set", table: "session" }),
      )
    }
    await lane.adapter.deleteSession(expired.sessionToken)
    await isOwners(user)
  })

  test("a sign-in with the password of before opens no session after a change", async () => {
    const user = await registered()
    const signIn = credentials(lane.adapter)
    assert.ok(await signIn.authorize({ email: user.email, password }, request))
    await lane.adapter.passwords.set(user.id, "the second")
    await assert.rejects(
      signIn.jwt.encode({ token: { sub: user.id } }),
      failure("ERR_NOT_FOUND", { method: "createSession" }),
    )
    // Nor beside one with the new password, which nothing tells apart from it; that one can be repeated.
    const before = await signIn.authorize({ email: user.email, password: "the second" }, request)
    await lane.adapter.passwords.set(user.id, "the third")
    assert.ok(before && (await signIn.authorize({ email: user.email, password: "the third" }, request)))
    for (let n = 0; n < 2; n++) {
      await assert.rejects(signIn.jwt.encode({ token: { sub: user.id } }), failure("ERR_NOT_FOUND"))
    }
    assert.equal(await sessionsOf(user), 0)
    assert.ok(await signIn.authorize({ email: user.email, password: "the third" }, request))
    const token = await signIn.jwt.encode({ token: { sub: user.id } })
    assert.ok(await lane.adapter.getSessionAndUser(token))
  })

  test("many sign-ins of one user at once all open their sessions", async () => {
    const user = await registered()
    const signIn = credentials(lane.adapter, { rateLimit: false })
    const one = async () => {
      assert.ok(await signIn.authorize({ email: user.email, password }, request))
      return signIn.jwt.encode({ token: { sub: user.id } })
    }
    const tokens = await Promise.all(Array.from({ length: 25 }, one))
    assert.equal(new Set(tokens).size, 25)
    assert.equal(await sessionsOf(user), 25)
  })
}
