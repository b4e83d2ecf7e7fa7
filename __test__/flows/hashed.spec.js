// People sign in, come back, are renewed and sign out while hashes are stored in the place of session tokens: the whole database is
// searched for each token that a browser has held.
import assert from "node:assert/strict"
import { test } from "node:test"
import { credentials } from "../../credentials.js"
import { tablesOf } from "../boundary/catalog.js"
import { formsIn, stolen } from "../contract/dump.js"
import { hashOf } from "../contract/rows.js"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { Mailbox } from "./mailbox.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, signInByEmail, visitOAuth } from "./stage.js"

const day = 24 * 60 * 60 * 1000
const maxAge = 30 * day
const fields = { email: { label: "Email", type: "email" }, password: { label: "Password", type: "password" } }
const password = "correct horse battery"
const props = { server: () => OAuthServer.open(), mailbox: () => Mailbox.open() }

for (const sessionTokens of ["hashed", "hashed-only"]) {
  onEveryStage(`sessionTokens: "${sessionTokens}"`, { props, options: { sessionTokens } }, (stage) => {
    /** Everything that the database holds, as text. */
    const dump = async () => {
      const tables = await tablesOf({ ...stage.lane, ...stage.database })
      assert.ok(tables.includes("session"), `${tables}`)
      const rows = await Promise.all(tables.map((table) => stage.database.rows(`SELECT * FROM "${table}"`)))
      return JSON.stringify(rows)
    }
    /** The token of `browser`'s session is nowhere, and its hash is. */
    const isSecret = async (browser) => {
      const token = decodeURIComponent(browser.sessionCookie.value)
      assert.ok(token.length >= 36, token)
      const text = await dump()
      assert.ok(text.includes(hashOf(token)))
      for (const form of [token, Buffer.from(token).toString("base64"), Buffer.from(token).toString("hex")]) {
        assert.ok(!text.includes(form))
      }
      return token
    }

    test("by a provider, by a link, with a password: in, back, renewed, out", async () => {
      const passwordSignIn = credentials(stage.adapter)
      const signedOut = []
      const app = stage.start({
        ...passwordSignIn,
        events: { signOut: (message) => void signedOut.push(message.session.sessionToken) },
        providers: [
          stage.server.provider(),
          stage.framework.emailProvider({ server: stage.mailbox.transport }),
          stage.framework.credentialsProvider({ credentials: fields, authorize: passwordSignIn.authorize }),
        ],
      })
      const ways = {
        provider: async () => {
          const browser = new Browser(app)
          await visitOAuth(browser, stage.server, { id: "ada", name: "Ada", email: "ada@example.com" })
          return [browser, "ada@example.com"]
        },
        link: async () => [await signInByEmail(stage, app, "grace@example.com"), "grace@example.com"],
        password: async () => {
          const email = "alan@example.com"
          await stage.adapter.passwords.register({ email, password })
          const browser = new Browser(app)
          const answer = await browser.submit("callback/credentials", { email, password, callbackUrl: "/welcome" })
          assert.deepEqual(outcome(answer), { path: "/welcome", error: null })
          return [browser, email]
        },
      }
      const tokens = []
      for (const [way, signIn] of Object.entries(ways)) {
        const [browser, email] = await signIn()
        const token = await isSecret(browser)
        tokens.push(token)
        assert.equal((await browser.session()).user.email, email, way)
        // Past updateAge it is renewed, in the row and in the cookie.
        const old = Date.now() + maxAge - day - 1000
        await stage.adapter.updateSession({ sessionToken: token, expires: new Date(old) })
        await browser.session()
        const { session, user } = await stage.adapter.getSessionAndUser(token)
        assert.ok(session.expires > old, way)
        assert.equal(await isSecret(browser), token)
        assert.deepEqual(formsIn(await stolen(stage.lane, stage.database), token), [], way)
        const [listed] = await stage.adapter.listSessions(user.id, { currentToken: token })
        assert.equal(listed.current, true)
        // What a thief of the table has is no cookie.
        const thief = new Browser(app)
        thief.setSessionCookie(hashOf(token))
        assert.equal(await thief.session(), null, way)
        assert.equal((await browser.session()).user.email, email, way)
        await browser.submit("signout", { callbackUrl: "/bye" })
        assert.equal(await stage.adapter.getSessionAndUser(token), null)
        assert.ok(!(await dump()).includes(hashOf(token)))
      }
      assert.deepEqual(signedOut, tokens)
      assert.deepEqual(app.errors, [])
    })
  })
}
