// Hashes in each form that there is are verified, and made anew.
import assert from "node:assert/strict"
import { test } from "node:test"
import { argon2id, bcryptOf, foreign, password } from "./password-place.js"

/** `place`: what `./password-place.js` opens. */
export function passwordForms({ lane, column, hashOf, put, registered }) {
  for (const [form, hash] of Object.entries(foreign)) {
    test(`${form} hash is verified, and made anew`, async () => {
      const text = form.startsWith("bcrypt") ? "U*U" : password
      const user = await lane.user()
      await put(user, hash(text))
      assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: "another" }), null)
      assert.equal(await hashOf(user), hash(text))
      assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password: text }), user)
      assert.match(await hashOf(user), argon2id)
      assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password: text }), user)
    })
  }

  test("ten who sign in at once while the hash is made anew all do", async () => {
    const user = await lane.user()
    await put(user, bcryptOf["U*U"])
    const all = await Promise.all(
      Array.from({ length: 10 }, () => lane.adapter.passwords.verify({ email: user.email, password: "U*U" })),
    )
    assert.deepEqual(all, Array(10).fill(user))
  })

  test("a password that is changed while it is compared is not the one any more", async () => {
    const user = await registered()
    const signIns = Array.from({ length: 6 }, () => lane.adapter.passwords.verify({ email: user.email, password }))
    await put(user, bcryptOf["U*U"])
    // The last of them is compared long after the change.
    assert.equal((await Promise.all(signIns)).at(-1), null)
    assert.equal(await hashOf(user), bcryptOf["U*U"])
  })

  test("what is stored and is no hash has no password", async () => {
    const user = await lane.user()
    for (const stored of [
      "",
      password,
      "$argon2id$",
      "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      ":",
    ]) {
      if (stored === "" && column === null) continue
      await put(user, stored)
      for (const typed of [stored, password]) {
        assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: typed }), null, stored)
      }
    }
  })
}
