// A DELETE in whose place the database does something else: a rule, or a view's trigger, that marks the row or hides it. The DELETE
// itself then tells nothing; what a caller finds no more counts as deleted, and what is still there is a rejection.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newSession, newUser, newVerificationToken } from "./rows.js"
import { instead, soft } from "./soft-deletes.js"

const keys = {
  session: ["sessionToken"],
  account: ["provider", "providerAccountId"],
  authenticator: ["credentialID"],
  verificationToken: ["identifier", "token"],
  user: ["id"],
}

const opened = (database, prepare) =>
  openLane(database, {
    prepare: async (lane) => {
      await lane.adapter.close()
      await prepare(lane)
      lane.adapter = RustAdapter(lane.database.url, database.options)
      lane.other = RustAdapter(lane.database.url, { ...database.options, pool: { max: 3 } })
    },
  })

export function replacedDeletes(database) {
  for (const [kind, make] of Object.entries(soft[database.name] ?? {})) {
    describe(kind, () => {
      const lane = opened(database, async ({ rows }) => {
        for (const [table, key] of Object.entries(keys)) await make(rows, table, key)
      })
      gone(lane)
    })
  }
  if (!instead[database.name]) return
  describe("rows that stay", () => {
    kept(
      opened(database, async ({ rows }) => {
        for (const [table, key] of Object.entries(keys)) await instead[database.name](rows, table, key)
      }),
    )
  })
}

function gone(lane) {
  after(() => lane.other?.close())
  const times = (count, call) =>
    Promise.all(Array.from({ length: count }, (_, at) => call(at % 2 ? lane.adapter : lane.other)))
  const person = async () => {
    const user = await lane.adapter.createUser(newUser())
    const sessions = []
    for (let count = 0; count < 3; count++) sessions.push(await lane.adapter.createSession(newSession(user.id)))
    return { user, sessions, tokens: sessions.map(({ sessionToken }) => sessionToken) }
  }
  const left = async (tokens) => {
    const found = await Promise.all(tokens.map((token) => lane.adapter.getSessionAndUser(token)))
    return tokens.filter((_, at) => found[at])
  }

  test("deleteSession answers the session, once", async () => {
    const { sessions, tokens } = await person()
    const answers = (await times(10, (adapter) => adapter.deleteSession(tokens[0]))).filter(Boolean)
    assert.deepEqual(answers, [sessions[0]])
    assert.deepEqual(await left(tokens), tokens.slice(1))
  })

  test("sessions that are revoked are counted", async () => {
    const { user, tokens } = await person()
    const [one, other] = [await person(), await person()]
    assert.equal(await lane.adapter.revokeOtherSessions(user.id, tokens[1]), 2)
    assert.deepEqual(await left(tokens), [tokens[1]])
    assert.equal(await lane.adapter.revokeOtherSessions(user.id, tokens[1]), 0)
    assert.equal(await lane.adapter.revokeAllSessions(one.user.id), 3)
    assert.equal(await lane.adapter.revokeAllSessions(one.user.id), 0)
    const [listed] = await lane.adapter.listSessions(other.user.id)
    assert.equal(await lane.adapter.revokeSession(other.user.id, listed.id), true)
    assert.equal(await lane.adapter.revokeSession(other.user.id, listed.id), false)
    assert.equal((await left(other.tokens)).length, 2)
  })

  test("of 20 callers, one uses a verification token", async () => {
    for (let round = 0; round < 5; round++) {
      const token = await lane.adapter.createVerificationToken(newVerificationToken())
      const answers = (await times(20, (adapter) => adapter.useVerificationToken(token))).filter(Boolean)
      assert.deepEqual(answers, [token])
    }
  })

  test("deleteUser answers the user, whose rows go along", async () => {
    const { user, tokens } = await person()
    const account = await lane.adapter.linkAccount(newAccount(user.id))
    const second = await lane.adapter.linkAccount(newAccount(user.id))
    await lane.adapter.unlinkAccount(second)
    assert.equal(await lane.adapter.getUserByAccount(second), null)
    assert.deepEqual(await lane.adapter.deleteUser(user.id), user)
    assert.equal(await lane.adapter.deleteUser(user.id), null)
    assert.equal(await lane.adapter.getUser(user.id), null)
    assert.equal(await lane.adapter.getAccount(account.providerAccountId, account.provider), null)
    assert.deepEqual(await left(tokens), [])
  })
}

function kept(lane) {
  after(() => lane.other?.close())
  test("are ERR_NOT_STORED, by each method that deletes, and nothing changes", async () => {
    const { adapter } = lane
    const user = await adapter.createUser(newUser())
    const session = await adapter.createSession(newSession(user.id))
    const { sessionToken } = await adapter.createSession(newSession(user.id))
    const account = await adapter.linkAccount(newAccount(user.id))
    const token = await adapter.createVerificationToken(newVerificationToken())
    const [listed] = await adapter.listSessions(user.id)
    await lane.unchangedBy(async () => {
      for (const [method, table, ...given] of [
        ["deleteSession", "session", sessionToken],
        ["revokeSession", "session", user.id, listed.id],
        ["revokeOtherSessions", "session", user.id, session.sessionToken],
        ["revokeAllSessions", "session", user.id],
        ["unlinkAccount", "account", account],
        ["useVerificationToken", "verificationToken", token],
      ]) {
        await assert.rejects(adapter[method](...given), failure("ERR_NOT_STORED", { method, table }))
      }
      await assert.rejects(adapter.deleteUser(user.id), { code: "ERR_NOT_STORED" })
      assert.equal(await adapter.deleteSession("nobody"), null)
    })
  })
}
