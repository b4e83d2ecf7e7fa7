import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newSession } from "./rows.js"

export function sessions(database) {
  const lane = openLane(database)
  const create = async (given) => lane.adapter.createSession(newSession((await lane.user()).id, given))

  test("createSession stores and returns the row, which becomes the cookie", async () => {
    const session = newSession((await lane.user()).id)
    const created = await lane.adapter.createSession(session)
    assert.deepEqual(created, session)
    assert.ok(created.expires instanceof Date)
    await lane.holds("session", { sessionToken: session.sessionToken }, session)
  })

  test("createSession drops what has no column", async () => {
    const session = newSession((await lane.user()).id)
    const given = { ...session, id: "x", ip: "::1", device: { os: () => {} }, [Symbol("s")]: 1 }
    assert.deepEqual(await lane.adapter.createSession(given), session)
  })

  test("a token is stored to its full length", async () => {
    for (const text of ["x".repeat(512), "😀".repeat(512), 'a b+/=%00;,"\\', ""]) {
      const sessionToken = lane.token(text)
      const session = await create({ sessionToken })
      assert.equal(session.sessionToken, sessionToken)
      assert.deepEqual((await lane.adapter.getSessionAndUser(sessionToken)).session, session)
    }
  })

  test("a taken token is ERR_UNIQUE, a session of a user who is not there ERR_FOREIGN_KEY", async () => {
    const session = await create()
    const other = await lane.user()
    await lane.unchangedBy(async () => {
      for (const userId of [session.userId, other.id]) {
        await assert.rejects(
          lane.adapter.createSession({ ...newSession(userId), sessionToken: session.sessionToken }),
          failure("ERR_UNIQUE", { method: "createSession" }),
        )
      }
      await assert.rejects(
        lane.adapter.createSession(newSession("nobody")),
        failure("ERR_FOREIGN_KEY", { method: "createSession" }),
      )
    })
  })

  test("getSessionAndUser finds both, or null", async () => {
    const user = await lane.user({ name: null, emailVerified: null })
    const session = await lane.adapter.createSession(newSession(user.id))
    await create()
    const found = await lane.adapter.getSessionAndUser(session.sessionToken)
    assert.deepEqual(found, { session, user })
    assert.deepEqual(Object.keys(found), ["session", "user"])
    for (const token of ["invalid", user.id, session.sessionToken.toUpperCase(), ` ${session.sessionToken}`]) {
      assert.equal(await lane.adapter.getSessionAndUser(token), null)
    }
  })

  test("expired sessions are found: core compares and deletes", async () => {
    const session = await create({ expires: inDays(-400) })
    assert.deepEqual((await lane.adapter.getSessionAndUser(session.sessionToken)).session, session)
  })

  test("updateSession changes and returns the row", async () => {
    const [session, other] = [await create(), await create()]
    const expires = new Date("2031-05-06T07:08:09.010Z")
    assert.deepEqual(await lane.adapter.updateSession({ sessionToken: session.sessionToken, expires }), {
      ...session,
      expires,
    })
    await lane.holds("session", { sessionToken: session.sessionToken }, { ...session, expires })
    await lane.holds("session", { sessionToken: other.sessionToken }, other)
  })

  test("updateSession with nothing to change, or nothing new, returns the row", async () => {
    const session = await create()
    const { sessionToken } = session
    await lane.unchangedBy(async () => {
      for (const patch of [
        { sessionToken },
        { sessionToken, expires: undefined },
        session,
        { sessionToken, data: {} },
      ]) {
        assert.deepEqual(await lane.adapter.updateSession(patch), session)
      }
    })
  })

  test("updateSession hands a session over to another user, but not to one who is not there", async () => {
    const session = await create()
    const other = await lane.user()
    const patch = { sessionToken: session.sessionToken, userId: other.id }
    assert.deepEqual(await lane.adapter.updateSession(patch), { ...session, userId: other.id })
    assert.deepEqual((await lane.adapter.getSessionAndUser(session.sessionToken)).user, other)
    await lane.unchangedBy(() =>
      assert.rejects(
        lane.adapter.updateSession({ ...patch, userId: "nobody" }),
        failure("ERR_FOREIGN_KEY", { method: "updateSession" }),
      ),
    )
  })

  test("updateSession of a session that is not there is null", async () => {
    await create()
    await lane.unchangedBy(async () => {
      for (const patch of [
        { sessionToken: "none", expires: new Date() },
        { sessionToken: "none" },
        { expires: new Date() },
        {},
      ]) {
        assert.equal(await lane.adapter.updateSession(patch), null)
      }
    })
  })

  test("deleteSession returns the row, once", async () => {
    const [session, other] = [await create(), await create()]
    assert.deepEqual(await lane.adapter.deleteSession(session.sessionToken), session)
    await lane.unchangedBy(async () => {
      assert.equal(await lane.adapter.deleteSession(session.sessionToken), null)
      assert.equal(await lane.adapter.deleteSession("none"), null)
      assert.equal(await lane.adapter.getSessionAndUser(session.sessionToken), null)
    })
    await lane.holds("session", { sessionToken: other.sessionToken }, other)
  })
}
