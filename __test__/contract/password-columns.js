// Columns for hashes that must not be null, and those that are ordinary ones.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"
import { argon2id, password } from "./password-place.js"
import { newUser } from "./rows.js"

export function requiredColumn(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255) NOT NULL DEFAULT ''`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })

  test("is empty for a user without a password", async () => {
    const user = await lane.user()
    const stored = async () =>
      (await lane.rows(`SELECT "password" AS hash FROM "user" WHERE "id" = ?`, user.id))[0].hash
    assert.equal(await stored(), "")
    for (const typed of ["", " ", password]) {
      assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: typed }), null)
    }
    await lane.adapter.passwords.set(user.id, password)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    assert.equal(await lane.adapter.passwords.remove(user.id), true)
    assert.equal(await stored(), "")
  })
}

export function ordinaryColumn(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255)`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, {
        ...database.options,
        columns: { user: { password: "password" } },
      })
    },
  })

  test("says that a column of that name is an ordinary one", async () => {
    const user = await lane.adapter.createUser({ ...newUser(), password: "on the third shelf" })
    assert.equal(user.password, "on the third shelf")
    assert.equal((await lane.adapter.updateUser({ id: user.id, password: "on the fourth" })).password, "on the fourth")
    await lane.adapter.passwords.set(user.id, password)
    const [{ hash }] = await lane.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id)
    assert.match(hash, argon2id)
    const verified = await lane.adapter.passwords.verify({ email: user.email, password })
    assert.equal(verified.password, "on the fourth")
    assert.ok(!inspect(verified).includes("argon2"))
  })
}
