// Sign-in through a real OpenID Connect provider: authorization code, PKCE, state, nonce, signed ID token.
import assert from "node:assert/strict"
import { test } from "node:test"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { OidcServer } from "./oidc-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const ada = {
  sub: "auth0|5f7c8ec7c33c6c004bbafe82",
  name: "Ada Lovelace",
  email: "ada@example.com",
  email_verified: true,
  picture: "https://example.com/ada.png",
  // Directory groups make ID tokens longer than VARCHAR(2048).
  groups: Array.from({ length: 120 }, (_, index) => `group-${index}-with-a-name-of-some-length`),
}

onEveryStage("OIDC", { props: { server: () => OidcServer.open() } }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const start = () => stage.start({ providers: [stage.framework.oidcProvider(stage.server.provider())] })

  test("first visit stores the person, and every token whole", async () => {
    const app = start()
    const browser = new Browser(app)
    const asked = Math.floor(Date.now() / 1000)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada, "oidc")), welcome)
    assert.deepEqual(app.errors, [])

    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.deepEqual(user, { id: user.id, name: ada.name, email: ada.email, emailVerified: null, image: ada.picture })

    const [account, ...moreAccounts] = await stored("account")
    assert.deepEqual(moreAccounts, [])
    const { access_token, refresh_token, id_token, expires_at, ...rest } = account
    assert.deepEqual(rest, {
      userId: user.id,
      type: stage.framework.oidcAccountType,
      provider: "oidc",
      providerAccountId: ada.sub,
      token_type: rest.token_type,
      scope: "openid email profile",
      session_state: null,
    })
    assert.equal(rest.token_type.toLowerCase(), "bearer")
    assert.ok(expires_at >= asked + 3600 && expires_at <= Date.now() / 1000 + 3600)
    assert.ok(id_token.length > 4096)
    const [, payload] = id_token.split(".")
    assert.deepEqual(JSON.parse(Buffer.from(payload, "base64url")).groups, ada.groups)

    // The stored tokens work: nothing was cut off or altered.
    const userinfo = await fetch(`${stage.server.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } })
    assert.equal((await userinfo.json()).sub, ada.sub)
    const { clientId, clientSecret } = stage.server.provider()
    const refreshed = await fetch(`${stage.server.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
      body: new URLSearchParams({ grant_type: "refresh_token", refresh_token }),
    })
    assert.equal(refreshed.status, 200)
  })

  test("second visit finds the same person", async () => {
    const app = start()
    await visitOAuth(new Browser(app), stage.server, ada, "oidc")
    const before = [await stored("user"), await stored("account")]
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada, "oidc")), welcome)
    assert.deepEqual([await stored("user"), await stored("account")], before)
    assert.deepEqual((await browser.session()).user, { name: ada.name, email: ada.email, image: ada.picture })
    assert.deepEqual(app.errors, [])
  })

  test("a callback that is opened twice, or elsewhere, signs no user in", async () => {
    const app = start()
    const browser = new Browser(app)
    const begun = await browser.submit("signin/oidc", { callbackUrl: "/welcome" })
    const callback = await stage.server.agree(begun.headers.get("location"), ada)
    const thief = new Browser(app)
    assert.notEqual(outcome(await thief.open(callback)).path, "/welcome")
    assert.equal(thief.sessionCookie, undefined)
    assert.deepEqual(await stored("user"), [])

    assert.deepEqual(outcome(await browser.open(callback)), welcome)
    assert.notEqual(outcome(await browser.open(callback)).path, "/welcome")
    assert.equal((await stored("session")).length, 1)
  })
})
