// Passkeys are found by both: what one registers, the other signs in with.
import { passkey } from "@better-auth/passkey"
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { Browser } from "../../flows/browser.js"
import { passkeyProvider } from "../../flows/frameworks.js"
import { SoftwareAuthenticator } from "../../flows/software-authenticator.js"
import { layouts, migrate, more, onEveryLayout, origin, Visitor } from "./stage.js"

const { rustAdapter } = more
// Prisma's documented tables of MySQL have room for one account of a user: a password's and a passkey's are two.
const peers = layouts.filter(
  ({ name, oneAccountPerUser }) => ["our own tables", "drizzle", "prisma"].includes(name) && !oneAccountPerUser,
)

onEveryLayout(
  "passkeys",
  (stage) => {
    const auth = () => stage.auth({ plugins: [passkey({ rpID: "localhost", rpName: "Tests", origin })] })
    before(async () => {
      await stage.open.close()
      stage.open = rustAdapter(stage.database.url, { tables: "authjs", authjs: { passkeys: "passkey" } })
      await migrate(auth().options)
    })
    const app = () => stage.app({ providers: [passkeyProvider()], experimental: { enableWebAuthn: true } })
    const atAuthjs = async (browser, action, device, query) => {
      const asked = await browser.open(`webauthn-options/passkey?${new URLSearchParams({ action, ...query })}`)
      assert.equal(asked.status, 200)
      const { options } = await asked.json()
      return browser.submit("callback/passkey", {
        action,
        data: JSON.stringify(device[action](options)),
        callbackUrl: "/welcome",
      })
    }

    test("Better Auth signs in with what Auth.js registered", async () => {
      const device = new SoftwareAuthenticator({ origin })
      const email = `${crypto.randomUUID()}@example.com`
      const browser = new Browser(app())
      await atAuthjs(browser, "register", device, { email })
      assert.equal((await browser.session()).user.email, email)

      const ada = new Visitor(auth())
      for (const counter of [1, 2]) {
        const asked = await ada.must("/passkey/generate-authenticate-options")
        await ada.must("/passkey/verify-authentication", { response: device.authenticate(asked) })
        assert.equal((await ada.session()).user.email, email)
        const [listed] = await ada.must("/passkey/list-user-passkeys")
        assert.equal(listed.counter, counter)
        assert.ok(device.credentials.has(listed.credentialID))
      }
      // And Auth.js still, which goes on counting.
      const again = new Browser(app())
      await atAuthjs(again, "authenticate", device)
      assert.equal((await again.session()).user.email, email)
    })

    test("Auth.js signs in with what Better Auth registered, until it is deleted", async () => {
      const device = new SoftwareAuthenticator({ origin, synced: true })
      const name = crypto.randomUUID()
      const bob = new Visitor(auth())
      const { user } = await bob.signUp(name)
      const asked = await bob.must("/passkey/generate-register-options")
      await bob.must("/passkey/verify-registration", { response: device.register(asked), name: "Laptop" })
      const [listed] = await bob.must("/passkey/list-user-passkeys")
      assert.deepEqual([listed.name, listed.userId, listed.backedUp], ["Laptop", user.id, true])

      const browser = new Browser(app())
      await atAuthjs(browser, "authenticate", device)
      assert.equal((await browser.session()).user.email, bob.email)

      await bob.must("/passkey/delete-passkey", { id: listed.id })
      assert.deepEqual(await bob.must("/passkey/list-user-passkeys"), [])
      const credentialID = Buffer.from(listed.credentialID, "base64url").toString("base64")
      assert.equal((await stage.adapter.getAuthenticator(credentialID)) ?? null, null)
      assert.equal((await stage.adapter.getAccount(credentialID, "passkey")) ?? null, null)
    })
  },
  { peers },
)
