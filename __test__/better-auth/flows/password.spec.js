// E-mail and password, sessions, password reset, rate limit: over HTTP, and what is in the tables then.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase } from "../stage.js"
import { Visitor } from "./visitor.js"

const letters = []
const options = {
  emailAndPassword: {
    enabled: true,
    revokeSessionsOnPasswordReset: true,
    sendResetPassword: async ({ user, token }) => {
      letters.push({ to: user.email, token })
    },
  },
  user: { deleteUser: { enabled: true }, changeEmail: { enabled: true } },
}

onEveryDatabase("e-mail and password", { options }, (stage) => {
  const visitor = () => new Visitor(stage.auth())
  const rows = (table) => stage.database.rows(`SELECT * FROM "${table}"`)

  test("sign up, look, sign out, sign in", async () => {
    const ada = visitor()
    const { user, token } = await ada.signUp("ada")
    const session = await ada.session()
    assert.equal(session.user.id, user.id)
    assert.equal(session.session.token, token)
    assert.deepEqual([session.session.ipAddress, session.session.userAgent], ["203.0.113.7", "Visitor/1.0"])
    const [account] = await rows("account")
    assert.deepEqual([account.providerId, account.accountId, account.userId], ["credential", user.id, user.id])

    await ada.must("/sign-out", {})
    assert.equal(await ada.session(), null)
    assert.deepEqual(await rows("session"), [])
    assert.equal((await ada.signIn("wrong")).status, 401)
    assert.equal((await ada.signIn()).body.user.id, user.id)
    assert.equal((await ada.session()).user.email, "ada@example.com")
  })

  test("an address is taken once, however it is written", async () => {
    await visitor().signUp("ada")
    const { status } = await visitor().ask("/sign-up/email", {
      name: "Eve",
      email: "ADA@example.com",
      password: "correct horse battery",
    })
    assert.equal(status, 422)
    assert.equal(await stage.count("user"), 1)
  })

  test("sessions are listed, revoked one by one, all others, and all", async () => {
    const first = visitor()
    await first.signUp("ada")
    const others = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const other = visitor()
        await other.ask("/sign-in/email", { email: first.email, password: first.password })
        return other
      }),
    )
    const list = await first.must("/list-sessions")
    assert.equal(list.length, 5)
    assert.equal(new Set(list.map(({ token }) => token)).size, 5)

    const { session } = await others[0].session()
    await first.must("/revoke-session", { token: session.token })
    assert.equal(await others[0].session(), null)
    assert.notEqual(await others[1].session(), null)

    await first.must("/revoke-other-sessions", {})
    assert.equal(await others[1].session(), null)
    assert.notEqual(await first.session(), null)
    await first.must("/revoke-sessions", {})
    assert.equal(await first.session(), null)
    assert.equal(await stage.count("session"), 0)
  })

  test("an expired session is no session, and its row goes", async () => {
    const ada = visitor()
    await ada.signUp("ada")
    const { internalAdapter } = await ada.auth.$context
    await internalAdapter.updateSession((await ada.session()).session.token, { expiresAt: new Date(Date.now() - 1000) })
    assert.equal(await ada.session(), null)
    assert.equal(await stage.count("session"), 0)
  })

  test("a session that is used late is prolonged, to the millisecond", async () => {
    const ada = visitor()
    await ada.signUp("ada")
    const { internalAdapter } = await ada.auth.$context
    const { token } = (await ada.session()).session
    await internalAdapter.updateSession(token, { expiresAt: new Date(Date.now() + 3 * 86_400_000) })
    const { session } = await ada.session()
    assert.ok(new Date(session.expiresAt) > Date.now() + 6.9 * 86_400_000)
    assert.deepEqual((await internalAdapter.findSession(token)).session.expiresAt, new Date(session.expiresAt))
  })

  test("a forgotten password is set anew, once, and every device is signed out", async () => {
    const ada = visitor()
    await ada.signUp("ada")
    await ada.must("/request-password-reset", { email: ada.email, redirectTo: "/reset" })
    const { token, to } = letters.pop()
    assert.equal(to, ada.email)
    const reset = () => visitor().ask("/reset-password", { newPassword: "a new password", token })
    const results = await Promise.all([reset(), reset(), reset()])
    assert.deepEqual(results.map(({ status }) => status).sort(), [200, 400, 400])
    assert.equal(await ada.session(), null)
    assert.equal((await ada.signIn()).status, 401)
    assert.equal((await ada.signIn("a new password")).status, 200)
    assert.equal(await stage.count("verification"), 0)
  })

  test("a user who is deleted leaves nothing", async () => {
    const [ada, bob] = [visitor(), visitor()]
    await ada.signUp("ada")
    await bob.signUp("bob")
    await ada.must("/delete-user", { password: ada.password })
    assert.equal(await ada.session(), null)
    for (const table of ["user", "account", "session"]) assert.equal(await stage.count(table), 1, table)
    assert.equal((await bob.session()).user.name, "bob")
  })
})

const limited = {
  ...options,
  rateLimit: {
    enabled: true,
    storage: "database",
    window: 60,
    max: 100,
    customRules: { "/get-session": { window: 60, max: 10 } },
  },
}
onEveryDatabase("rate limit in the database", { options: limited }, (stage) => {
  test("of 30 requests at once, as many get through as are allowed", async () => {
    const auth = stage.auth()
    const ask = (address) => new Visitor(auth, { address }).ask("/get-session")
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask("198.51.100.1")))
    const statuses = answers.map(({ status }) => status)
    assert.deepEqual(
      [statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length],
      [10, 20],
    )
    assert.equal((await ask("198.51.100.2")).status, 200)
    assert.equal(await stage.count("rateLimit"), 2)
  })
})
