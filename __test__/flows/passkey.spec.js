// Passkeys through @auth/core's WebAuthn provider; next-auth v4 has none.
import assert from "node:assert/strict"
import { test } from "node:test"
import Passkey from "@auth/core/providers/passkey"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { authCore, origin } from "./frameworks.js"
import { Mailbox } from "./mailbox.js"
import { SoftwareAuthenticator } from "./software-authenticator.js"
import { onEveryStage, signInByEmail } from "./stage.js"

const welcome = { path: "/welcome", error: null }
const refused = "/api/auth/error"
const base64 = (base64url) => Buffer.from(base64url, "base64url").toString("base64")

onEveryStage("passkey", { frameworks: [authCore], props: { mailbox: () => Mailbox.open() } }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const start = () =>
    stage.start({
      providers: [Passkey({}), stage.framework.emailProvider({ server: stage.mailbox.transport })],
      experimental: { enableWebAuthn: true },
    })
  const options = async (browser, query) => {
    const response = await browser.open(`webauthn-options/passkey?${new URLSearchParams(query)}`)
    return { status: response.status, ...(await response.json()) }
  }
  const send = (browser, action, data) =>
    browser.submit("callback/passkey", { action, data: JSON.stringify(data), callbackUrl: "/welcome" })
  const register = async (browser, authenticator, query) => {
    const asked = await options(browser, { action: "register", ...query })
    assert.equal(asked.status, 200)
    return send(browser, "register", authenticator.register(asked.options))
  }
  const authenticate = async (browser, authenticator, query) => {
    const asked = await options(browser, { action: "authenticate", ...query })
    assert.equal(asked.status, 200)
    return send(browser, "authenticate", authenticator.authenticate(asked.options))
  }

  test("registration makes a user, an account, an authenticator and a session", async () => {
    const app = start()
    const browser = new Browser(app)
    const authenticator = new SoftwareAuthenticator({ origin })
    assert.deepEqual(outcome(await register(browser, authenticator, { email: "ada@example.com" })), welcome)

    const [user, ...moreUsers] = await stored("user")
    assert.deepEqual(moreUsers, [])
    assert.deepEqual(user, { id: user.id, name: null, email: "ada@example.com", emailVerified: null, image: null })
    const credentialID = base64([...authenticator.credentials.keys()][0])
    assert.deepEqual(await stored("account"), [
      {
        userId: user.id,
        type: "webauthn",
        provider: "passkey",
        providerAccountId: credentialID,
        refresh_token: null,
        access_token: null,
        expires_at: null,
        token_type: null,
        scope: null,
        id_token: null,
        session_state: null,
      },
    ])
    const [row, ...more] = await stored("authenticator")
    assert.deepEqual(more, [])
    assert.match(row.credentialPublicKey, /^[A-Za-z0-9+/]+=*$/)
    assert.deepEqual(
      { ...row, credentialPublicKey: null },
      {
        credentialID,
        userId: user.id,
        providerAccountId: credentialID,
        credentialPublicKey: null,
        counter: 0,
        credentialDeviceType: "singleDevice",
        credentialBackedUp: false,
        transports: "internal,hybrid",
      },
    )
    assert.deepEqual(
      (await stored("session")).map(({ userId, sessionToken }) => ({ userId, sessionToken })),
      [{ userId: user.id, sessionToken: browser.sessionCookie.value }],
    )
    assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(app.errors, [])
  })

  test("sign-in, by address or with a passkey that the device offers, writes the counter", async () => {
    const app = start()
    const authenticator = new SoftwareAuthenticator({ origin })
    await register(new Browser(app), authenticator, { email: "ada@example.com" })

    const byAddress = new Browser(app)
    assert.deepEqual(outcome(await authenticate(byAddress, authenticator, { email: "ada@example.com" })), welcome)
    assert.deepEqual(
      (await stored("authenticator")).map((row) => row.counter),
      [1],
    )
    assert.equal((await byAddress.session()).user.email, "ada@example.com")

    // The largest counter that an authenticator can send.
    authenticator.counter = 2 ** 32 - 2
    const discovered = new Browser(app)
    assert.deepEqual(outcome(await authenticate(discovered, authenticator)), welcome)
    assert.deepEqual(
      (await stored("authenticator")).map((row) => row.counter),
      [2 ** 32 - 1],
    )
    assert.equal((await discovered.session()).user.email, "ada@example.com")

    assert.equal((await stored("session")).length, 3)
    assert.equal((await stored("user")).length, 1)
    assert.equal((await stored("account")).length, 1)
    assert.deepEqual(app.errors, [])
  })

  test("a counter that goes back (a cloned key) is refused and not written", async () => {
    const app = start()
    const authenticator = new SoftwareAuthenticator({ origin })
    await register(new Browser(app), authenticator, { email: "ada@example.com" })
    await authenticate(new Browser(app), authenticator)
    authenticator.counter = 0
    const thief = new Browser(app)
    assert.equal(outcome(await authenticate(thief, authenticator)).path, refused)
    assert.equal(thief.sessionCookie, undefined)
    assert.deepEqual(
      (await stored("authenticator")).map((row) => row.counter),
      [1],
    )
    assert.equal(app.errors.length, 1)
  })

  test("a synced passkey with the longest credential id and no transports", async () => {
    const app = start()
    const authenticator = new SoftwareAuthenticator({ origin, synced: true, transports: null, idLength: 1023 })
    assert.deepEqual(outcome(await register(new Browser(app), authenticator, { email: "ada@example.com" })), welcome)
    const [row] = await stored("authenticator")
    assert.equal(row.credentialID.length, 1364)
    assert.deepEqual([row.credentialDeviceType, row.credentialBackedUp, row.transports], ["multiDevice", true, null])
    const browser = new Browser(app)
    assert.deepEqual(outcome(await authenticate(browser, authenticator)), welcome)
    assert.equal((await browser.session()).user.email, "ada@example.com")
    assert.deepEqual(app.errors, [])
  })

  test("credential ids are told apart by case", async () => {
    const app = start()
    const authenticator = new SoftwareAuthenticator({ origin })
    await register(new Browser(app), authenticator, { email: "ada@example.com" })
    const [id] = authenticator.credentials.keys()
    const swapped = base64(id).replace(/[a-zA-Z]/g, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    )
    const browser = new Browser(app)
    const asked = await options(browser, { action: "authenticate" })
    const assertion = authenticator.authenticate(asked.options)
    const forged = Buffer.from(swapped, "base64").toString("base64url")
    assert.equal(
      outcome(await send(browser, "authenticate", { ...assertion, id: forged, rawId: forged })).path,
      refused,
    )
    assert.match(app.errors[0].message, /authenticator not found in database/)
    assert.equal(browser.sessionCookie, undefined)
  })

  test("a second passkey of a user who is signed in", async () => {
    const app = start()
    const phone = new SoftwareAuthenticator({ origin, synced: true })
    const key = new SoftwareAuthenticator({ origin, transports: ["usb", "nfc"] })
    const browser = new Browser(app)
    await register(browser, phone, { email: "ada@example.com" })
    const sessions = await stored("session")
    const asked = await options(browser, { action: "register" })
    assert.deepEqual(asked.options.excludeCredentials, [
      { id: [...phone.credentials.keys()][0], type: "public-key", transports: ["internal", "hybrid"] },
    ])
    assert.throws(() => phone.register(asked.options), /registered already/)
    assert.deepEqual(outcome(await send(browser, "register", key.register(asked.options))), welcome)

    assert.equal((await stored("user")).length, 1)
    assert.deepEqual(await stored("session"), sessions)
    assert.deepEqual((await stored("authenticator")).map((row) => row.transports).sort(), [
      "internal,hybrid",
      "usb,nfc",
    ])
    const offered = await options(new Browser(app), { email: "ada@example.com" })
    assert.equal(offered.action, "authenticate")
    assert.deepEqual(
      offered.options.allowCredentials.map((credential) => credential.id).sort(),
      [...phone.credentials.keys(), ...key.credentials.keys()].sort(),
    )
    for (const authenticator of [phone, key]) {
      const elsewhere = new Browser(app)
      assert.deepEqual(outcome(await authenticate(elsewhere, authenticator, { email: "ada@example.com" })), welcome)
      assert.equal((await elsewhere.session()).user.email, "ada@example.com")
    }
    assert.deepEqual(app.errors, [])
  })

  test("a passkey for a user who came by magic link", async () => {
    const app = start()
    const browser = await signInByEmail(stage, app, "ada@example.com")
    const [user] = await stored("user")
    const authenticator = new SoftwareAuthenticator({ origin })
    assert.deepEqual(outcome(await register(browser, authenticator)), welcome)
    const elsewhere = new Browser(app)
    assert.deepEqual(outcome(await authenticate(elsewhere, authenticator)), welcome)
    assert.equal((await elsewhere.session()).user.email, "ada@example.com")
    assert.deepEqual(await stored("user"), [user])
    assert.deepEqual(app.errors, [])
  })

  test("an address that is taken cannot be registered by another person", async () => {
    const app = start()
    await signInByEmail(stage, app, "ada@example.com")
    assert.equal((await options(new Browser(app), { action: "register", email: "ada@example.com" })).status, 400)
    assert.equal((await stored("user")).length, 1)
  })

  test("an address in other case is a person of its own, as Auth.js passes it unchanged", async () => {
    const app = start()
    for (const email of ["ada@example.com", "Ada@Example.com"]) {
      assert.deepEqual(
        outcome(await register(new Browser(app), new SoftwareAuthenticator({ origin }), { email })),
        welcome,
      )
    }
    assert.deepEqual((await stored("user")).map((user) => user.email).sort(), ["Ada@Example.com", "ada@example.com"])
    assert.deepEqual(app.errors, [])
  })

  test("a registration that is sent twice at once: one user, one authenticator", async () => {
    const app = start()
    const browser = new Browser(app)
    const asked = await options(browser, { action: "register", email: "ada@example.com" })
    const data = new SoftwareAuthenticator({ origin }).register(asked.options)
    const outcomes = (await Promise.all([send(browser, "register", data), send(browser, "register", data)])).map(
      outcome,
    )
    assert.ok(outcomes.some((one) => one.path === "/welcome"))
    for (const table of ["user", "account", "authenticator"]) assert.equal((await stored(table)).length, 1, table)
  })
})
