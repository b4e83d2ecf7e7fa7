// What may be a password and an address, and what is an error.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { failure } from "./failure.js"
import { newEmail, password } from "./password-place.js"

/** `place`: what `./password-place.js` opens. */
export function passwordInput({ lane, registered }) {
  test("an address with a control character before it finds no user", async () => {
    const user = await registered()
    for (const before of ["\u0085", "\u0085\u0085", "\t", "\n"]) {
      assert.equal(await lane.adapter.passwords.verify({ email: before + user.email, password }), null)
    }
  })

  test("NUL, one character more than allowed, 1 MB, lone surrogates, two spellings", async () => {
    const { passwords } = lane.adapter
    const email = newEmail()
    for (const refused of ["", "\ud800", "a\udc00b", "x".repeat(4097), "x".repeat(1_000_000), "ﷺ".repeat(1_000)]) {
      await assert.rejects(
        passwords.register({ email, password: refused }),
        failure("ERR_INVALID_ARGUMENT", { field: "password" }),
      )
    }
    assert.equal(await lane.adapter.getUserByEmail(email), null)
    const user = await passwords.register({ email, password: "a\0b" })
    for (const other of ["a", "a\0", "a\0c", "", "\ud800", "x".repeat(1_000_000)]) {
      assert.equal(await passwords.verify({ email, password: other }), null)
    }
    assert.deepEqual(await passwords.verify({ email, password: "a\0b" }), user)
    await passwords.set(user.id, "x".repeat(4096))
    assert.ok(await passwords.verify({ email, password: "x".repeat(4096) }))
    assert.equal(await passwords.verify({ email, password: "x".repeat(4095) }), null)
    await passwords.set(user.id, "cafe\u0301 ﬁ")
    assert.ok(await passwords.verify({ email, password: "caf\u00e9 fi" }))
    assert.equal(await passwords.verify({ email, password: "cafe fi" }), null)
  })

  test("what no method can mean is an error without a password in it", async () => {
    const { passwords } = lane.adapter
    const user = await registered()
    const secret = "hunter2hunter2"
    const calls = [
      ...[
        undefined,
        null,
        7,
        "x",
        [],
        {},
        { email: 7, password: secret },
        { email: "x@y" },
        { password: secret },
      ].flatMap((given) => [() => passwords.register(given), () => passwords.verify(given)]),
      ...["", "x", "@", "a@", "@b", "a@b@c", "a b@c", "a@b,c@d", "a\n@b"].map(
        (email) => () => passwords.register({ email, password: secret }),
      ),
      () => passwords.set(undefined, secret),
      () => passwords.set(user.id, undefined),
      () => passwords.set(user.id, { toString: () => secret }),
      () => passwords.set(user.id, secret, 7),
      () => passwords.set(user.id, secret, { currentToken: 7 }),
      () => passwords.set(user.id, secret, { endSessions: "no" }),
      () => passwords.remove(),
    ]
    for (const call of calls) {
      await assert.rejects(
        call(),
        (error) => {
          failure("ERR_INVALID_ARGUMENT")(error)
          assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret), inspect(error))
          return true
        },
        call.toString(),
      )
    }
    assert.deepEqual(await passwords.verify({ email: user.email, password }), user)
  })
}
