// Better Auth of an earlier version on our adapter: what every application does, over HTTP.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { after, before, describe, test } from "node:test"
import { pathToFileURL } from "node:url"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { Visitor } from "../flows/visitor.js"
import { installedFor } from "../installed.js"

/** With the Better Auth of the folder of this name. `consumes`: whether it takes verification values out in one statement. */
export async function smoke(version, { consumes }) {
  const application = new URL(`${version}/application.js`, import.meta.url)
  const { betterAuth } = await import(pathToFileURL(createRequire(application).resolve("better-auth")))
  const { continueAuthjsSessions, rustAdapter, migrate } = await installedFor(application.href)

  test(`this is better-auth ${version}`, () => {
    const installed = JSON.parse(
      readFileSync(new URL(`${version}/node_modules/better-auth/package.json`, import.meta.url)),
    )
    assert.equal(installed.version, version)
  })

  for (const lane of databases) {
    describe(`better-auth ${version}: ${lane.name}`, () => {
      let database, options, auth
      const letters = []
      before(async () => {
        database = await lane.create()
        options = {
          ...base,
          database: rustAdapter(database.url),
          emailAndPassword: {
            enabled: true,
            sendResetPassword: async ({ token }) => {
              letters.push(token)
            },
          },
        }
        auth = betterAuth(options)
        assert.notEqual((await migrate(auth.options)).length, 0)
      })
      after(async () => {
        await options?.database.close()
        await database?.close()
      })
      const rows = (table) => database.rows(`SELECT * FROM "${table}"`)

      test("the tables are made once", async () => assert.deepEqual(await migrate(auth.options), []))

      test("sign up, look, sign out, sign in", async () => {
        const ada = new Visitor(auth)
        const { user } = await ada.signUp("ada")
        const { session } = await ada.session()
        assert.deepEqual(
          (await rows("session")).map(({ token, userId }) => [token, userId]),
          [[session.token, user.id]],
        )
        await ada.must("/sign-out", {})
        assert.equal(await ada.session(), null)
        assert.deepEqual(await rows("session"), [])
        assert.equal((await ada.signIn("wrong password")).status, 401)
        assert.equal((await ada.signIn()).status, 200)
        assert.equal((await ada.session()).user.id, user.id)
      })

      test("a token to reset a password is good once", async () => {
        const bob = new Visitor(auth)
        await bob.signUp("bob")
        await bob.must("/request-password-reset", { email: bob.email, redirectTo: "/reset" })
        const [token] = letters.splice(0)
        assert.equal((await rows("verification")).length, 1)
        const reset = () => bob.ask("/reset-password", { token, newPassword: "another horse battery" })
        assert.equal((await reset()).status, 200)
        assert.equal((await reset()).status, 400)
        assert.deepEqual(await rows("verification"), [])
        assert.equal((await bob.signIn("another horse battery")).status, 200)
      })

      test("a transaction that fails leaves nothing", async () => {
        const { adapter } = await auth.$context
        const before = (await rows("user")).length
        await assert.rejects(
          adapter.transaction(async (tx) => {
            await tx.create({
              model: "user",
              data: {
                name: "Eve",
                email: "eve@example.com",
                emailVerified: false,
                createdAt: new Date(),
                updatedAt: new Date(),
              },
            })
            throw new Error("changed my mind")
          }),
          /changed my mind/,
        )
        assert.equal((await rows("user")).length, before)
      })

      test("on Auth.js's tables, a session of Auth.js's goes on, and ends for both", async () => {
        const own = await lane.create()
        const authjs = RustAdapter(own.url, { migrate: true })
        const user = await authjs.createUser({ email: "cleo@example.com", name: null, emailVerified: new Date() })
        const account = { type: "oauth", provider: "github", providerAccountId: "7", userId: user.id, scope: "a b" }
        await authjs.linkAccount(account)
        const sessionToken = crypto.randomUUID()
        await authjs.createSession({ sessionToken, userId: user.id, expires: new Date(Date.now() + 86_400_000 * 30) })
        const shared = rustAdapter(own.url, { tables: "authjs" })
        try {
          const next = betterAuth({ ...options, database: shared, plugins: [continueAuthjsSessions()] })
          assert.notEqual((await migrate(next.options)).length, 0)
          const cleo = new Visitor(next)
          cleo.cookies.set("authjs.session-token", sessionToken)
          const found = await cleo.session()
          assert.deepEqual(
            [found.user.id, found.user.emailVerified, found.session.token],
            [user.id, true, sessionToken],
          )
          assert.ok(cleo.cookies.has("better-auth.session_token"))
          const [linked] = await cleo.must("/list-accounts")
          assert.deepEqual([linked.providerId, linked.accountId], ["github", "7"])
          await cleo.must("/sign-out", {})
          assert.deepEqual([...cleo.cookies.keys()], [])
          assert.equal(await authjs.getSessionAndUser(sessionToken), null)
          const dora = new Visitor(next)
          const signedUp = await dora.signUp("dora")
          assert.equal((await authjs.getUserByEmail("dora@example.com")).id, signedUp.user.id)
          assert.equal((await authjs.getSessionAndUser((await dora.session()).session.token)).user.id, signedUp.user.id)
        } finally {
          await shared.close()
          await authjs.close()
          await own.close()
        }
      })

      if (consumes)
        test("of many that consume a verification value, one gets it", async () => {
          const { internalAdapter } = await auth.$context
          await internalAdapter.createVerificationValue({
            identifier: "link",
            value: "v",
            expiresAt: new Date(Date.now() + 60_000),
          })
          const won = (
            await Promise.all(Array.from({ length: 10 }, () => internalAdapter.consumeVerificationValue("link")))
          ).filter(Boolean)
          assert.deepEqual(
            won.map(({ value }) => value),
            ["v"],
          )
          assert.deepEqual(await rows("verification"), [])
        })
    })
  }
}
