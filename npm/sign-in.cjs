// One person signs in, by the calls that Auth.js makes, and is recognised; then signs out.
const assert = require("node:assert/strict")

async function signIn({ RustAdapter, RustAdapterError }, name) {
  const adapter = RustAdapter(`sqlite:./${name}.db`)
  const account = { type: "oauth", provider: "github", providerAccountId: "583231" }
  assert.equal(await adapter.getUserByAccount(account), null)
  const user = await adapter.createUser({ name: "Ada", email: "ada@example.com", emailVerified: null })
  await adapter.linkAccount({ ...account, userId: user.id })
  const session = await adapter.createSession({
    sessionToken: name,
    userId: user.id,
    expires: new Date(Date.now() + 3_600_000),
  })
  assert.deepEqual(await adapter.getSessionAndUser(name), { session, user })
  await assert.rejects(
    adapter.createUser({ email: "ada@example.com" }),
    (error) => error instanceof RustAdapterError && error.code === "ERR_UNIQUE",
  )
  await adapter.deleteSession(name)
  assert.equal(await adapter.getSessionAndUser(name), null)
  await adapter.close()
  console.log(`${name}: signed in`)
}

module.exports = { signIn }

if (require.main === module) signIn(require("rust-auth-adapter"), "commonjs")
