// People who sign in for the first time several times at once: a double click, or four tabs restored together.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { Mailbox } from "./mailbox.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const ada = { id: "ada", name: "Ada", email: "ada@example.com", image: null }
const props = { server: () => OAuthServer.open(), mailbox: () => Mailbox.open() }
const tabs = 4

onEveryStage("four at once", { props }, (stage) => {
  const { framework } = stage
  const stored = (table) => stage.database.stored(table)
  const start = () =>
    stage.start({
      providers: [stage.server.provider(), stage.framework.emailProvider({ server: stage.mailbox.transport })],
    })

  /** Opens one callback per browser at the same time, and checks what must hold however the race ends. */
  const race = async (app, callbacks, allowedErrors) => {
    const browsers = callbacks.map(({ browser }) => browser)
    const outcomes = (await Promise.all(callbacks.map(({ browser, callback }) => browser.open(callback)))).map(outcome)
    const signedIn = browsers.filter((_, index) => outcomes[index].path === "/welcome")
    assert.ok(signedIn.length >= 1, inspect(outcomes))
    for (const { path, error } of outcomes) {
      if (path !== "/welcome") assert.ok(allowedErrors.includes(error), `${path} ${error}`)
    }
    assert.deepEqual(
      (await stored("session")).map((row) => row.sessionToken).sort(),
      signedIn.map((browser) => browser.sessionCookie.value).sort(),
    )
    for (const browser of browsers) assert.equal(Boolean(browser.sessionCookie), signedIn.includes(browser))
    return signedIn
  }
  const arrivals = async (app, profile) => {
    const callbacks = []
    for (let tab = 0; tab < tabs; tab++) {
      const browser = new Browser(app)
      const answer = await browser.submit("signin/fake", { callbackUrl: "/welcome" })
      callbacks.push({ browser, callback: await stage.server.agree(answer.headers.get("location"), profile) })
    }
    return callbacks
  }
  const loggedSecrets = (app) => {
    const log = inspect(app.errors, { depth: 12, maxStringLength: Infinity, showHidden: true })
    return ["access-", "refresh-", "ada@example.com"].filter((text) => log.includes(text))
  }

  test("first OAuth sign-ins of one person: one user, one account", async () => {
    const app = start()
    const signedIn = await race(app, await arrivals(app, ada), [
      "OAuthAccountNotLinked",
      framework.createUserError.oauth,
    ])
    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.deepEqual(user, { ...ada, id: user.id, emailVerified: null })
    assert.deepEqual(
      (await stored("account")).map(({ userId, provider, providerAccountId }) => ({
        userId,
        provider,
        providerAccountId,
      })),
      [{ userId: user.id, provider: "fake", providerAccountId: "ada" }],
    )
    for (const browser of signedIn) assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(loggedSecrets(app), [])

    const later = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(later, stage.server, ada)), { path: "/welcome", error: null })
    assert.equal((await stored("user")).length, 1)
  })

  test("first OAuth sign-ins of one person without an address: one account, sessions of its user only", async () => {
    const app = start()
    const nameless = { id: "nameless", name: "N." }
    await race(app, await arrivals(app, nameless), [framework.linkAccountError])
    const [account, ...moreAccounts] = await stored("account")
    assert.deepEqual(moreAccounts, [])
    for (const session of await stored("session")) assert.equal(session.userId, account.userId)
    assert.deepEqual(loggedSecrets(app), [])

    // Auth.js creates the user before it links the account, each call by itself: the losers leave a user behind.
    assert.ok((await stored("user")).length <= tabs)
    const later = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(later, stage.server, nameless)), { path: "/welcome", error: null })
    const sessions = await stored("session")
    assert.equal(sessions.find((row) => row.sessionToken === later.sessionCookie.value).userId, account.userId)
  })

  test("different people: all signed in", async () => {
    const app = start()
    const callbacks = []
    for (let person = 0; person < tabs; person++) {
      callbacks.push(
        (await arrivals(app, { id: `p${person}`, name: `P${person}`, email: `p${person}@example.com` }))[0],
      )
    }
    const signedIn = await race(app, callbacks, [])
    assert.equal(signedIn.length, tabs)
    for (const [person, browser] of signedIn.entries()) {
      assert.equal((await browser.session()).user.email, `p${person}@example.com`)
    }
    assert.equal((await stored("user")).length, tabs)
    assert.equal((await stored("account")).length, tabs)
    assert.deepEqual(app.errors, [])
  })

  test("four magic links of one new person: one user", async () => {
    const app = start()
    const callbacks = []
    for (let tab = 0; tab < tabs; tab++) {
      const browser = new Browser(app)
      await browser.submit("signin/email", { email: "ada@example.com", callbackUrl: "/welcome" })
      callbacks.push({ browser, callback: stage.mailbox.takeLink() })
    }
    const signedIn = await race(app, callbacks, [framework.createUserError.email])
    assert.deepEqual(
      (await stored("user")).map((user) => user.email),
      ["ada@example.com"],
    )
    assert.deepEqual(await stored("verificationToken"), [])
    for (const browser of signedIn) assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(loggedSecrets(app), [])
  })

  test("one session read and renewed from many tabs at once", async () => {
    const app = stage.start({ providers: [stage.server.provider()], session: { strategy: "database", updateAge: 0 } })
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    const answers = await Promise.all(Array.from({ length: 40 }, () => browser.session()))
    for (const session of answers) assert.equal(session.user.email, "ada@example.com")
    assert.equal((await stored("session")).length, 1)
    assert.deepEqual(app.errors, [])
  })
})
