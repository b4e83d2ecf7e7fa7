// Instants are exact to the millisecond, in any year, server's time zone and process's time zone.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newSession, newUser, newVerificationToken } from "./rows.js"

const instants = [
  "1970-01-01T00:00:00.000Z",
  "1970-01-01T00:00:00.001Z",
  "1969-12-31T23:59:59.999Z",
  "1901-12-13T20:45:51.999Z",
  "1000-01-02T00:00:00.000Z",
  "1582-10-10T10:10:10.010Z",
  "1883-11-18T17:00:00.123Z",
  "2024-02-29T12:34:56.789Z",
  "2024-12-31T23:59:59.999Z",
  "2016-12-31T23:59:59.999Z",
  // Gaps and overlaps of time zones that the server or the process may be in.
  "2026-03-29T01:30:00.500Z",
  "2026-10-25T01:30:00.500Z",
  "2026-03-08T07:30:00.007Z",
  "2026-11-01T06:30:00.070Z",
  "2038-01-19T03:14:07.999Z",
  "2038-01-19T03:14:08.001Z",
  "2106-02-07T06:28:16.123Z",
  "9999-12-31T00:00:00.001Z",
].map((text) => new Date(text))

export function dates(database) {
  const lane = openLane(database)

  const kept = async () => {
    for (const instant of instants) {
      const what = instant.toISOString()
      const user = newUser({ emailVerified: instant })
      assert.deepEqual(await lane.adapter.createUser(user), user, what)
      assert.deepEqual(await lane.adapter.getUser(user.id), user, what)
      await lane.holds("user", { id: user.id }, user)

      const session = newSession(user.id, { expires: instant })
      assert.deepEqual(await lane.adapter.createSession(session), session, what)
      assert.deepEqual(await lane.adapter.getSessionAndUser(session.sessionToken), { session, user }, what)
      await lane.holds("session", { sessionToken: session.sessionToken }, session)

      const token = newVerificationToken({ expires: instant })
      await lane.adapter.createVerificationToken(token)
      await lane.holds("verificationToken", { token: token.token }, token)
      assert.deepEqual(await lane.adapter.useVerificationToken(token), token, what)
    }
  }

  test("every instant comes back to the millisecond, and is stored so", kept)

  test("updates keep every instant", async () => {
    const user = await lane.user()
    const session = await lane.adapter.createSession(newSession(user.id))
    for (const instant of instants) {
      assert.deepEqual(await lane.adapter.updateUser({ id: user.id, emailVerified: instant }), {
        ...user,
        emailVerified: instant,
      })
      const updated = await lane.adapter.updateSession({ sessionToken: session.sessionToken, expires: instant })
      assert.deepEqual(updated, { ...session, expires: instant })
      await lane.holds("session", { sessionToken: session.sessionToken }, updated)
    }
  })

  for (const zone of ["America/New_York", "Asia/Kathmandu"]) {
    test(`the same while this process is in ${zone}`, async (t) => {
      const before = process.env.TZ
      t.after(() => {
        if (before === undefined) delete process.env.TZ
        else process.env.TZ = before
      })
      process.env.TZ = zone
      assert.notEqual(new Date().getTimezoneOffset(), 0)
      await kept()
    })
  }

  if (database.name === "postgres") {
    test("the same while the database is in Asia/Kathmandu", async (t) => {
      const [{ name }] = await lane.rows("SELECT current_database() AS name")
      await lane.rows(`ALTER DATABASE "${name}" SET timezone = 'Asia/Kathmandu'`)
      t.after(() => lane.rows(`ALTER DATABASE "${name}" RESET timezone`))
      await kept()
    })
  }

  test("dates are dates of the caller's realm", async () => {
    const user = await lane.user()
    const session = await lane.adapter.createSession(newSession(user.id))
    const found = await lane.adapter.getSessionAndUser(session.sessionToken)
    for (const date of [user.emailVerified, session.expires, found.session.expires, found.user.emailVerified]) {
      assert.ok(date instanceof Date)
      assert.equal(Object.getPrototypeOf(date), Date.prototype)
    }
  })

  test("a date that travelled through JSON is a date again", async () => {
    const instant = new Date("2031-05-06T07:08:09.123Z")
    for (const text of [
      JSON.parse(JSON.stringify(instant)),
      "2031-05-06T09:08:09.123+02:00",
      "2031-05-05T21:08:09.123-10:00",
    ]) {
      const user = newUser({ emailVerified: text })
      assert.deepEqual(await lane.adapter.createUser(user), { ...user, emailVerified: instant })
      await lane.holds("user", { id: user.id }, { ...user, emailVerified: instant })
    }
  })

  test("what no database here can store is ERR_INVALID_VALUE on all of them", async () => {
    await lane.unchangedBy(async () => {
      for (const emailVerified of [
        new Date(NaN),
        new Date(8.64e15),
        new Date(-8.64e15),
        "tomorrow",
        "2031-02-30T00:00:00Z",
        "",
      ]) {
        await assert.rejects(
          lane.adapter.createUser(newUser({ emailVerified })),
          failure("ERR_INVALID_VALUE", { table: "user", field: "emailVerified", method: "createUser" }),
        )
      }
    })
  })
}
