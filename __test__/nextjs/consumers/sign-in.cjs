"use strict"

const assert = require("node:assert/strict")

/** A person comes, is known by their session, and goes. */
async function signIn(RustAdapter, RustAdapterError) {
  const adapter = RustAdapter(":memory:")
  const user = await adapter.createUser({ email: "ada@example.com", emailVerified: new Date(0) })
  const expires = new Date(Date.now() + 60_000)
  await adapter.createSession({ sessionToken: "token", userId: user.id, expires })
  assert.deepEqual(await adapter.getSessionAndUser("token"), {
    session: { sessionToken: "token", userId: user.id, expires },
    user: { id: user.id, name: null, email: "ada@example.com", emailVerified: new Date(0), image: null },
  })
  await assert.rejects(
    adapter.createUser({ email: "ada@example.com" }),
    (error) => error instanceof RustAdapterError && error.code === "ERR_UNIQUE",
  )
  await adapter.deleteSession("token")
  assert.equal(await adapter.getSessionAndUser("token"), null)
  await adapter.close()
}

module.exports = { signIn }

if (require.main === module) {
  const { RustAdapter, RustAdapterError } = require("rust-auth-adapter")
  signIn(RustAdapter, RustAdapterError)
}
