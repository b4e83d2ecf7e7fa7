// Columns for hashes that must not be null, and those that are ordinary ones.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { credentials } from "../../credentials.js"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"
import { argon2id, password } from "./password-place.js"
import { newSession, newUser } from "./rows.js"

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

export function severalColumns(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      for (const column of ["password", "password_hash"]) {
        await lane.rows(`ALTER TABLE "user" ADD COLUMN "${column}" varchar(255)`)
      }
      await lane.rows(`ALTER TABLE "session" ADD COLUMN "mark" varchar(255)`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })

  test("the one that says hash has it, and no caller sees or writes either", async () => {
    const columns = async ({ id }) => {
      const [row] = await lane.rows(`SELECT "password", "password_hash" AS hash FROM "user" WHERE "id" = ?`, id)
      return [row.password, row.hash]
    }
    const user = await lane.adapter.passwords.register({ ...newUser(), password })
    const [other, hash] = await columns(user)
    assert.equal(other, null)
    assert.match(hash, argon2id)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    for (const shown of [user, await lane.adapter.getUser(user.id)]) {
      assert.deepEqual([shown.password ?? null, shown.password_hash ?? null], [null, null])
    }
    for (const field of ["password", "password_hash"]) {
      await lane.adapter.updateUser({ id: user.id, [field]: "of a caller" }).catch(() => undefined)
      assert.deepEqual(await columns(user), [null, hash])
    }
    await lane.adapter.passwords.set(user.id, "the second")
    assert.ok(await lane.adapter.passwords.verify({ email: user.email, password: "the second" }))
    assert.equal((await columns(user))[0], null)
    assert.equal(await lane.adapter.passwords.remove(user.id), true)
    assert.deepEqual(await columns(user), [null, null])
  })

  test("a column of sessions that is called mark is the application's", async () => {
    const user = await lane.adapter.passwords.register({ ...newUser(), password })
    const { mark, sessionToken } = await lane.adapter.createSession({ ...newSession(user.id), mark: "of the app" })
    assert.equal(mark, "of the app")
    await lane.adapter.deleteSession(sessionToken)
    const signIn = credentials(lane.adapter)
    await signIn.authorize({ email: user.email, password }, new Request("http://localhost"))
    await signIn.jwt.encode({ token: { sub: user.id } })
    const rows = await lane.rows(`SELECT "mark" FROM "session" WHERE "userId" = ?`, user.id)
    assert.deepEqual(
      rows.map((row) => row.mark),
      [null],
    )
  })
}
