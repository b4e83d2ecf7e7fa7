// What an application builds "your devices" and "linked accounts" on: lists without secrets, and ways out of sessions.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newAccount, newSession } from "./rows.js"

export function devices(database) {
  const lane = openLane(database)
  const session = (user, given) => lane.adapter.createSession(newSession(user.id, given))
  const tokensOf = async (user) =>
    (await lane.storedWhere("session", { userId: user.id })).map((row) => row.sessionToken).sort()

  /** A user with three devices, of which one's session has expired, and another user with one. */
  async function household() {
    const [user, other] = [await lane.user(), await lane.user()]
    const [phone, laptop, expired] = [
      await session(user, { expires: inDays(1) }),
      await session(user, { expires: inDays(2) }),
      await session(user, { expires: inDays(-1) }),
    ]
    return { user, other, phone, laptop, expired, theirs: await session(other) }
  }

  describe("listSessions", () => {
    test("lists what has not expired, the newest first, and marks the current one", async () => {
      const { user, phone, laptop } = await household()
      const listed = await lane.adapter.listSessions(user.id, { currentToken: phone.sessionToken })
      assert.deepEqual(
        listed.map(({ id, ...rest }) => rest),
        [
          { userId: user.id, expires: laptop.expires, current: false },
          { userId: user.id, expires: phone.expires, current: true },
        ],
      )
      assert.ok(listed[0].expires instanceof Date)
    })

    test("marks none without a token, nor with another one", async () => {
      const { user, phone, expired, theirs } = await household()
      const others = [
        undefined,
        null,
        "",
        "nobody's",
        "a\0b",
        phone.sessionToken.toUpperCase(),
        ` ${phone.sessionToken}`,
      ]
      for (const currentToken of [...others, expired.sessionToken, theirs.sessionToken]) {
        const listed = await lane.adapter.listSessions(user.id, { currentToken })
        assert.deepEqual(
          listed.map(({ current }) => current),
          [false, false],
        )
      }
      assert.equal((await lane.adapter.listSessions(user.id)).length, 2)
    })

    test("shows ids that last, that tell sessions apart, and that give no token away", async () => {
      const { user, phone, laptop } = await household()
      const listed = await lane.adapter.listSessions(user.id)
      const ids = listed.map(({ id }) => id)
      assert.equal(new Set(ids).size, 2)
      for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
      await lane.adapter.updateSession({ sessionToken: phone.sessionToken, expires: inDays(3) })
      assert.deepEqual(
        (await lane.adapter.listSessions(user.id)).map(({ id }) => id),
        ids.reverse(),
      )
      const shown = JSON.stringify(listed)
      for (const { sessionToken } of [phone, laptop]) {
        assert.ok(!shown.includes(sessionToken))
        for (const hash of ["sha256", "sha1", "md5"]) {
          assert.ok(!shown.includes(createHash(hash).update(sessionToken).digest("hex").slice(0, 32)), hash)
        }
      }
      for (const id of ids) assert.equal(await lane.adapter.getSessionAndUser(id), null)
    })

    test("is empty for a user without sessions, and for one who is not there", async () => {
      await household()
      for (const id of [(await lane.user()).id, "nobody", "a\0b", "x".repeat(300), 5, "%"]) {
        assert.deepEqual(await lane.adapter.listSessions(id), [])
      }
    })

    test("sees what was written before it", async () => {
      const user = await lane.user()
      for (let count = 1; count <= 20; count++) {
        await session(user)
        assert.equal((await lane.adapter.listSessions(user.id)).length, count)
      }
    })
  })

  describe("revokeSession", () => {
    test("deletes the one, once", async () => {
      const { user, phone, laptop, expired } = await household()
      const [newest] = await lane.adapter.listSessions(user.id)
      assert.equal(await lane.adapter.revokeSession(user.id, newest.id), true)
      assert.equal(await lane.adapter.getSessionAndUser(laptop.sessionToken), null)
      assert.deepEqual(
        await tokensOf(user),
        [phone, expired].map(({ sessionToken }) => lane.storedToken(sessionToken)).sort(),
      )
      await lane.unchangedBy(async () => assert.equal(await lane.adapter.revokeSession(user.id, newest.id), false))
    })

    test("deletes no other user's, and nothing by anything but a listed id", async () => {
      const { user, other, phone, theirs } = await household()
      const [{ id }] = await lane.adapter.listSessions(other.id)
      const [mine] = await lane.adapter.listSessions(user.id)
      const ids = [
        id,
        phone.sessionToken,
        theirs.sessionToken,
        mine.id.toUpperCase(),
        ` ${mine.id}`,
        mine.id.slice(1),
        user.id,
        "%",
        "a\0b",
        "\ud800",
      ]
      await lane.unchangedBy(async () => {
        for (const each of ids) assert.equal(await lane.adapter.revokeSession(user.id, each), false)
        for (const each of ["nobody", user.id.toUpperCase(), ` ${user.id}`, "a\0b"]) {
          assert.equal(await lane.adapter.revokeSession(each, mine.id), false)
        }
      })
    })

    test("of all who revoke the same at once, one did", async () => {
      const { user } = await household()
      const [{ id }] = await lane.adapter.listSessions(user.id)
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => lane.adapter.revokeSession(user.id, id)))
      assert.equal(outcomes.filter(Boolean).length, 1)
    })
  })

  describe("revokeOtherSessions", () => {
    test("leaves the one with the token, and other users'", async () => {
      const { user, other, phone, theirs } = await household()
      assert.equal(await lane.adapter.revokeOtherSessions(user.id, phone.sessionToken), 2)
      assert.deepEqual(await tokensOf(user), [lane.storedToken(phone.sessionToken)])
      assert.deepEqual(await tokensOf(other), [lane.storedToken(theirs.sessionToken)])
      assert.equal(await lane.adapter.revokeOtherSessions(user.id, phone.sessionToken), 0)
    })

    test("leaves only the very same token", async () => {
      const user = await lane.user()
      const tokens = ["Tok-é-1", "tok-é-1", "Tok-e-1", "Tok-é-1 "]
      for (const sessionToken of tokens) await session(user, { sessionToken: `${user.id}${sessionToken}` })
      assert.equal(await lane.adapter.revokeOtherSessions(user.id, `${user.id}Tok-é-1`), 3)
      assert.deepEqual(await tokensOf(user), [lane.storedToken(`${user.id}Tok-é-1`)])
    })

    test("with a token that is not the user's, leaves none", async () => {
      const { user, other, theirs } = await household()
      assert.equal(await lane.adapter.revokeOtherSessions(user.id, theirs.sessionToken), 3)
      assert.deepEqual(await tokensOf(user), [])
      assert.deepEqual(await tokensOf(other), [lane.storedToken(theirs.sessionToken)])
    })

    test("with a token that cannot be stored, changes nothing and says so", async () => {
      const { user } = await household()
      await lane.unchangedBy(async () => {
        for (const token of ["a\0b", "\ud800", "x".repeat(513)]) {
          await assert.rejects(
            lane.adapter.revokeOtherSessions(user.id, token),
            failure("ERR_INVALID_VALUE", { method: "revokeOtherSessions", table: "session", field: "sessionToken" }),
          )
        }
      })
    })
  })

  test("revokeAllSessions deletes all of the user's and no other user's", async () => {
    const { user, other, theirs } = await household()
    assert.equal(await lane.adapter.revokeAllSessions(user.id), 3)
    assert.deepEqual(await tokensOf(user), [])
    assert.deepEqual(await tokensOf(other), [lane.storedToken(theirs.sessionToken)])
    await lane.unchangedBy(async () => {
      for (const id of [user.id, other.id.toUpperCase(), ` ${other.id}`, "nobody", "a\0b", "%"]) {
        assert.equal(await lane.adapter.revokeAllSessions(id), 0)
      }
    })
  })

  test("listAccounts lists the user's accounts without tokens", async () => {
    const [user, other] = [await lane.user(), await lane.user()]
    const google = await lane.adapter.linkAccount(newAccount(user.id, { provider: "google", type: "oidc" }))
    const github = await lane.adapter.linkAccount(newAccount(user.id))
    await lane.adapter.linkAccount(newAccount(other.id))
    const shown = ({ userId, type, provider, providerAccountId, expires_at, token_type, scope }) => ({
      userId,
      type,
      provider,
      providerAccountId,
      expires_at,
      token_type,
      scope,
    })
    const listed = await lane.adapter.listAccounts(user.id)
    assert.deepEqual(listed, [shown(github), shown(google)])
    for (const id of ["nobody", user.id.toUpperCase(), "a\0b"])
      assert.deepEqual(await lane.adapter.listAccounts(id), [])
  })

  test("what cannot be meant is ERR_INVALID_ARGUMENT, and nothing happens", async () => {
    const { user, phone } = await household()
    const noUsers = [undefined, null, "", true, {}, [], () => {}, Symbol("x"), new Date()]
    const noTexts = [undefined, null, "", 5, true, {}, []]
    const refused = (method, ...given) =>
      assert.rejects(lane.adapter[method](...given), failure("ERR_INVALID_ARGUMENT", { method }))
    await lane.unchangedBy(async () => {
      for (const id of noUsers) {
        await refused("listSessions", id)
        await refused("listAccounts", id)
        await refused("revokeSession", id, "0".repeat(32))
        await refused("revokeOtherSessions", id, phone.sessionToken)
        await refused("revokeAllSessions", id)
      }
      for (const text of noTexts) {
        await refused("revokeSession", user.id, text)
        await refused("revokeOtherSessions", user.id, text)
      }
      for (const options of [null, 5, "x", []]) await refused("listSessions", user.id, options)
      for (const currentToken of [5, true, {}, []]) await refused("listSessions", user.id, { currentToken })
    })
  })
}
