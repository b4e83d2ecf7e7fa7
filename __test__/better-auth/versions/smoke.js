// Better Auth of an earlier version on our adapter: what every application does, over HTTP.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { after, before, describe, test } from "node:test"
import { pathToFileURL } from "node:url"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { Visitor } from "../flows/visitor.js"
import { installedFor } from "../installed.js"

/** With the Better Auth of the folder of this name. `consumes`: whether it takes verification values out in one statement. */
export async function smoke(version, { consumes }) {
  const application = new URL(`${version}/application.js`, import.meta.url)
  const { betterAuth } = await import(pathToFileURL(createRequire(application).resolve("better-auth")))
  const { rustAdapter, migrate } = await installedFor(application.href)

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
