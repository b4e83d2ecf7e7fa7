// Sign-in through a provider whose tokens are stored encrypted: nothing of them is in the database, and a person signs in although
// they cannot be read.
import assert from "node:assert/strict"
import { test } from "node:test"
import { newKey } from "../contract/encryption.js"
import { formsIn, stolen } from "../contract/dump.js"
import { accountTokens } from "../../tokens.js"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const ada = { id: "ada-583231", name: "Ada Lovelace", email: "ada@example.com", image: "https://example.com/ada.png" }
const encryption = { keys: [newKey("flows")] }
const TOKENS = ["access_token", "refresh_token", "id_token"]

onEveryStage("encrypted tokens", { props: { server: () => OAuthServer.open() }, options: { encryption } }, (stage) => {
  const oauthApp = () =>
    stage.start({
      providers: [stage.server.provider()],
      events: { signIn: accountTokens(stage.adapter) },
    })
  const account = () => stage.adapter.getAccount(ada.id, "fake")
  const stored = async () => (await stage.database.stored("account"))[0]
  const key = Buffer.from(encryption.keys[0].key, "base64")
  /** Checks that a thief of the database gets nothing that the provider has issued. */
  async function hidesTokens(issued) {
    const bytes = await stolen(stage.lane, stage.database)
    assert.ok(bytes.includes("raa.enc1.flows."))
    for (const secret of [...issued, key]) assert.deepEqual(formsIn(bytes, secret), [], "a secret is stored")
  }
  const issued = () => TOKENS.map((name) => stage.server.lastTokens[name]).filter(Boolean)

  test("the first and the second sign-in store nothing in clear, and what they stored can be read", async () => {
    const app = oauthApp()
    const secrets = []
    for (let visit = 0; visit < 2; visit++) {
      assert.deepEqual(outcome(await visitOAuth(new Browser(app), stage.server, ada)), welcome)
      secrets.push(...issued())
      const { access_token, refresh_token } = stage.server.lastTokens
      const read = await account()
      assert.deepEqual([read.access_token, read.refresh_token], [access_token, refresh_token])
    }
    assert.ok(secrets.length >= 4)
    await hidesTokens(secrets)
    assert.deepEqual(app.errors, [])
  })

  test("a person whose tokens cannot be read signs in, and has new ones", async () => {
    const app = oauthApp()
    await visitOAuth(new Browser(app), stage.server, ada)
    for (const damage of ["raa.enc1.gone.", "raa.enc1.flows.AAAA"]) {
      await stage.database.rows(`UPDATE "account" SET "access_token" = ?, "refresh_token" = ?`, damage, damage)
      const damaged = await account()
      assert.throws(() => damaged.access_token, { code: "ERR_DECRYPT", table: "account", field: "access_token" })
      const browser = new Browser(app)
      assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
      assert.equal((await browser.session()).user.email, ada.email)
      assert.equal((await account()).access_token, stage.server.lastTokens.access_token)
      await hidesTokens(issued())
    }
    assert.deepEqual(app.errors, [])
    assert.equal((await stage.database.stored("user")).length, 1)
    assert.match((await stored()).access_token, /^raa\.enc1\.flows\./)
  })
})
