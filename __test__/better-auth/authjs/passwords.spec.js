// A password that either side sets is the user's on both, and one that either changes is no way in any more on both.
import { betterAuth } from "better-auth"
import { magicLink } from "better-auth/plugins"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { migrate, more, Visitor } from "./stage.js"

const { password, rustAdapter } = more
const [first, second, third] = ["correct horse battery", "another horse battery", "a third horse battery"]

/** Where Auth.js's side keeps passwords on our own tables: in a table of its own, or in a column of the users' table. */
const places = {
  "a table of their own": async () => {},
  "a column of the users": (rows) => rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255)`),
  "a column that must not be null": (rows) =>
    rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255) NOT NULL DEFAULT ''`),
}

for (const [place, make] of Object.entries(places)) {
  for (const lane of databases) {
    describe(`passwords in ${place}: ${lane.name}`, () => {
      let database, authjs, open, auth
      const letters = []
      before(async () => {
        database = await lane.create()
        const migrated = RustAdapter(database.url, { migrate: true })
        await migrated.getUser("nobody")
        await migrated.close()
        await make(database.rows)
        authjs = RustAdapter(database.url, { passwords: { memoryKiB: 19_456 } })
        open = rustAdapter(database.url, { tables: "authjs" })
        auth = betterAuth({
          ...base,
          database: open,
          emailAndPassword: {
            enabled: true,
            password,
            sendResetPassword: async ({ token }) => void letters.push(token),
          },
          plugins: [magicLink({ sendMagicLink: async ({ url }) => void letters.push(url) })],
        })
        await migrate(auth.options)
      })
      after(async () => {
        await open?.close()
        await authjs?.close()
        await database?.close()
      })

      /** Whether a password is good at Auth.js's side, and at Better Auth's. */
      const isGood = async (email, given) => [
        (await authjs.passwords.verify({ email, password: given })) !== null,
        (await new Visitor(auth).signIn(given, email)).status === 200,
      ]
      /** A person who has the same password on both sides. */
      const person = async () => {
        const visitor = new Visitor(auth)
        const name = crypto.randomUUID()
        const { user } = await visitor.signUp(name)
        const email = `${name}@example.com`
        assert.deepEqual(await isGood(email, first), [true, true])
        return { visitor, email, id: user.id }
      }

      test("one that Auth.js's side registers", async () => {
        const email = `${crypto.randomUUID()}@example.com`
        const { id } = await authjs.passwords.register({ email, password: first, name: "Ada" })
        assert.deepEqual(await isGood(email, first), [true, true])
        const accounts = await (await auth.$context).internalAdapter.findAccounts(id)
        assert.deepEqual(
          accounts.map(({ providerId, accountId, userId }) => [providerId, accountId, userId]),
          [["credential", id, id]],
        )
        await authjs.passwords.set(id, second)
        assert.deepEqual(await isGood(email, first), [false, false])
        assert.deepEqual(await isGood(email, second), [true, true])
      })

      test("one that Auth.js's side gives a user who has had none", async () => {
        const email = `${crypto.randomUUID()}@example.com`
        const { id } = await authjs.createUser({ email, emailVerified: new Date(), name: "Bob" })
        await authjs.passwords.set(id, first)
        assert.deepEqual(await isGood(email, first), [true, true])
        assert.equal(await authjs.passwords.remove(id), true)
        assert.deepEqual(await isGood(email, first), [false, false])
        await authjs.passwords.set(id, second)
        assert.deepEqual(await isGood(email, second), [true, true])
        assert.equal((await (await auth.$context).internalAdapter.findAccounts(id)).length, 1)
      })

      test("one that Better Auth gives a user of Auth.js's", async () => {
        const email = `${crypto.randomUUID()}@example.com`
        const { id } = await authjs.createUser({ email, emailVerified: new Date(), name: "Cyd" })
        const visitor = new Visitor(auth)
        await visitor.must("/request-password-reset", { email, redirectTo: "/reset" })
        await visitor.must("/reset-password", { token: letters.pop(), newPassword: first })
        assert.deepEqual(await isGood(email, first), [true, true])
        await authjs.passwords.set(id, second)
        assert.deepEqual(await isGood(email, first), [false, false])
        assert.deepEqual(await isGood(email, second), [true, true])
      })

      test("both change it at once, again and again: one of the two is good, on both sides", async () => {
        const { email, id } = await person()
        const { internalAdapter } = await auth.$context
        const hash = { [second]: await password.hash(second) }
        for (let round = 0; round < 8; round += 1) {
          await Promise.all([
            internalAdapter.updatePassword(id, hash[second]),
            authjs.passwords.set(id, third, { endSessions: false }),
          ])
          const good = [await isGood(email, second), await isGood(email, third)]
          assert.ok(
            good.every(([here, there]) => here === there),
            JSON.stringify(good),
          )
          assert.equal(good.filter(([here]) => here).length, 1)
        }
      })

      test("one that Better Auth changes", async () => {
        const { visitor, email } = await person()
        await visitor.must("/change-password", { currentPassword: first, newPassword: second })
        assert.deepEqual(await isGood(email, first), [false, false])
        assert.deepEqual(await isGood(email, second), [true, true])
      })

      test("one that Better Auth resets", async () => {
        const { visitor, email } = await person()
        await visitor.must("/request-password-reset", { email, redirectTo: "/reset" })
        await visitor.must("/reset-password", { token: letters.pop(), newPassword: second })
        assert.deepEqual(await isGood(email, first), [false, false])
        assert.deepEqual(await isGood(email, second), [true, true])
      })

      test("one that Auth.js's side changes, also after Better Auth has", async () => {
        const { visitor, email, id } = await person()
        await visitor.must("/change-password", { currentPassword: first, newPassword: second })
        await authjs.passwords.set(id, third)
        for (const old of [first, second]) assert.deepEqual(await isGood(email, old), [false, false])
        assert.deepEqual(await isGood(email, third), [true, true])
      })

      test("one that Auth.js's side removes, and one that it has nothing of", async () => {
        const { email, id, visitor } = await person()
        assert.equal(await authjs.passwords.remove(id), true)
        assert.deepEqual(await isGood(email, first), [false, false])
        await visitor.must("/request-password-reset", { email, redirectTo: "/reset" })
        await visitor.must("/reset-password", { token: letters.pop(), newPassword: second })
        assert.deepEqual(await isGood(email, second), [true, true])
        assert.equal(await authjs.passwords.remove(id), true)
        assert.deepEqual(await isGood(email, second), [false, false])
        assert.equal(await authjs.passwords.remove(id), false)
      })

      test("one that Better Auth keeps in a form that has no room here is none here, and is Better Auth's", async () => {
        const { email, id } = await person()
        const { internalAdapter } = await auth.$context
        const long = "h".repeat(600)
        await internalAdapter.updatePassword(id, long)
        assert.deepEqual(await isGood(email, first), [false, false])
        const [account] = await internalAdapter.findAccounts(id)
        assert.equal(account.password, long)
        assert.equal(await authjs.passwords.verify({ email, password: long }), null)
        await authjs.passwords.set(id, second)
        assert.deepEqual(await isGood(email, second), [true, true])
        await internalAdapter.updatePassword(id, null)
        assert.deepEqual(await isGood(email, second), [false, false])
      })

      test("one whose account Better Auth deletes, and no other's", async () => {
        const [ada, bob] = [await person(), await person()]
        const { internalAdapter, adapter } = await auth.$context
        const [account] = await internalAdapter.findAccounts(ada.id)
        await adapter.delete({ model: "account", where: [{ field: "id", value: account.id }] })
        assert.deepEqual(await isGood(ada.email, first), [false, false])
        assert.deepEqual(await isGood(bob.email, first), [true, true])
        const other = { providerId: "github", accountId: crypto.randomUUID(), userId: bob.id }
        await internalAdapter.createAccount(other)
        const where = ["providerId", "accountId"].map((field) => ({ field, value: other[field] }))
        await adapter.deleteMany({ model: "account", where })
        assert.deepEqual(await isGood(bob.email, first), [true, true])
      })

      test("one that a stranger has set, when the owner of the address comes by a letter to Better Auth", async () => {
        const { email } = await person()
        const owner = new Visitor(auth)
        await owner.must("/sign-in/magic-link", { email, callbackURL: "/welcome" })
        await owner.ask(letters.pop())
        assert.equal((await owner.session()).user.email, email)
        assert.deepEqual(await isGood(email, first), [false, false])
      })

      test("one that a stranger has set at Better Auth, when the owner comes by a letter of Auth.js's", async () => {
        const stranger = new Visitor(auth)
        const name = crypto.randomUUID()
        const { user } = await stranger.signUp(name)
        const email = `${name}@example.com`
        assert.deepEqual(await isGood(email, first), [true, true])
        await authjs.updateUser({ id: user.id, emailVerified: new Date() })
        assert.deepEqual(await isGood(email, first), [false, false])
        assert.equal(await stranger.session(), null)
      })

      test("what a transaction has undone has changed nothing", async () => {
        const { email, id } = await person()
        const { adapter } = await auth.$context
        const where = [
          { field: "userId", value: id },
          { field: "providerId", value: "credential" },
        ]
        const work = adapter.transaction(async (tx) => {
          await tx.updateMany({ model: "account", where, update: { password: await password.hash(second) } })
          throw new Error("changed my mind")
        })
        await assert.rejects(work, /changed my mind/)
        assert.deepEqual(await isGood(email, first), [true, true])
      })

      test("Auth.js's side shows no hash of Better Auth's", async () => {
        const { id } = await person()
        const account = await authjs.getAccount(id, "credential")
        assert.equal(account.type, "credential")
        assert.doesNotMatch(JSON.stringify(account), /argon2/)
        assert.doesNotMatch(JSON.stringify(await authjs.getUser(id)), /argon2/)
      })
    })
  }
}

