// The passwords that Auth.js's side has when Better Auth comes are Better Auth's from its first migration on, in every layout.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { base } from "../base.js"
import { migrate, more, onEveryLayout, Visitor } from "./stage.js"

const { password } = more
const [first, second] = ["correct horse battery", "another horse battery"]

onEveryLayout("passwords from before Better Auth", (stage) => {
  let authjs, auth
  before(() => (authjs = RustAdapter(stage.database.url)))
  after(() => authjs?.close())

  /** A user with a password. Where the tables have no place for one, the error says what makes it. */
  async function register(email) {
    try {
      return await authjs.passwords.register({ email, password: first, name: "Ada" })
    } catch (error) {
      const [statement] = error.message.match(/ALTER TABLE .* ADD COLUMN password varchar\(255\)/) ?? []
      if (!statement) throw error
      await stage.database.rows(statement)
      await authjs.close()
      authjs = RustAdapter(stage.database.url)
      return authjs.passwords.register({ email, password: first, name: "Ada" })
    }
  }
  const isGood = async (email, given) => [
    (await authjs.passwords.verify({ email, password: given })) !== null,
    (await new Visitor(auth).signIn(given, email)).status === 200,
  ]

  test("they are copied once", async () => {
    const { id } = await register("ada@example.com")
    await authjs.createUser({ email: "nopassword@example.com", name: "Bob", emailVerified: new Date() })
    auth = betterAuth({ ...base, database: stage.open, emailAndPassword: { enabled: true, password } })
    const shown = await migrate(auth.options, { dryRun: true })
    assert.equal(shown.filter((statement) => statement.startsWith("INSERT INTO ")).length, 1, shown.join("\n"))
    assert.deepEqual(await migrate(auth.options), shown)
    assert.deepEqual(await migrate(auth.options), [])
    assert.deepEqual(await isGood("ada@example.com", first), [true, true])
    const { internalAdapter } = await auth.$context
    const accounts = await internalAdapter.findAccounts(String(id))
    assert.deepEqual(
      accounts.map(({ providerId, accountId, userId }) => [providerId, accountId, userId]),
      [["credential", String(id), String(id)]],
    )
    const { user } = await internalAdapter.findUserByEmail("nopassword@example.com")
    assert.deepEqual(await internalAdapter.findAccounts(user.id), [])
    assert.equal((await authjs.getAccount(String(id), "credential")).type, "credential")
  })

  test("then either side changes it for both, also a process that has not looked since", async () => {
    const email = "ada@example.com"
    const visitor = new Visitor(auth)
    await visitor.signIn(first, email)
    await visitor.must("/change-password", { currentPassword: first, newPassword: second })
    assert.deepEqual(await isGood(email, second), [true, true])
    assert.deepEqual(await isGood(email, first), [false, false])
    const { id } = await authjs.getUserByEmail(email)
    await authjs.passwords.set(id, first)
    assert.deepEqual(await isGood(email, first), [true, true])
    assert.deepEqual(await isGood(email, second), [false, false])
    await register("late@example.com")
    assert.deepEqual(await isGood("late@example.com", first), [true, true])
  })
})
