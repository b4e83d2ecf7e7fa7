import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { claimInProcesses } from "./claims.js"
import { newAccount, newSession, newUser, newVerificationToken } from "./rows.js"

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)))

export function concurrency(database) {
  const lane = openLane(database)
  /** Another pool on the same database. */
  const withOther = async (t, max) => {
    const other = RustAdapter(lane.database.url, { ...database.options, pool: { max } })
    t.after(() => other.close())
    await other.getUser("nobody")
    return [lane.adapter, other]
  }

  test("a verification token has one winner: 20 callers, 50 rounds", async () => {
    for (let round = 0; round < 50; round++) {
      const token = await lane.adapter.createVerificationToken(newVerificationToken())
      const results = await times(20, () => lane.adapter.useVerificationToken(token))
      assert.deepEqual(results.filter(Boolean), [token], `round ${round}`)
      assert.equal(results.filter((result) => result === null).length, 19)
    }
    assert.deepEqual(await lane.stored("verificationToken"), [])
  })

  test("one winner also among two pools", async (t) => {
    const adapters = await withOther(t, 4)
    for (let round = 0; round < 20; round++) {
      const token = await lane.adapter.createVerificationToken(newVerificationToken())
      const results = await times(20, (i) => adapters[i % 2].useVerificationToken(token))
      assert.deepEqual(results.filter(Boolean), [token], `round ${round}`)
    }
  })

  test("one winner also among processes", { timeout: 60_000 }, async () => {
    const tokens = await times(30, () => lane.adapter.createVerificationToken(newVerificationToken()))
    const claims = await claimInProcesses(2, lane.database.url, database.options, tokens)
    assert.deepEqual(claims.flat().sort(), tokens.map(({ token }) => token).sort())
    assert.deepEqual(await lane.stored("verificationToken"), [])
  })

  test("a session is deleted by one caller, an account unlinked by one, a user deleted by one", async () => {
    for (let round = 0; round < 5; round++) {
      const user = await lane.user()
      const session = await lane.adapter.createSession(newSession(user.id))
      const account = await lane.adapter.linkAccount(newAccount(user.id))
      const winners = async (call) => (await times(10, call)).filter(Boolean)
      assert.deepEqual(await winners(() => lane.adapter.deleteSession(session.sessionToken)), [session])
      assert.deepEqual(await winners(() => lane.adapter.unlinkAccount(account)), [account])
      assert.deepEqual(await winners(() => lane.adapter.deleteUser(user.id)), [user])
    }
  })

  test("10 identical linkAccount: one row, and all succeed", async (t) => {
    const adapters = await withOther(t, 4)
    for (let round = 0; round < 10; round++) {
      const account = newAccount((await lane.user()).id)
      assert.deepEqual(await times(10, (i) => adapters[i % 2].linkAccount(account)), Array(10).fill(account))
      await lane.holds("account", { providerAccountId: account.providerAccountId }, account)
    }
  })

  test("10 users want one account: one has it, the others get ERR_UNIQUE", async (t) => {
    const adapters = await withOther(t, 4)
    for (let round = 0; round < 5; round++) {
      const users = await times(10, () => lane.user())
      const providerAccountId = randomUUID()
      const results = await Promise.allSettled(
        users.map(({ id }, i) => adapters[i % 2].linkAccount(newAccount(id, { providerAccountId }))),
      )
      onlyOneWins(results)
      const [{ value }] = results.filter(({ status }) => status === "fulfilled")
      await lane.holds("account", { providerAccountId }, value)
    }
  })

  test("parallel createUser with one e-mail: one user, the others ERR_UNIQUE", async (t) => {
    const adapters = await withOther(t, 4)
    for (let round = 0; round < 10; round++) {
      const { email } = newUser()
      onlyOneWins(
        await Promise.allSettled(Array.from({ length: 10 }, (_, i) => adapters[i % 2].createUser(newUser({ email })))),
      )
      assert.equal((await lane.storedWhere("user", { email })).length, 1)
    }
  })

  test("parallel updates of one user all take effect", async () => {
    const user = await lane.user()
    const patches = [{ name: "parallel" }, { image: "parallel" }, { emailVerified: new Date(1) }]
    await times(30, (i) => lane.adapter.updateUser({ id: user.id, ...patches[i % 3] }))
    await lane.holds("user", { id: user.id }, Object.assign({}, user, ...patches))
  })

  test("linking and signing in while the user is deleted leaves no orphan", async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await lane.user()
      const gone = failure("ERR_FOREIGN_KEY")
      await Promise.all([
        lane.adapter.linkAccount(newAccount(id)).catch(gone),
        lane.adapter.createSession(newSession(id)).catch(gone),
        lane.adapter.deleteUser(id),
        lane.adapter.linkAccount(newAccount(id)).catch(gone),
        lane.adapter.createSession(newSession(id)).catch(gone),
      ])
      assert.deepEqual(await lane.storedWhere("user", { id }), [])
      assert.deepEqual(await lane.storedWhere("account", { userId: id }), [])
      assert.deepEqual(await lane.storedWhere("session", { userId: id }), [])
    }
  })

  test("a read that begins after a write has ended sees it", async (t) => {
    const adapters = await withOther(t, 4)
    for (let round = 0; round < 30; round++) {
      const user = await adapters[round % 2].createUser(newUser())
      assert.deepEqual(await adapters[(round + 1) % 2].getUser(user.id), user)
    }
  })

  test("500 mixed calls at once each get their own answer", async () => {
    const users = await times(50, () => lane.user())
    const sessions = await Promise.all(users.map(({ id }) => lane.adapter.createSession(newSession(id))))
    await times(500, async (i) => {
      const [user, session] = [users[i % 50], sessions[i % 50]]
      if (i % 3 === 0) assert.deepEqual(await lane.adapter.getSessionAndUser(session.sessionToken), { session, user })
      else if (i % 3 === 1) assert.deepEqual(await lane.adapter.getUserByEmail(user.email), user)
      else assert.equal(await lane.adapter.getUser(`nobody ${i}`), null)
    })
  })
}

function onlyOneWins(results) {
  const failures = results.filter(({ status }) => status === "rejected")
  for (const { reason } of failures) failure("ERR_UNIQUE")(reason)
  assert.equal(failures.length, results.length - 1)
}
