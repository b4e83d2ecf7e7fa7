// What becomes of a session after sign-in: renewal, expiry, sign-out, and cookies that never were one.
import assert from "node:assert/strict"
import { test } from "node:test"
import { outcome, secret } from "./app.js"
import { Browser } from "./browser.js"
import { origin } from "./frameworks.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const second = 1000
const day = 24 * 60 * 60 * second
const maxAge = 30 * day
const ada = { id: "ada", name: "Ada", email: "ada@example.com" }

onEveryStage("session", { props: { server: () => OAuthServer.open() } }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const signIn = async (config) => {
    const app = stage.start({ providers: [stage.server.provider()], ...config })
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    return { app, browser, sessionToken: browser.sessionCookie.value }
  }
  /** Lets the stored session run until `expires`. */
  const age = async ({ sessionToken }, expires) => {
    await stage.adapter.updateSession({ sessionToken, expires: new Date(expires) })
    assert.deepEqual(
      (await stored("session")).map((row) => row.expires),
      [expires],
    )
  }

  test("sign-out deletes the row and the cookie, and tells the event which", async () => {
    const events = []
    const { app, browser, sessionToken } = await signIn({ events: { signOut: (message) => void events.push(message) } })
    const [{ userId, expires }] = await stored("session")
    assert.deepEqual(outcome(await browser.submit("signout", { callbackUrl: "/bye" })), { path: "/bye", error: null })

    assert.deepEqual(await stored("session"), [])
    assert.equal(browser.sessionCookie, undefined)
    assert.equal(await browser.session(), null)
    assert.deepEqual(events, [{ session: { sessionToken, userId, expires: new Date(expires) } }])
    assert.equal((await stored("user")).length, 1)
    assert.equal((await stored("account")).length, 1)
    assert.deepEqual(app.errors, [])
  })

  test("sign-out of a session that is gone already", async () => {
    const { app, browser } = await signIn()
    await stage.database.rows(`DELETE FROM "session"`)
    assert.deepEqual(outcome(await browser.submit("signout", { callbackUrl: "/bye" })), { path: "/bye", error: null })
    assert.equal(browser.sessionCookie, undefined)
    assert.deepEqual(app.errors, [])
  })

  test("an expired session is no user's: row and cookie are deleted", async () => {
    const signedIn = await signIn()
    await age(signedIn, Date.now() - 1)
    assert.equal(await signedIn.browser.session(), null)
    assert.deepEqual(await stored("session"), [])
    assert.equal(signedIn.browser.sessionCookie, undefined)
    assert.equal((await stored("user")).length, 1)
    assert.deepEqual(signedIn.app.errors, [])
  })

  test("a session whose user is gone is no user's", async () => {
    const { app, browser } = await signIn()
    const [user] = await stored("user")
    assert.equal((await stage.adapter.deleteUser(user.id)).email, "ada@example.com")
    for (const table of ["user", "account", "session"]) assert.deepEqual(await stored(table), [], table)
    assert.equal(await browser.session(), null)
    assert.equal(browser.sessionCookie, undefined)
    assert.deepEqual(app.errors, [])
  })

  test("a session past updateAge is renewed, in the row and in the cookie", async () => {
    const signedIn = await signIn()
    const old = Date.now() + maxAge - day - second
    await age(signedIn, old)
    const asked = Date.now()
    // Auth.js answers with the expiry as it was before.
    assert.equal((await signedIn.browser.session()).expires, new Date(old).toISOString())

    const [row] = await stored("session")
    assert.ok(row.expires >= asked + maxAge && row.expires <= Date.now() + maxAge)
    assert.equal(row.sessionToken, signedIn.sessionToken)
    assert.equal(signedIn.browser.sessionCookie.value, signedIn.sessionToken)
    assert.equal(signedIn.browser.sessionCookie.expires, Math.floor(row.expires / second) * second)
    assert.equal((await signedIn.browser.session()).expires, new Date(row.expires).toISOString())
    assert.deepEqual(signedIn.app.errors, [])
  })

  test("a session younger than updateAge is left alone", async () => {
    const signedIn = await signIn()
    const expires = Date.now() + maxAge - day + 60 * second
    await age(signedIn, expires)
    assert.equal((await signedIn.browser.session()).expires, new Date(expires).toISOString())
    assert.deepEqual(
      (await stored("session")).map((row) => row.expires),
      [expires],
    )
    assert.deepEqual(signedIn.app.errors, [])
  })

  test("updateAge: 0 renews at every look; own maxAge and token generator are honoured", async () => {
    const { app, browser } = await signIn({
      session: { strategy: "database", maxAge: 90, updateAge: 0, generateSessionToken: () => `own-${"x".repeat(496)}` },
    })
    const [first] = await stored("session")
    assert.equal(first.sessionToken, `own-${"x".repeat(496)}`)
    assert.ok(Math.abs(first.expires - Date.now() - 90 * second) < 60 * second)
    for (let look = 0; look < 3; look++) {
      const asked = Date.now()
      assert.ok(await browser.session())
      const [row] = await stored("session")
      assert.ok(row.expires >= asked + 90 * second)
    }
    assert.deepEqual(app.errors, [])
  })

  test("an expiry beyond 2038 keeps its milliseconds", async () => {
    const signedIn = await signIn()
    const expires = Date.UTC(2099, 11, 31, 23, 59, 59, 999)
    await age(signedIn, expires)
    assert.equal((await signedIn.browser.session()).expires, "2099-12-31T23:59:59.999Z")
  })

  test("the session callback sees the stored user and session", async () => {
    const seen = []
    const { browser, sessionToken } = await signIn({
      callbacks: {
        session: (message) => {
          seen.push(message)
          return message.session
        },
      },
    })
    await browser.session()
    const [user] = await stored("user")
    assert.deepEqual(seen[0].user, { ...user, emailVerified: null })
    if (stage.framework.sessionInCallback) {
      const [{ userId, expires }] = await stored("session")
      assert.deepEqual(seen[0].session, { sessionToken, userId, expires: new Date(expires), user: seen[0].user })
    }
  })

  if (stage.framework.serverSession) {
    test("getServerSession on the server sees what the page sees", async () => {
      const { browser, sessionToken } = await signIn()
      const options = { adapter: stage.adapter, secret, providers: [] }
      const ask = (cookie) => stage.framework.serverSession(new Request(origin, { headers: { cookie } }), options)
      assert.deepEqual(await ask(`next-auth.session-token=${sessionToken}`), await browser.session())
      assert.equal(await ask(`next-auth.session-token=${sessionToken}x`), null)
      assert.equal(await ask("next-auth.session-token=%00"), null)
      assert.equal(await ask(""), null)
    })
  }

  test("cookies that never were a session: no user, no error, no harm", async () => {
    const { app, sessionToken } = await signIn()
    const before = await stored("session")
    const hostile = {
      "a NUL": "%00",
      "a NUL after a real token": `${sessionToken}%00`,
      "a NUL before a real token": `%00${sessionToken}`,
      "4 KB": "x".repeat(4096),
      "4 KB after a real token": sessionToken + "x".repeat(4096),
      "4 KB of four-byte characters": encodeURIComponent("🔑".repeat(340)),
      "an emoji": encodeURIComponent("🔑"),
      "raw Latin-1": "\u00e9\u00ff",
      "an escaped lone surrogate": "%ED%A0%80",
      "a broken escape": "%E0%A4%A",
      "an overlong escape": "%C0%80",
      "other case": sessionToken.toUpperCase(),
      "a trailing space": `${sessionToken}%20`,
      "a soft hyphen": `${sessionToken}%C2%AD`,
      "a pattern": "%25",
      "another pattern": `${sessionToken.slice(0, -1)}_`,
      "a quote": "' OR '1'='1",
      "an escaped backslash": "%5C",
      "a JSON object": encodeURIComponent(`{"$ne":null}`),
      "a number": "0",
      null: "null",
      undefined: "undefined",
    }
    for (const [what, value] of Object.entries(hostile)) {
      const browser = new Browser(app)
      browser.setSessionCookie(value)
      assert.equal(await browser.session(), null, what)
      assert.equal(browser.sessionCookie, undefined, what)
    }
    const chunked = new Browser(app)
    for (let part = 0; part < 3; part++) chunked.setCookie(`${app.sessionCookie}.${part}`, "x".repeat(3900))
    assert.equal(await chunked.session(), null)
    assert.deepEqual(app.errors, [])
    assert.deepEqual(await stored("session"), before)
    // The one thing that no request can carry.
    assert.throws(() => new Headers({ cookie: "\ud800" }), TypeError)
  })

  test("a hostile cookie does not stand in the way of signing in or out", async () => {
    const { app } = await signIn()
    for (const value of ["%00", "x".repeat(4096), encodeURIComponent("🔑"), "%ED%A0%80"]) {
      const browser = new Browser(app)
      browser.setSessionCookie(value)
      assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), { path: "/welcome", error: null })
      assert.equal((await browser.session()).user.name, "Ada")
      browser.setSessionCookie(value)
      assert.deepEqual(outcome(await browser.submit("signout", { callbackUrl: "/bye" })), { path: "/bye", error: null })
    }
    assert.deepEqual(app.errors, [])
  })
})
