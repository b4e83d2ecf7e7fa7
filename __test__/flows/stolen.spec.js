// A thief has all that the database holds: no person is signed in by it, and no secret that the flows used is in it. Without the options,
// the same search finds them, and the thief is signed in.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { credentials } from "../../credentials.js"
import { accountTokens } from "../../tokens.js"
import { allRows, formsIn, stolen } from "../contract/dump.js"
import { newKey } from "../contract/encryption.js"
import { App, outcome } from "./app.js"
import { Browser } from "./browser.js"
import { authCore } from "./frameworks.js"
import { Mailbox } from "./mailbox.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, signInByEmail, visitOAuth } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const ada = { id: "ada-583231", name: "Ada Lovelace", email: "ada@example.com" }
const fields = { email: { label: "Email", type: "email" }, password: { label: "Password", type: "password" } }
const password = "correct horse battery"
const props = { server: () => OAuthServer.open(), mailbox: () => Mailbox.open() }
const key = newKey("flows")

/** In which form the database has each kind of secret, and how many sessions its values open. */
const cases = {
  "without the options": {
    options: {},
    stored: { session: ["as it is"], account: ["as it is"], link: [], password: [], key: [] },
    opened: 3,
  },
  "with sessionTokens and encryption": {
    options: { sessionTokens: "hashed-only", encryption: { keys: [key] } },
    stored: { session: [], account: [], link: [], password: [], key: [] },
    opened: 0,
  },
}

for (const [title, { options, stored, opened }] of Object.entries(cases)) {
  onEveryStage(`what is stolen ${title}`, { frameworks: [authCore], props, options }, (stage) => {
    const application = () => {
      const byPassword = credentials(stage.adapter)
      return new App(authCore, {
        adapter: stage.adapter,
        ...byPassword,
        events: { signIn: accountTokens(stage.adapter) },
        providers: [
          stage.server.provider(),
          authCore.emailProvider({ server: stage.mailbox.transport }),
          authCore.credentialsProvider({ credentials: fields, authorize: byPassword.authorize }),
        ],
      })
    }

    /** People sign in by each way there is; what they, the providers and the letters know, by its kind. */
    const flows = async () => {
      const app = application()
      const browsers = [new Browser(app), new Browser(app), await signInByEmail(stage, app, "grace@example.com")]
      // The second visit stores the tokens anew.
      await visitOAuth(new Browser(app), stage.server, ada)
      assert.deepEqual(outcome(await visitOAuth(browsers[0], stage.server, ada)), welcome)
      const email = "alan@example.com"
      await stage.adapter.passwords.register({ email, password })
      const form = { email, password, callbackUrl: "/welcome" }
      assert.deepEqual(outcome(await browsers[1].submit("callback/credentials", form)), welcome)
      // A token that was refreshed, and a letter whose link waits to be opened.
      const { user } = await stage.adapter.getSessionAndUser(decodeURIComponent(browsers[0].sessionCookie.value))
      await stage.database.rows(`UPDATE "account" SET "expires_at" = ? WHERE "provider" = 'fake'`, 1_000_000_001)
      const refreshed = {
        access_token: randomBytes(24).toString("hex"),
        refresh_token: randomBytes(24).toString("hex"),
      }
      const refresh = async () => ({ ...refreshed, expires_in: 3600 })
      assert.equal(await stage.adapter.getAccessToken(user.id, "fake", refresh), refreshed.access_token)
      await new Browser(app).submit("signin/email", { email: "eve@example.com", callbackUrl: "/welcome" })
      const link = new URL(stage.mailbox.takeLink())
      assert.deepEqual(app.errors, [])
      return {
        browsers,
        link,
        secrets: {
          session: browsers.map(({ sessionCookie }) => decodeURIComponent(sessionCookie.value)),
          account: Object.values(refreshed),
          link: [link.searchParams.get("token")],
          password: [password],
          key: [Buffer.from(key.key, "base64")],
        },
      }
    }

    /** What each text of the database opens: as the cookie of a session, and as the token of a letter's link. */
    const thief = async (link) => {
      const app = application()
      const texts = (await allRows(stage.lane, stage.database)).flatMap(Object.values)
      const tried = [...new Set(texts.filter((text) => typeof text === "string" && text !== ""))]
      const people = { session: [], link: [] }
      for (const text of tried) {
        const browser = new Browser(app)
        browser.setSessionCookie(encodeURIComponent(text))
        const session = await browser.session()
        if (session) people.session.push(session.user.email)
        const follower = new Browser(app)
        const address = new URL(link)
        address.searchParams.set("token", text)
        assert.equal(outcome(await follower.open(address)).error, "Verification", "a stored token opens the link")
        if (follower.sessionCookie) people.link.push(text)
      }
      assert.ok(tried.length > 20, `${tried.length} texts`)
      return people
    }

    test("the bytes of the database hold none of the secrets, and its texts open nothing", async () => {
      const { secrets, browsers, link } = await flows()
      const bytes = await stolen(stage.lane, stage.database)
      assert.ok(bytes.includes(ada.email))
      for (const [kind, all] of Object.entries(secrets))
        for (const secret of all) assert.deepEqual(formsIn(bytes, secret), stored[kind], kind)
      // All that the provider has issued is secret, also what has been replaced since.
      assert.equal(stage.server.issued.length, 4)
      if (opened === 0) for (const token of stage.server.issued) assert.deepEqual(formsIn(bytes, token), [])
      const people = await thief(link)
      assert.deepEqual([new Set(people.session).size, people.link], [opened, []])
      for (const browser of browsers) assert.ok(await browser.session())
    })
  })
}
