// An administrator ends sessions of which Auth.js's adapter has stored a hash.
import { betterAuth } from "better-auth"
import { admin } from "better-auth/plugins"
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { migrate, more, Visitor } from "./stage.js"

const { continueAuthjsSessions, rustAdapter } = more

for (const lane of databases) {
  test(`an administrator ends hashed sessions, and other users do not: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true, sessionTokens: "hashed" })
    const open = rustAdapter(database.url, { tables: "authjs" })
    try {
      const users = {}
      const sessions = {}
      for (const [name, count] of Object.entries({ ada: 1, bob: 4, eve: 1 })) {
        users[name] = await authjs.createUser({ email: `${name}@example.com`, emailVerified: null })
        sessions[name] = Array.from({ length: count }, () => crypto.randomUUID())
        for (const sessionToken of sessions[name]) {
          const expires = new Date(Date.now() + 86_400_000)
          await authjs.createSession({ sessionToken, userId: users[name].id, expires })
        }
      }
      const auth = betterAuth({
        ...base,
        database: open,
        plugins: [admin({ adminUserIds: [users.ada.id] }), continueAuthjsSessions()],
      })
      await migrate(auth.options)
      const visitor = (name) => {
        const visitor = new Visitor(auth)
        if (name) visitor.cookies.set("authjs.session-token", sessions[name][0])
        return visitor
      }
      const alive = async (name) => {
        const found = await Promise.all(sessions[name].map((token) => authjs.getSessionAndUser(token)))
        return found.filter(Boolean).length
      }
      const ada = visitor("ada")
      const listed = (await ada.must("/admin/list-user-sessions", { userId: users.bob.id })).sessions
      assert.equal(listed.length, 4)
      assert.ok(listed.every(({ token }) => token.startsWith("sha256:")))

      const [{ token: sessionToken }] = listed
      for (const [name, status] of [
        ["eve", 403],
        [undefined, 401],
      ]) {
        for (const [path, body] of [
          ["/admin/revoke-user-session", { sessionToken }],
          ["/admin/revoke-user-sessions", { userId: users.bob.id }],
        ])
          assert.equal((await visitor(name).ask(path, body)).status, status, `${name} ${path}`)
      }
      assert.equal(await alive("bob"), 4)

      await ada.must("/admin/revoke-user-session", { sessionToken })
      assert.equal(await alive("bob"), 3)
      const left = (await ada.must("/admin/list-user-sessions", { userId: users.bob.id })).sessions
      assert.ok(left.every(({ token }) => token !== sessionToken))
      await ada.must("/admin/revoke-user-sessions", { userId: users.bob.id })
      assert.deepEqual([await alive("bob"), await alive("eve"), await alive("ada")], [0, 1, 1])
    } finally {
      await open.close()
      await authjs.close()
      await database.close()
    }
  })
}

// As docs/from-authjs-to-better-auth.md says: with the cookie's cache, for as long as it lasts, and without it, at once.
for (const lane of databases) {
  test(`a session that Auth.js's side ends is Better Auth's for no longer than its cookie is cached: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true })
    const open = rustAdapter(database.url, { tables: "authjs" })
    const maxAge = 6
    try {
      await authjs.getUser("nobody")
      const options = { ...base, database: open, emailAndPassword: { enabled: true } }
      const cached = betterAuth({ ...options, session: { cookieCache: { enabled: true, maxAge } } })
      await migrate(cached.options)
      const [lagging, prompt] = [new Visitor(cached), new Visitor(betterAuth(options))]
      const end = async (visitor, name) => {
        await visitor.signUp(name)
        const { session } = await visitor.session()
        await authjs.deleteSession(session.token)
        return Date.now()
      }
      await end(prompt, "ada")
      assert.equal(await prompt.session(), null)
      const ended = await end(lagging, "bob")
      assert.equal((await lagging.session()).user.name, "bob")
      while ((await lagging.session()) !== null) {
        assert.ok(Date.now() - ended < (maxAge + 1) * 1000, "it lags longer than maxAge")
        await new Promise((done) => setTimeout(done, 50))
      }
    } finally {
      await Promise.all([open.close(), authjs.close()])
      await database.close()
    }
  })
}
