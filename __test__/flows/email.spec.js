// Sign-in by magic link.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { outcome, secret } from "./app.js"
import { Browser } from "./browser.js"
import { Mailbox } from "./mailbox.js"
import { onEveryStage, signInByEmail } from "./stage.js"

const day = 24 * 60 * 60 * 1000
const welcome = { path: "/welcome", error: null }
const refused = { path: "/api/auth/error", error: "Verification" }

onEveryStage("e-mail", { props: { mailbox: () => Mailbox.open() } }, (stage) => {
  const emailApp = (options) =>
    stage.start({
      providers: [stage.framework.emailProvider({ server: stage.mailbox.transport, ...options })],
    })
  const send = async (browser, email) => {
    const response = await browser.submit("signin/email", { email, callbackUrl: "/welcome" })
    assert.equal(outcome(response).path, "/api/auth/verify-request")
    return stage.mailbox.takeLink()
  }
  const stored = (table) => stage.database.stored(table)

  test("first visit: token stored hashed, then user, session and nothing else", async () => {
    const app = emailApp()
    const browser = new Browser(app)
    const asked = Date.now()
    const link = await send(browser, "  Ada@Example.COM ")

    const token = new URL(link).searchParams.get("token")
    const [invitation, ...others] = await stored("verificationToken")
    assert.deepEqual(others, [])
    assert.deepEqual(
      { ...invitation, expires: null },
      {
        identifier: "ada@example.com",
        token: createHash("sha256")
          .update(token + secret)
          .digest("hex"),
        expires: null,
      },
    )
    assert.ok(invitation.expires >= asked + day && invitation.expires <= Date.now() + day)
    assert.deepEqual(await stored("user"), [])

    assert.deepEqual(outcome(await browser.open(link)), welcome)
    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.deepEqual(
      { ...user, id: null, emailVerified: null },
      { id: null, name: null, email: "ada@example.com", emailVerified: null, image: null },
    )
    assert.match(user.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.ok(user.emailVerified >= asked && user.emailVerified <= Date.now())
    assert.deepEqual(await stored("verificationToken"), [])
    assert.deepEqual(await stored("account"), [])

    const [session, ...moreSessions] = await stored("session")
    assert.deepEqual(moreSessions, [])
    assert.equal(session.userId, user.id)
    assert.equal(session.sessionToken, browser.sessionCookie.value)
    // A cookie's expiry has whole seconds, the row has milliseconds.
    assert.equal(Math.floor(session.expires / 1000), browser.sessionCookie.expires / 1000)

    assert.deepEqual(await browser.session(), {
      user: sessionUser("ada@example.com"),
      expires: new Date(session.expires).toISOString(),
    })
    assert.deepEqual(app.errors, [])
  })

  test("second sign-in of the same person: same user, newer emailVerified, one more session", async () => {
    const app = emailApp()
    const first = await signInByEmail(stage, app, "ada@example.com")
    const [before] = await stored("user")
    const asked = Date.now()
    const second = await signInByEmail(stage, app, "ADA@example.com")

    const [user, ...others] = await stored("user")
    assert.deepEqual(others, [])
    assert.deepEqual({ ...user, emailVerified: null }, { ...before, emailVerified: null })
    assert.ok(user.emailVerified >= asked && user.emailVerified >= before.emailVerified)
    assert.deepEqual(
      new Set((await stored("session")).map((row) => row.sessionToken)),
      new Set([first.sessionCookie.value, second.sessionCookie.value]),
    )
    assert.notEqual(first.sessionCookie.value, second.sessionCookie.value)
    assert.deepEqual((await first.session()).user, (await second.session()).user)
    assert.deepEqual(app.errors, [])
  })

  test("a link works once", async () => {
    const app = emailApp()
    const link = await send(new Browser(app), "ada@example.com")
    assert.deepEqual(outcome(await new Browser(app).open(link)), welcome)

    const thief = new Browser(app)
    assert.deepEqual(outcome(await thief.open(link)), refused)
    assert.equal(thief.sessionCookie, undefined)
    assert.equal((await stored("session")).length, 1)
  })

  test("one link opened four times at once lets one in", async () => {
    const app = emailApp()
    const link = await send(new Browser(app), "ada@example.com")
    const browsers = Array.from({ length: 4 }, () => new Browser(app))
    const outcomes = (await Promise.all(browsers.map((browser) => browser.open(link)))).map(outcome)

    assert.deepEqual(outcomes.map((one) => one.path).sort(), [refused.path, refused.path, refused.path, welcome.path])
    assert.equal(browsers.filter((browser) => browser.sessionCookie).length, 1)
    assert.equal((await stored("session")).length, 1)
    assert.equal((await stored("user")).length, 1)
  })

  test("several open links of one person are all good", async () => {
    const app = emailApp()
    const browser = new Browser(app)
    const links = [await send(browser, "ada@example.com"), await send(browser, "ada@example.com")]
    assert.equal((await stored("verificationToken")).length, 2)
    assert.deepEqual(outcome(await new Browser(app).open(links[1])), welcome)
    assert.deepEqual(outcome(await new Browser(app).open(links[0])), welcome)
    assert.equal((await stored("user")).length, 1)
  })

  test("an expired link is refused and used up", async () => {
    const app = emailApp({ maxAge: -1 })
    const browser = new Browser(app)
    assert.deepEqual(outcome(await browser.open(await send(browser, "ada@example.com"))), refused)
    assert.equal(browser.sessionCookie, undefined)
    for (const table of ["user", "session", "verificationToken"]) assert.deepEqual(await stored(table), [], table)
  })

  test("a changed link is refused and leaves the token alone", async () => {
    const app = emailApp()
    const link = await send(new Browser(app), "ada@example.com")
    for (const [what, change] of [
      ["another person's address", (query) => query.set("email", "eve@example.com")],
      ["the address in other case", (query) => query.set("email", "Ada@example.com")],
      ["an accent more", (query) => query.set("email", "adá@example.com")],
      ["a trailing space", (query) => query.set("email", "ada@example.com ")],
      ["a NUL", (query) => query.set("email", "ada@example.com\0")],
      ["no address", (query) => query.delete("email")],
      ["another token", (query) => query.set("token", "0".repeat(64))],
      ["a token of 64 KiB", (query) => query.set("token", "x".repeat(65_536))],
    ]) {
      const changed = new URL(link)
      change(changed.searchParams)
      const browser = new Browser(app)
      assert.deepEqual(outcome(await browser.open(changed)), refused, what)
      assert.equal(browser.sessionCookie, undefined, what)
      assert.deepEqual(await stored("user"), [], what)
      assert.equal((await stored("verificationToken")).length, 1, what)
    }
    assert.deepEqual(outcome(await new Browser(app).open(link)), welcome)
  })

  test("a look-alike address is a person of its own", async () => {
    const app = emailApp()
    await signInByEmail(stage, app, "victim@example.com")
    const [victim] = await stored("user")
    const lookAlike = await signInByEmail(stage, app, "victim@exámple.com")

    const users = await stored("user")
    assert.equal(users.length, 2)
    const other = users.find((user) => user.id !== victim.id)
    assert.equal(other.email, "victim@exámple.com")
    assert.equal((await lookAlike.session()).user.email, "victim@exámple.com")
    assert.deepEqual(
      users.find((user) => user.id === victim.id),
      victim,
    )
  })

  test("a stale session cookie does not stand in the way of a link", async () => {
    const app = emailApp()
    const browser = await signInByEmail(stage, app, "ada@example.com")
    await stage.database.rows(`DELETE FROM "session"`)
    const link = await send(browser, "ada@example.com")
    assert.deepEqual(outcome(await browser.open(link)), welcome)
    assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(
      (await stored("session")).map((row) => row.sessionToken),
      [browser.sessionCookie.value],
    )
    assert.deepEqual(app.errors, [])
  })

  test("a link opened where another person is signed in switches to the link's person", async () => {
    const app = emailApp()
    const ada = await signInByEmail(stage, app, "ada@example.com")
    const browser = await signInByEmail(stage, app, "eve@example.com")
    const eve = browser.sessionCookie.value
    assert.deepEqual(outcome(await browser.open(await send(browser, "ada@example.com"))), welcome)

    assert.equal((await browser.session()).user.email, "ada@example.com")
    const sessions = (await stored("session")).map((row) => row.sessionToken)
    assert.deepEqual(sessions.sort(), [ada.sessionCookie.value, browser.sessionCookie.value].sort())
    assert.notEqual(browser.sessionCookie.value, eve)
    assert.equal((await stored("user")).length, 2)
    assert.deepEqual(app.errors, [])
  })
})

/** What the default `session` callback shows of a user who has an address only. */
function sessionUser(email) {
  return { name: null, email, image: null }
}