for (const lane of databases) {
  test(`Better Auth's passwords are found by Auth.js's side, which has had no place for any: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true })
    const open = rustAdapter(database.url, { tables: "authjs" })
    const late = RustAdapter(database.url)
    try {
      await authjs.getUser("nobody")
      const auth = betterAuth({ ...base, database: open, emailAndPassword: { enabled: true, password } })
      await migrate(auth.options)
      const email = "ada@example.com"
      const { user } = await new Visitor(auth).signUp("ada")
      assert.equal((await late.passwords.verify({ email, password: first }))?.id, user.id)
      assert.equal(await late.passwords.verify({ email, password: second }), null)
      assert.equal(await late.passwords.remove(user.id), true)
      assert.equal((await new Visitor(auth).signIn(first, email)).status, 401)
    } finally {
      await Promise.all([open.close(), authjs.close(), late.close()])
      await database.close()
    }
  })

  test(`the place for passwords may be made while Better Auth runs: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true })
    const open = rustAdapter(database.url, { tables: "authjs" })
    try {
      await authjs.getUser("nobody")
      const auth = betterAuth({ ...base, database: open, emailAndPassword: { enabled: true, password } })
      await migrate(auth.options)
      const visitor = new Visitor(auth)
      const { user } = await visitor.signUp("ada")
      const change = (currentPassword, newPassword) =>
        visitor.must("/change-password", { currentPassword, newPassword })
      await change(first, second)
      // The first password of this side makes its table.
      await authjs.passwords.set(user.id, third, { endSessions: false })
      await change(third, first)
      const email = "ada@example.com"
      assert.equal(await authjs.passwords.verify({ email, password: third }), null)
      assert.equal((await authjs.passwords.verify({ email, password: first }))?.id, user.id)
      assert.equal((await visitor.signIn(first, email)).status, 200)
    } finally {
      await open.close()
      await authjs.close()
      await database.close()
    }
  })
}
