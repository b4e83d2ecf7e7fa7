// One database for a FastAPI backend and Better Auth: SQLModel makes the tables, and each side sees what the other does.
import { betterAuth } from "better-auth"
import { genericOAuth } from "better-auth/plugins"
import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { authUrl } from "../../flows/frameworks.js"
import { OidcServer } from "../../flows/oidc-server.js"
import { openAdapter, ours } from "../adapter.js"
import { Visitor } from "../flows/visitor.js"
import { base, quickPasswords } from "../stage.js"
import { startBackend } from "./backend.js"

const text = (more) => ({ type: "string", required: false, input: false, ...more })
/** The columns of the backend's user that Better Auth does not know. Those with a default have it in Python only. */
const additionalFields = {
  role: text({ defaultValue: "user" }),
  isActive: { type: "boolean", defaultValue: true, input: false },
  hashedPassword: text({ returned: false }),
  theme: text({ defaultValue: "system" }),
  notificationsEnabled: { type: "boolean", defaultValue: true, input: false },
  bio: text({ input: true }),
  lastLoginAt: { type: "date", required: false, input: false },
}

/** UTC, whether the backend says so or not. */
const instant = (text) => Date.parse(`${text.replace(/(Z|[+]00:00)$/, "")}Z`)

for (const lane of databases.filter(({ name }) => name !== "mysql")) {
  describe(`SQLModel on ${lane.name}`, () => {
    let database, backend, opened, options, server
    before(async () => {
      database = await lane.create()
      backend = startBackend(database, base.secret)
      await backend.ask("create_tables")
      server = await OidcServer.open()
      opened = await openAdapter(database)
      const { issuer, clientId, clientSecret } = server.provider()
      options = {
        ...base,
        emailAndPassword: { enabled: true, password: quickPasswords },
        user: { additionalFields },
        database: opened.database,
        advanced: { database: { generateId: () => crypto.randomUUID() } },
        account: { storeStateStrategy: "cookie" }, // the state is longer than the backend's verification.value
        plugins: [
          genericOAuth({
            config: [
              {
                providerId: "oidc",
                discoveryUrl: `${issuer}/.well-known/openid-configuration`,
                clientId,
                clientSecret,
                scopes: ["openid", "email", "profile"],
                pkce: true,
                redirectURI: `${authUrl}/callback/oidc`,
              },
            ],
          }),
        ],
      }
      // Passwords are on Better Auth's accounts, where the backend has no column for them.
      await (await ours()).migrate(options)
    })
    beforeEach(async () => {
      for (const table of ["profile", "session", "account", "verification", "user"])
        await database.rows(`DELETE FROM "${table}"`)
    })
    after(async () => {
      await backend?.close()
      await server?.close()
      await opened?.close()
      await database?.close()
    })

    const visitor = () => new Visitor(betterAuth(options))
    const cookieOf = ({ cookies }) => cookies.get("better-auth.session_token")

    test("the schema gains the one column that it lacks, and nothing else changes", async () => {
      assert.deepEqual(await (await ours()).migrate(options), [])
      const [user, account] = [await columns("user"), await columns("account")]
      assert.ok(account.includes("password"))
      assert.ok(user.includes("hashed_password") && !user.includes("hashedPassword"))
    })

    test("who signs up and in with Better Auth is known to the backend by the signed cookie", async () => {
      const ada = visitor()
      const { user, token } = await ada.signUp("ada", { bio: "Countess" })
      const seen = await backend.ask("who", { cookie: cookieOf(ada) })
      assert.equal(seen.session.token, token)
      assert.deepEqual([seen.session.ip_address, seen.session.user_agent], ["203.0.113.7", "Visitor/1.0"])
      assert.deepEqual(
        [
          seen.user.id,
          seen.user.email,
          seen.user.email_verified,
          seen.user.role,
          seen.user.is_active,
          seen.user.theme,
          seen.user.bio,
          seen.user.last_login_at,
        ],
        [user.id, "ada@example.com", false, "user", true, "system", "Countess", null],
      )
      const { session } = await ada.session()
      assert.equal(instant(seen.session.expires_at), Date.parse(session.expiresAt), "to the millisecond")
      assert.equal((await backend.ask("get_user_by_email", { email: "ada@example.com" })).id, user.id)

      assert.equal(
        await backend.ask("who", { cookie: cookieOf(ada).replace(/^./, (first) => (first === "a" ? "b" : "a")) }),
        null,
      )
      await ada.must("/sign-out", {})
      assert.equal(await backend.ask("who", { cookie: encodeURIComponent(`${token}.x`) }), null)
      assert.equal((await ada.signIn()).body.user.role, "user")
      assert.equal((await backend.ask("who", { cookie: cookieOf(ada) })).user.id, user.id)
    })

    test("the backend lists the active sessions, and none once it has invalidated all: Better Auth then knows no session", async () => {
      const [ada, phone, bob] = [visitor(), visitor(), visitor()]
      const { user, token } = await ada.signUp("ada")
      const { body } = await phone.signIn(ada.password, ada.email)
      await bob.signUp("bob")
      const { internalAdapter } = await ada.auth.$context
      const expired = await internalAdapter.createSession(
        user.id,
        false,
        { expiresAt: new Date(Date.now() - 1000) },
        true,
      )
      const active = await backend.ask("get_active_sessions", { user_id: user.id })
      assert.deepEqual(active.sort(), [token, body.token].sort())
      assert.equal((await backend.ask("get_user_with_sessions", { user_id: user.id })).tokens.length, 3)
      assert.ok(expired.token)

      assert.equal(await backend.ask("invalidate_user_sessions", { user_id: user.id }), 3)
      for (const gone of [ada, phone]) assert.equal(await gone.session(), null)
      assert.equal((await bob.session()).user.name, "bob")
    })

    test("the backend finds the account of a provider, with its tokens", async () => {
      const ada = {
        sub: "sub-1",
        name: "Ada",
        email: "ada@example.com",
        email_verified: true,
        picture: "https://example.com/ada.png",
      }
      const browser = visitor()
      const { url } = await browser.must("/sign-in/social", { provider: "oidc", callbackURL: "/welcome" })
      const callback = new URL(await server.agree(url, ada))
      await browser.ask(`/callback/oidc${callback.search}`)
      const { user } = await browser.session()
      const account = await backend.ask("get_account_by_provider", { provider_id: "oidc", account_id: "sub-1" })
      assert.equal(account.user_id, user.id)
      const userinfo = await fetch(`${server.issuer}/me`, {
        headers: { authorization: `Bearer ${account.access_token}` },
      })
      assert.equal((await userinfo.json()).sub, "sub-1")
      assert.ok(Math.abs(instant(account.access_token_expires_at) - Date.now() - 3_600_000) < 60_000)
      assert.deepEqual(await backend.ask("get_user_accounts", { user_id: user.id }), ["oidc"])
    })

    test("what the backend writes is Better Auth's to read: people, profiles, sessions until they expire", async () => {
      const id = await backend.ask("add_user", { email: "eve@example.com", name: "Eve", display_name: "Evening" })
      await backend.ask("add_session", { user_id: id, token: "from python", seconds: 3600 })
      await backend.ask("add_session", { user_id: id, token: "too late", seconds: -1 })
      const { internalAdapter, adapter } = await betterAuth(options).$context
      const { session, user } = await internalAdapter.findSession("from python")
      assert.deepEqual([user.id, user.role, user.isActive, user.emailVerified], [id, "user", true, false])
      assert.ok(Math.abs(session.expiresAt - Date.now() - 3_600_000) < 30_000)
      const active = await adapter.findMany({
        model: "session",
        where: [{ field: "expiresAt", operator: "gt", value: new Date() }],
      })
      assert.deepEqual(
        active.map(({ token }) => token),
        ["from python"],
      )
      assert.equal((await backend.ask("get_user_with_sessions", { user_id: id })).profile, "Evening")
      assert.equal(
        await adapter.deleteMany({
          model: "session",
          where: [{ field: "expiresAt", operator: "lt", value: new Date() }],
        }),
        1,
      )
    })

    const columns = async (table) =>
      (
        await (lane.name === "sqlite"
          ? database.rows(`SELECT name FROM pragma_table_info(?)`, table)
          : database.rows(`SELECT column_name AS name FROM information_schema.columns WHERE table_name = ?`, table))
      ).map(({ name }) => name)
  })
}
