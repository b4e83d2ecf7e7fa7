// Sign-in through an OAuth 2 provider, and several accounts of one person.
import assert from "node:assert/strict"
import { test } from "node:test"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { Mailbox } from "./mailbox.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, signInByEmail, visitOAuth } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const ada = {
  id: "ada-583231",
  name: "Ada Lovelace 🧮",
  email: "Ada@Example.com",
  image: "https://example.com/ada.png?s=64&v=4",
}
const props = { server: () => OAuthServer.open(), mailbox: () => Mailbox.open() }

onEveryStage("OAuth", { props }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const notLinked = { path: stage.framework.notLinkedPath, error: "OAuthAccountNotLinked" }
  const oauthApp = (options) =>
    stage.start({
      providers: [
        stage.server.provider(options),
        stage.server.provider({ id: "other", name: "Other" }),
        stage.framework.emailProvider({ server: stage.mailbox.transport }),
      ],
    })

  test("first visit: user, account without the fields that have no column, session", async () => {
    const app = oauthApp()
    const browser = new Browser(app)
    const asked = Math.floor(Date.now() / 1000)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)

    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.deepEqual(
      { ...user, id: null },
      { id: null, name: ada.name, email: "ada@example.com", emailVerified: null, image: ada.image },
    )
    assert.notEqual(user.id, ada.id)

    const [account, ...moreAccounts] = await stored("account")
    assert.deepEqual(moreAccounts, [])
    const { access_token, refresh_token, session_state } = stage.server.lastTokens
    assert.deepEqual(
      { ...account, expires_at: null },
      {
        userId: user.id,
        type: "oauth",
        provider: "fake",
        providerAccountId: "ada-583231",
        access_token,
        refresh_token,
        expires_at: null,
        token_type: "bearer",
        scope: "user email",
        id_token: null,
        session_state,
      },
    )
    assert.ok(account.expires_at >= asked + 3600 && account.expires_at <= Date.now() / 1000 + 3600)

    assert.deepEqual(
      (await stored("session")).map(({ sessionToken, userId }) => ({ sessionToken, userId })),
      [{ sessionToken: browser.sessionCookie.value, userId: user.id }],
    )
    assert.deepEqual((await browser.session()).user, { name: ada.name, email: "ada@example.com", image: ada.image })
    assert.deepEqual(app.errors, [])
  })

  test("second visit: same user, account left as it was", async () => {
    const app = oauthApp()
    await visitOAuth(new Browser(app), stage.server, ada)
    const before = [await stored("user"), await stored("account")]
    const browser = new Browser(app)
    assert.deepEqual(
      outcome(await visitOAuth(browser, stage.server, { ...ada, name: "Countess of Lovelace" })),
      welcome,
    )
    assert.deepEqual([await stored("user"), await stored("account")], before)
    assert.equal((await stored("session")).length, 2)
    assert.equal((await browser.session()).user.name, ada.name)
    assert.deepEqual(app.errors, [])
  })

  test("provider account ids are told apart by case", async () => {
    const app = oauthApp()
    await visitOAuth(new Browser(app), stage.server, ada)
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, {
      ...ada,
      id: "ADA-583231",
      name: "Somebody else",
      email: "else@example.com",
    })
    assert.equal((await browser.session()).user.name, "Somebody else")
    assert.equal((await stored("user")).length, 2)
    assert.deepEqual(app.errors, [])
  })

  test("people without an address sign in, each as themselves", async () => {
    const app = oauthApp()
    for (const id of ["1", "2", "1"]) {
      const browser = new Browser(app)
      assert.deepEqual(outcome(await visitOAuth(browser, stage.server, { id, name: `Person ${id}` })), welcome)
      assert.equal((await browser.session()).user.name, `Person ${id}`)
    }
    const users = await stored("user")
    users.sort((a, b) => a.name.localeCompare(b.name))
    assert.deepEqual(
      users.map(({ name, email, image }) => ({ name, email, image })),
      [
        { name: "Person 1", email: null, image: null },
        { name: "Person 2", email: null, image: null },
      ],
    )
    assert.deepEqual(app.errors, [])
  })

  test("a profile() that gives a number as the id", async () => {
    const app = oauthApp({ profile: ({ id, name, email }) => ({ id: Number(id), name, email }) })
    const profile = { id: "9007199254740991", name: "Ada", email: "ada@example.com" }
    assert.deepEqual(outcome(await visitOAuth(new Browser(app), stage.server, profile)), welcome)
    assert.deepEqual(outcome(await visitOAuth(new Browser(app), stage.server, profile)), welcome)
    assert.deepEqual(
      (await stored("account")).map((account) => account.providerAccountId),
      ["9007199254740991"],
    )
    assert.equal((await stored("user")).length, 1)
    assert.deepEqual(app.errors, [])
  })

  test("profile fields without a column are dropped, with any content", async () => {
    const app = oauthApp({
      profile: ({ id, name, email }) => ({
        id,
        name,
        email,
        role: "admin",
        groups: ["a", { b: 1 }],
        greet: () => "hello",
        since: new Date(0),
        size: 5n,
      }),
    })
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    const [user] = await stored("user")
    assert.deepEqual(
      { ...user, id: null },
      { id: null, name: ada.name, email: "ada@example.com", emailVerified: null, image: null },
    )
    assert.equal((await browser.session()).user.name, ada.name)
    assert.deepEqual(app.errors, [])
  })

  test("a picture that is a data URL is stored whole", async () => {
    const image = `data:image/png;base64,${"A".repeat(16_384)}`
    const app = oauthApp({ profile: ({ id, name }) => ({ id, name, image }) })
    assert.deepEqual(outcome(await visitOAuth(new Browser(app), stage.server, ada)), welcome)
    assert.deepEqual(
      (await stored("user")).map((user) => user.image),
      [image],
    )
    assert.deepEqual(app.errors, [])
  })

  test("an address that another user has: OAuthAccountNotLinked, nothing written", async () => {
    const app = oauthApp()
    await signInByEmail(stage, app, "ada@example.com")
    const before = [await stored("user"), await stored("session")]
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), notLinked)
    assert.equal(browser.sessionCookie, undefined)
    assert.deepEqual([await stored("user"), await stored("session")], before)
    assert.deepEqual(await stored("account"), [])
  })

  test("allowDangerousEmailAccountLinking links it", async () => {
    const app = oauthApp({ allowDangerousEmailAccountLinking: true })
    await signInByEmail(stage, app, "ada@example.com")
    const [user] = await stored("user")
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    assert.deepEqual(await stored("user"), [user])
    assert.deepEqual(
      (await stored("account")).map((account) => account.userId),
      [user.id],
    )
    assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(app.errors, [])
  })

  test("a second provider is linked to the user who is signed in", async () => {
    const app = oauthApp()
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    const token = browser.sessionCookie.value
    const sessions = await stored("session")
    const profile = { id: "other-1", name: "A. L.", email: "another-address@example.com" }
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, profile, "other")), welcome)

    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.equal(user.email, "ada@example.com")
    assert.deepEqual(
      (await stored("account"))
        .map(({ userId, provider }) => ({ userId, provider }))
        .sort((a, b) => a.provider.localeCompare(b.provider)),
      [
        { userId: user.id, provider: "fake" },
        { userId: user.id, provider: "other" },
      ],
    )
    assert.deepEqual(await stored("session"), sessions)
    assert.equal(browser.sessionCookie.value, token)
    assert.equal(browser.sessionCookie.expires, Math.floor(sessions[0].expires / 1000) * 1000)

    const elsewhere = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(elsewhere, stage.server, profile, "other")), welcome)
    assert.equal((await elsewhere.session()).user.name, ada.name)
    assert.deepEqual(app.errors, [])
  })

  test("signing in again with one's own account keeps the session", async () => {
    const app = oauthApp()
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    const sessions = await stored("session")
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    assert.deepEqual(await stored("session"), sessions)
    assert.equal(browser.sessionCookie.value, sessions[0].sessionToken)
    assert.deepEqual(app.errors, [])
  })

  test("an account that belongs to another user cannot be linked", async () => {
    const app = oauthApp()
    await visitOAuth(new Browser(app), stage.server, ada)
    const eve = await signInByEmail(stage, app, "eve@example.com")
    const before = [await stored("user"), await stored("account"), await stored("session")]
    assert.deepEqual(outcome(await visitOAuth(eve, stage.server, ada)), notLinked)
    assert.deepEqual([await stored("user"), await stored("account"), await stored("session")], before)
    assert.equal((await eve.session()).user.email, "eve@example.com")
  })
})
