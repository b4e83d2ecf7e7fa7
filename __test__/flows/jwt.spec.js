// Sessions kept in a JWT, people and accounts kept by the adapter.
import assert from "node:assert/strict"
import { test } from "node:test"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { Mailbox } from "./mailbox.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, signInByEmail, visitOAuth } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const ada = { id: "ada", name: "Ada", email: "ada@example.com", image: "https://example.com/ada.png" }
const props = { server: () => OAuthServer.open(), mailbox: () => Mailbox.open() }

onEveryStage("JWT sessions", { props }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const start = (jwt = []) =>
    stage.start({
      session: { strategy: "jwt" },
      providers: [
        stage.server.provider(),
        stage.server.provider({ id: "other", name: "Other" }),
        stage.framework.emailProvider({ server: stage.mailbox.transport }),
      ],
      callbacks: {
        jwt: (message) => {
          if (message.user) jwt.push(message)
          return message.token
        },
        session: ({ session, token }) => ({ ...session, sub: token.sub }),
      },
    })
  const asUser = (row) => ({ ...row, emailVerified: row.emailVerified === null ? null : new Date(row.emailVerified) })

  test("OAuth: user and account are stored, the session is not; callbacks see the stored user", async () => {
    const seen = []
    const app = start(seen)
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    const [user] = await stored("user")
    assert.equal((await stored("account")).length, 1)
    assert.deepEqual(await stored("session"), [])
    assert.deepEqual(
      seen.map(({ user: { id, name, email, emailVerified, image }, trigger }) => ({
        user: { id, name, email, emailVerified, image },
        trigger,
      })),
      [{ user: asUser(user), trigger: "signUp" }],
    )

    const session = await browser.session()
    assert.deepEqual(session.user, { name: ada.name, email: ada.email, image: ada.image })
    assert.equal(session.sub, user.id)
    assert.deepEqual(app.errors, [])
  })

  test("a returning magic-link visitor keeps name, address and picture: updateUser gives the whole user", async () => {
    const seen = []
    const app = start(seen)
    await signInByEmail(stage, app, "ada@example.com")
    const [{ id }] = await stored("user")
    await stage.adapter.updateUser({ id, name: "Ada", image: ada.image })

    const browser = await signInByEmail(stage, app, "ada@example.com")
    const [user] = await stored("user")
    assert.deepEqual(
      seen.map(({ trigger }) => trigger),
      ["signUp", "signIn"],
    )
    assert.deepEqual(seen[1].user, asUser(user))
    assert.deepEqual((await browser.session()).user, { name: "Ada", email: "ada@example.com", image: ada.image })
    assert.deepEqual(await stored("session"), [])
    assert.deepEqual(app.errors, [])
  })

  test("a second provider is linked to the person in the token", async () => {
    const app = start()
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    const second = { id: "2", email: "second@example.com" }
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, second, "other")), welcome)
    const [user, ...others] = await stored("user")
    assert.deepEqual(others, [])
    assert.deepEqual(
      (await stored("account")).map((account) => account.userId),
      [user.id, user.id],
    )
    assert.deepEqual(app.errors, [])
  })

  test("a token whose person is gone does not stand in the way of signing in again", async () => {
    const app = start()
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    const [before] = await stored("user")
    await stage.adapter.deleteUser(before.id)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    const [after, ...others] = await stored("user")
    assert.deepEqual(others, [])
    assert.notEqual(after.id, before.id)
    assert.equal((await browser.session()).sub, after.id)
    assert.deepEqual(app.errors, [])
  })

  test("sign-out clears the cookie and calls for no row", async () => {
    const app = start()
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, ada)
    assert.deepEqual(outcome(await browser.submit("signout", { callbackUrl: "/bye" })), { path: "/bye", error: null })
    assert.equal(await browser.session(), null)
    assert.deepEqual(app.errors, [])
  })
})
