// The checks that Auth.js runs against its own adapters, in their order: later ones build on what earlier ones stored.
// One subtest per upstream check, 22 in all.
import assert from "node:assert/strict"
import { randomBytes, randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const week = 7 * 24 * 60 * 60 * 1000

/** Returned records and stored rows in one form: dates as epoch milliseconds. */
const plain = (record) =>
  record &&
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, value instanceof Date ? value.getTime() : value]),
  )

for (const lane of databases) {
  describe(`the upstream adapter suite on ${lane.name}`, () => {
    let database
    let adapter
    before(async () => {
      database = await lane.create()
      adapter = RustAdapter(database.url, { migrate: true })
    })
    after(async () => {
      await adapter.close()
      await database.close()
    })

    /** The stored row whose columns have these values, or null. */
    const find = async (table, match) => {
      const rows = await database.stored(table)
      return rows.find((row) => Object.entries(match).every(([column, value]) => row[column] === value)) ?? null
    }
    const storedUser = (id) => find("user", { id })
    const storedSession = (sessionToken) => find("session", { sessionToken })
    const storedAccount = ({ provider, providerAccountId }) => find("account", { provider, providerAccountId })
    const storedAuthenticator = (credentialID) => find("authenticator", { credentialID })

    const newUser = {
      id: randomUUID(),
      email: "fill@murray.com",
      image: "https://www.fillmurray.com/460/300",
      name: "Fill Murray",
      emailVerified: new Date(),
    }
    const newSession = { sessionToken: randomUUID(), expires: new Date(Math.floor((Date.now() + week) / 1000) * 1000) }
    const newAccount = {
      provider: "github",
      providerAccountId: randomUUID(),
      type: "oauth",
      access_token: randomUUID(),
      expires_at: 2_592_000,
      id_token: randomUUID(),
      refresh_token: randomUUID(),
      scope: "user",
      session_state: randomUUID(),
      token_type: "bearer",
    }
    let user

    test("1. the required methods are there", () => {
      for (const method of [
        "createUser",
        "getUser",
        "getUserByEmail",
        "getUserByAccount",
        "updateUser",
        "linkAccount",
        "createSession",
        "getSessionAndUser",
        "updateSession",
        "deleteSession",
      ])
        assert.equal(typeof adapter[method], "function", method)
    })

    test("2. createUser", async () => {
      const { id } = await adapter.createUser(newUser)
      user = await storedUser(id)
      assert.deepEqual(user, plain({ ...newUser, id }))
    })

    test("3. getUser", async () => {
      assert.equal(await adapter.getUser(randomUUID()), null)
      assert.deepEqual(plain(await adapter.getUser(user.id)), user)
    })

    test("4. getUserByEmail", async () => {
      assert.equal(await adapter.getUserByEmail("non-existent-email"), null)
      assert.deepEqual(plain(await adapter.getUserByEmail(user.email)), user)
    })

    test("5. createSession", async () => {
      newSession.userId = user.id
      const { sessionToken } = await adapter.createSession(newSession)
      assert.equal(sessionToken, newSession.sessionToken)
      assert.deepEqual(await storedSession(sessionToken), plain(newSession))
    })

    test("6. getSessionAndUser", async () => {
      assert.equal(await adapter.getSessionAndUser("invalid-token"), null)
      const found = await adapter.getSessionAndUser(newSession.sessionToken)
      assert.deepEqual(Object.keys(found).sort(), ["session", "user"])
      assert.deepEqual(plain(found.user), await storedUser(user.id))
      assert.deepEqual(plain(found.session), await storedSession(newSession.sessionToken))
    })

    test("7. updateUser", async () => {
      const updated = await adapter.updateUser({ id: user.id, name: "updated-name" })
      assert.equal(updated.name, "updated-name")
      user = await storedUser(user.id)
      assert.equal(user.name, "updated-name")
      assert.deepEqual(plain(updated), user)
    })

    test("8. updateSession", async () => {
      const expires = new Date(Math.floor((Date.now() + 2 * week) / 1000) * 1000)
      await adapter.updateSession({ sessionToken: newSession.sessionToken, expires })
      assert.equal((await storedSession(newSession.sessionToken)).expires, expires.getTime())
    })

    test("9. linkAccount", async () => {
      newAccount.userId = user.id
      await adapter.linkAccount(newAccount)
      assert.deepEqual(await storedAccount(newAccount), newAccount)
    })

    test("10. getUserByAccount", async () => {
      const invalid = { provider: "invalid-provider", providerAccountId: "invalid-provider-account-id" }
      assert.equal(await adapter.getUserByAccount(invalid), null)
      const { provider, providerAccountId } = newAccount
      assert.deepEqual(plain(await adapter.getUserByAccount({ provider, providerAccountId })), user)
    })

    test("11. deleteSession", async () => {
      await adapter.deleteSession(newSession.sessionToken)
      assert.equal(await storedSession(newSession.sessionToken), null)
    })

    test("12. the verification token methods are there", () => {
      assert.equal(typeof adapter.createVerificationToken, "function")
      assert.equal(typeof adapter.useVerificationToken, "function")
    })

    const newToken = () => ({
      token: randomBytes(32).toString("hex"),
      identifier: "info@example.com",
      expires: new Date(Math.floor((Date.now() + week) / 1000) * 1000),
    })

    test("13. createVerificationToken", async () => {
      const token = newToken()
      await adapter.createVerificationToken(token)
      assert.deepEqual(await find("verificationToken", { token: token.token }), plain(token))
    })

    test("14. useVerificationToken", async () => {
      const token = newToken()
      await adapter.createVerificationToken(token)
      const used = await adapter.useVerificationToken({ identifier: token.identifier, token: token.token })
      assert.deepEqual(used, token)
      assert.equal(await adapter.useVerificationToken({ identifier: token.identifier, token: token.token }), null)
      assert.equal(
        await adapter.useVerificationToken({ identifier: "some-invalid-identifier", token: token.token }),
        null,
      )
    })

    test("15. the methods for the future are there", () => {
      assert.equal(typeof adapter.unlinkAccount, "function")
      assert.equal(typeof adapter.deleteUser, "function")
    })

    test("16. unlinkAccount", async () => {
      assert.ok(await storedAccount(newAccount))
      const { provider, providerAccountId } = newAccount
      await adapter.unlinkAccount({ provider, providerAccountId })
      assert.equal(await storedAccount(newAccount), null)
    })

    test("17. deleteUser takes sessions and accounts along", async () => {
      const session = { sessionToken: randomUUID(), userId: user.id, expires: newSession.expires }
      await adapter.createSession(session)
      await adapter.linkAccount(newAccount)
      await adapter.deleteUser(user.id)
      assert.equal(await storedUser(user.id), null)
      assert.equal(await storedSession(session.sessionToken), null)
      assert.equal(await storedAccount(newAccount), null)
    })

    /** A person who came by passkey, with as many of them as asked for. */
    const passkeyUser = async (email, count = 1) => {
      const { id: userId } = await adapter.createUser({ id: randomUUID(), email, emailVerified: null })
      const providerAccountId = randomUUID()
      await adapter.linkAccount({ provider: "webauthn", providerAccountId, type: "webauthn", userId })
      const authenticators = []
      for (let index = 0; index < count; index++) {
        authenticators.push({
          userId,
          providerAccountId,
          credentialID: Buffer.from(randomUUID()).toString("base64"),
          credentialPublicKey: Buffer.from(randomUUID()).toString("base64"),
          counter: index,
          credentialDeviceType: "multiDevice",
          credentialBackedUp: true,
          transports: "usb,ble,nfc",
        })
      }
      return { userId, providerAccountId, authenticators }
    }

    test("18. getAccount", async () => {
      const { userId, providerAccountId } = await passkeyUser("Mixed.Case@Example.com")
      assert.equal(await adapter.getAccount("invalid-provider-account-id", "invalid-provider"), null)
      assert.equal(await adapter.getAccount(providerAccountId, "invalid-provider"), null)
      assert.equal(await adapter.getAccount("invalid-provider-account-id", "webauthn"), null)
      const account = await adapter.getAccount(providerAccountId, "webauthn")
      assert.equal(account.userId, userId)
      assert.deepEqual(account, await storedAccount({ provider: "webauthn", providerAccountId }))
    })

    test("19. createAuthenticator", async () => {
      const {
        authenticators: [authenticator],
      } = await passkeyUser("nineteen@example.com")
      assert.deepEqual(await adapter.createAuthenticator(authenticator), authenticator)
      assert.deepEqual(await storedAuthenticator(authenticator.credentialID), authenticator)
    })

    test("20. getAuthenticator", async () => {
      const {
        authenticators: [authenticator],
      } = await passkeyUser("twenty@example.com")
      await adapter.createAuthenticator(authenticator)
      assert.equal(await adapter.getAuthenticator("invalid-credential-id"), null)
      assert.deepEqual(await adapter.getAuthenticator(authenticator.credentialID), authenticator)
    })

    test("21. listAuthenticatorsByUserId", async () => {
      const two = await passkeyUser("two@example.com", 2)
      const one = await passkeyUser("one@example.com", 1)
      for (const authenticator of [...two.authenticators, ...one.authenticators]) {
        await adapter.createAuthenticator(authenticator)
      }
      assert.deepEqual(await adapter.listAuthenticatorsByUserId("invalid-user-id"), [])
      const byCounter = (a, b) => a.counter - b.counter
      assert.deepEqual((await adapter.listAuthenticatorsByUserId(two.userId)).sort(byCounter), two.authenticators)
      assert.deepEqual(await adapter.listAuthenticatorsByUserId(one.userId), one.authenticators)
    })

    test("22. updateAuthenticatorCounter", async () => {
      const {
        authenticators: [authenticator],
      } = await passkeyUser("twenty-two@example.com")
      await adapter.createAuthenticator(authenticator)
      await assert.rejects(adapter.updateAuthenticatorCounter("invalid-credential-id", 1), Error)
      const counter = authenticator.counter + 1
      assert.equal((await adapter.updateAuthenticatorCounter(authenticator.credentialID, counter)).counter, counter)
      assert.equal((await storedAuthenticator(authenticator.credentialID)).counter, counter)
    })
  })
}
