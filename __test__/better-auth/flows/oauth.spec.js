// Sign-in at a real OpenID Connect provider, which stands in for Google: authorization code, PKCE, refresh token.
import { genericOAuth } from "better-auth/plugins"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { OidcServer } from "../../flows/oidc-server.js"
import { authUrl } from "../../flows/frameworks.js"
import { onEveryDatabase } from "../stage.js"
import { Visitor } from "./visitor.js"

const ada = {
  sub: "auth0|5f7c8ec7c33c6c004bbafe82",
  name: "Ada Lovelace",
  email: "ada@example.com",
  email_verified: true,
  picture: "https://example.com/ada.png",
  groups: Array.from({ length: 120 }, (_, index) => `group-${index}-with-a-name-of-some-length`),
}

describe("OAuth", () => {
  let server
  before(async () => {
    server = await OidcServer.open()
  })
  after(() => server.close())

  onEveryDatabase("OAuth", { options: { emailAndPassword: { enabled: true } } }, (stage) => {
    const visitor = () => {
      const { issuer, clientId, clientSecret } = server.provider()
      const config = [
        {
          providerId: "oidc",
          discoveryUrl: `${issuer}/.well-known/openid-configuration`,
          clientId,
          clientSecret,
          scopes: ["openid", "email", "profile"],
          pkce: true,
          redirectURI: `${authUrl}/callback/oidc`,
        },
      ]
      return new Visitor(stage.auth({ plugins: [genericOAuth({ config })] }))
    }
    /** The callback's answer. */
    const visit = async (browser, profile = ada) => {
      const { url } = await browser.must("/sign-in/social", {
        provider: "oidc",
        callbackURL: "/welcome",
        errorCallbackURL: "/error",
      })
      const callback = new URL(await server.agree(url, profile))
      return { callback, answer: await browser.ask(`/callback/oidc${callback.search}`) }
    }

    test("first visit stores the person and every token whole; the second finds them", async () => {
      const browser = visitor()
      const { answer } = await visit(browser)
      assert.match(answer.location ?? "", /\/welcome$/)
      const { user } = await browser.session()
      assert.deepEqual(
        [user.name, user.email, user.emailVerified, user.image],
        [ada.name, ada.email, true, ada.picture],
      )
      const { internalAdapter } = await browser.auth.$context
      const [account] = await internalAdapter.findAccounts(user.id)
      assert.deepEqual([account.providerId, account.accountId], ["oidc", ada.sub])
      assert.ok(account.idToken.length > 4096 && account.refreshToken)
      assert.ok(Math.abs(account.accessTokenExpiresAt - Date.now() - 3_600_000) < 60_000)
      const userinfo = await fetch(`${server.issuer}/me`, {
        headers: { authorization: `Bearer ${account.accessToken}` },
      })
      assert.equal((await userinfo.json()).sub, ada.sub)

      const second = visitor()
      await visit(second)
      assert.equal((await second.session()).user.id, user.id)
      assert.deepEqual(
        [await stage.count("user"), await stage.count("account"), await stage.count("session")],
        [1, 1, 2],
      )
      assert.equal(await stage.count("verification"), 0)
    })

    test("a callback is good once, and only in the browser that began", async () => {
      const browser = visitor()
      const { url } = await browser.must("/sign-in/social", {
        provider: "oidc",
        callbackURL: "/welcome",
        errorCallbackURL: "/error",
      })
      const { search } = new URL(await server.agree(url, ada))
      const thief = visitor()
      assert.doesNotMatch((await thief.ask(`/callback/oidc${search}`)).location ?? "", /\/welcome/)
      assert.equal(await thief.session(), null)
      assert.equal(await stage.count("user"), 0)
    })

    test("two first visits at once make one person", async () => {
      const browsers = [visitor(), visitor(), visitor()]
      await Promise.all(browsers.map((browser) => visit(browser)))
      assert.equal(await stage.count("user"), 1)
      assert.ok((await Promise.all(browsers.map((browser) => browser.session()))).some(Boolean))
    })
  })
})
