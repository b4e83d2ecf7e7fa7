// Better Auth goes on with the rows of Auth.js, and Auth.js with those of Better Auth, in every layout on every database.
import assert from "node:assert/strict"
import { test } from "node:test"
import { migrate, more, onEveryLayout, signInByAuthjs, signInByBetterAuth, signInByLetter, Visitor } from "./stage.js"

const { continueAuthjsSessions } = more

const ada = { id: "4815", name: "Ada Lovelace", email: "ada@example.com", image: "https://example.com/ada.png" }

onEveryLayout("on Auth.js's tables", (stage) => {
  let browser

  test("Auth.js signs people in", async () => {
    browser = await signInByAuthjs(stage, ada)
    assert.equal((await browser.session()).user.email, ada.email)
    await signInByLetter(stage, "bob@example.com")
  })

  test("migrate shows what it adds, adds it once, and Auth.js goes on", async () => {
    const { options } = stage.auth()
    const shown = await migrate(options, { dryRun: true })
    assert.ok(shown.length > 0)
    assert.ok(
      shown.every((statement) =>
        /^(ALTER TABLE .* ADD COLUMN|CREATE TABLE|CREATE INDEX|UPDATE |INSERT INTO .* SELECT )/.test(statement),
      ),
      shown.join("\n"),
    )
    const required = shown.filter((statement) => statement.startsWith("ALTER") && / NOT NULL/.test(statement))
    assert.deepEqual(required, [])
    assert.deepEqual(await migrate(options, { dryRun: true }), shown)
    assert.deepEqual(await migrate(options), shown)
    assert.deepEqual(await migrate(options), [])
    assert.equal((await browser.session()).user.email, ada.email)
    const more = await signInByAuthjs(stage, { ...ada, id: "16", email: "cleo@example.com" })
    assert.equal((await more.session()).user.email, "cleo@example.com")
    await signInByLetter(stage, "dora@example.com")
  })

  test("a session of Auth.js's is one of Better Auth's, with its user", async () => {
    const { internalAdapter } = await stage.auth().$context
    const { session, user } = await internalAdapter.findSession(decodeURIComponent(browser.sessionCookie.value))
    assert.equal(user.email, ada.email)
    assert.equal(user.emailVerified, false) // Auth.js takes no provider's word for it
    assert.equal(session.userId, user.id)
    assert.ok(session.expiresAt instanceof Date)
    assert.ok(Math.abs(session.expiresAt - Date.now() - 30 * 86_400_000) < 60_000)
    const { user: bob } = await internalAdapter.findUserByEmail("bob@example.com")
    assert.equal(bob.emailVerified, true)
    const [account] = await internalAdapter.findAccounts(user.id)
    assert.deepEqual(
      [account.providerId, account.accountId, account.userId, account.scope, account.accessToken],
      ["fake", ada.id, user.id, "user,email", "access-of-authjs"],
    )
    assert.ok(Math.abs(account.accessTokenExpiresAt - Date.now() - 3_600_000) < 60_000)
    assert.equal(typeof account.id, "string")
  })

  test("a browser with Auth.js's cookie is signed in, and then has one of each", async () => {
    const auth = stage.auth({ plugins: [...stage.options().plugins, continueAuthjsSessions()] })
    const visitor = new Visitor(auth)
    const { value } = browser.sessionCookie
    const name = "authjs.session-token"
    visitor.cookies.set(name, value)
    const { session, user } = await visitor.session()
    assert.deepEqual([user.email, session.token], [ada.email, decodeURIComponent(value)])
    visitor.cookies.delete(name)
    assert.deepEqual((await visitor.session()).session, session)
    assert.equal((await browser.session()).user.email, ada.email)
  })

  test("who signs in by Better Auth is the same person", async () => {
    const visitor = new Visitor(stage.auth())
    const answer = await signInByBetterAuth(stage, visitor, ada)
    assert.match(answer.location ?? "", /\/welcome$/)
    const { user, session } = await visitor.session()
    const { user: known } = await stage.adapter.getSessionAndUser(decodeURIComponent(browser.sessionCookie.value))
    assert.equal(user.id, String(known.id))
    assert.equal(typeof session.id, "string")
    // Auth.js sees the new session.
    const seen = await stage.adapter.getSessionAndUser(session.token)
    assert.equal(String(seen.user.id), user.id)
    assert.ok(seen.session.expires instanceof Date)
  })

  test("sessions of either are listed and revoked", async () => {
    const other = await signInByAuthjs(stage, ada)
    const visitor = new Visitor(stage.auth())
    await signInByBetterAuth(stage, visitor, ada)
    const token = decodeURIComponent(other.sessionCookie.value)
    const list = await visitor.must("/list-sessions")
    assert.ok(list.some((session) => session.token === token))
    assert.equal((await visitor.ask("/revoke-session", { token })).status, 200)
    assert.equal(await other.session(), null)
    assert.ok(await browser.session())
    const mine = (await visitor.session()).session.token
    await visitor.must("/sign-out", {})
    assert.equal((await stage.adapter.getSessionAndUser(mine)) ?? null, null)
  })

  test("a user whom Better Auth makes signs in by Auth.js", async () => {
    const eve = { id: "2342", name: "Eve", email: "eve@example.com" }
    const visitor = new Visitor(stage.auth())
    const { internalAdapter } = await visitor.auth.$context
    const made = await internalAdapter.createOAuthUser(
      { name: eve.name, email: eve.email, emailVerified: true },
      {
        providerId: "fake",
        accountId: eve.id,
        accessToken: "a",
        accessTokenExpiresAt: new Date(1_900_000_000_000),
        scope: "user,email",
      },
    )
    const back = await signInByAuthjs(stage, eve)
    const found = await stage.adapter.getUserByEmail(eve.email)
    assert.equal(String(found.id), made.user.id)
    assert.equal((await back.session()).user.email, eve.email)
    assert.ok(found.emailVerified instanceof Date)
    const account = (stage.opened.getAccount ?? stage.adapter.getAccount)?.call(null, eve.id, "fake")
    if (account) {
      const { type, expires_at, scope } = await account
      assert.deepEqual([type, expires_at, scope], ["oauth", 1_900_000_000, "user email"])
    }
  })

  test("a password is set, and signs in; its account is Auth.js's too", async () => {
    const visitor = new Visitor(stage.auth())
    await signInByBetterAuth(stage, visitor, ada)
    const { user } = await visitor.session()
    if (!stage.peer.oneAccountPerUser) {
      await visitor.auth.api.setPassword({
        body: { newPassword: "correct horse battery" },
        headers: new Headers({ cookie: [...visitor.cookies].map((pair) => pair.join("=")).join("; ") }),
      })
      const again = new Visitor(stage.auth())
      assert.equal((await again.signIn("correct horse battery", ada.email)).status, 200)
      assert.equal((await again.session()).user.id, user.id)
      assert.equal((await again.signIn("wrong horse battery", ada.email)).status, 401)
    }
  })

  test("a moment of proof is kept, set and taken away", async () => {
    const { internalAdapter } = await stage.auth().$context
    const stored = async (email) => (await stage.adapter.getUserByEmail(email)).emailVerified?.getTime() ?? null
    const { user: bob } = await internalAdapter.findUserByEmail("bob@example.com")
    const before = await stored("bob@example.com")
    assert.ok(before)
    await internalAdapter.updateUser(bob.id, { emailVerified: true })
    assert.equal(await stored("bob@example.com"), before)
    // An update that carries what it has read says nothing new.
    await internalAdapter.updateUser(bob.id, { email: "bob@example.com", emailVerified: false, name: "Bob" })
    assert.equal(await stored("bob@example.com"), before)
    const { email } = await internalAdapter.updateUser(bob.id, { email: "rob@example.com", emailVerified: false })
    assert.equal(email, "rob@example.com")
    assert.equal(await stored("rob@example.com"), null)
    const proved = await internalAdapter.updateUser(bob.id, { emailVerified: true })
    assert.equal(proved.emailVerified, true)
    assert.ok(Math.abs((await stored("rob@example.com")) - Date.now()) < 60_000)
    const unproved = await internalAdapter.updateUser(bob.id, { emailVerified: false })
    assert.equal(unproved.emailVerified, false)
    assert.equal(await stored("rob@example.com"), null)
  })

  test("an address with capitals is found, and not made twice", async () => {
    const { internalAdapter } = await stage.auth().$context
    const given = (email) => ({ id: crypto.randomUUID(), email, name: "Gus", emailVerified: null })
    const gus = await stage.adapter.createUser(given("Gus@Example.com"))
    assert.equal((await internalAdapter.findUserByEmail("gus@example.com")).user.id, String(gus.id))
    // What is exact comes first.
    const small = await stage.adapter.createUser(given("gus@example.com")).catch(() => undefined)
    if (small) {
      assert.equal((await internalAdapter.findUserByEmail("gus@example.com")).user.id, String(small.id))
      await stage.adapter.createUser(given("GUS@example.net"))
      await stage.adapter.createUser(given("Gus@example.net"))
      await assert.rejects(internalAdapter.findUserByEmail("gus@example.net"), { code: "ERR_UNIQUE" })
    }
  })

  test("a user without a name and, where that may be, an address", async () => {
    const given = (email) => ({ id: crypto.randomUUID(), name: null, email, emailVerified: null })
    const user = await stage.adapter
      .createUser(given(null))
      .catch(() => stage.adapter.createUser(given("nameless@example.com")))
    const email = user.email ?? null
    if (stage.peer.name === "our own tables") assert.equal(email, null)
    const account = { type: "oauth", provider: "fake", providerAccountId: "of-no-address", userId: user.id }
    await stage.adapter.linkAccount(account)
    const sessionToken = crypto.randomUUID()
    await stage.adapter.createSession({ sessionToken, userId: user.id, expires: new Date(Date.now() + 86_400_000) })
    const { internalAdapter } = await stage.auth().$context
    const found = await internalAdapter.findSession(sessionToken)
    assert.deepEqual([found.user.id, found.user.name, found.user.email], [String(user.id), null, email])
    const [{ accountId }] = await internalAdapter.findAccounts(found.user.id)
    assert.equal(accountId, "of-no-address")
  })

  test("whom Better Auth deletes leaves nothing", async () => {
    const gone = { id: "99", name: "Gone", email: "gone@example.com" }
    const theirs = await signInByAuthjs(stage, gone)
    const { internalAdapter } = await stage.auth().$context
    const { user } = await internalAdapter.findUserByEmail(gone.email)
    await internalAdapter.deleteUser(user.id)
    assert.equal(await theirs.session(), null)
    assert.equal((await stage.adapter.getUserByEmail(gone.email)) ?? null, null)
    assert.equal((await stage.adapter.getUserByAccount({ provider: "fake", providerAccountId: gone.id })) ?? null, null)
    assert.deepEqual(await internalAdapter.findAccounts(user.id), [])
  })
})
