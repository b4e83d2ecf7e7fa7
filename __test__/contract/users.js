import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession, newUser } from "./rows.js"

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export function users(database) {
  const lane = openLane(database)

  test("createUser stores and returns the whole row", async () => {
    const user = newUser()
    assert.deepEqual(await lane.adapter.createUser(user), user)
    await lane.holds("user", { id: user.id }, user)
  })

  test("createUser of a passkey: only an e-mail; the rest is null, and the id a UUID", async () => {
    const { email } = newUser()
    const created = await lane.adapter.createUser({ email })
    assert.match(created.id, UUID_V4)
    assert.deepEqual(created, { id: created.id, name: null, email, emailVerified: null, image: null })
    await lane.holds("user", { id: created.id }, created)
  })

  test("createUser of next-auth v4: no id, and no two get the same", async () => {
    const { id: _, ...user } = newUser()
    const created = await lane.adapter.createUser(user)
    assert.match(created.id, UUID_V4)
    assert.deepEqual(created, { id: created.id, ...user })
    for (const id of [undefined, null]) {
      const another = await lane.adapter.createUser({ ...newUser(), id })
      assert.match(another.id, UUID_V4)
      assert.notEqual(another.id, created.id)
    }
  })

  test("createUser of an OAuth profile without e-mail, several times", async () => {
    for (const user of [newUser({ email: undefined }), newUser({ email: null }), newUser({ email: undefined })]) {
      assert.deepEqual(await lane.adapter.createUser(user), { ...user, email: null })
    }
    const { email: _, ...user } = newUser()
    assert.deepEqual(await lane.adapter.createUser(user), { ...user, email: null })
    await lane.holds("user", { id: user.id }, { ...user, email: null })
  })

  test("createUser honours any given id, and numbers in their decimal form", async () => {
    for (const id of [
      "cl9ebqhxk00008eqz7x1r3p4z",
      "507f1f77bcf86cd799439011",
      "ключ/é",
      "x".repeat(255),
      "😀".repeat(255),
    ]) {
      const user = newUser({ id })
      assert.deepEqual(await lane.adapter.createUser(user), user)
      assert.deepEqual(await lane.adapter.getUser(id), user)
    }
    for (const id of [42, 9_007_199_254_740_991, -1, 12_345_678_901_234_567_890n]) {
      const user = newUser({ id })
      assert.deepEqual(await lane.adapter.createUser(user), { ...user, id: String(id) })
      assert.deepEqual(await lane.adapter.getUser(id), { ...user, id: String(id) })
      assert.deepEqual(await lane.adapter.getUser(String(id)), { ...user, id: String(id) })
      await lane.holds("user", { id: String(id) }, { ...user, id: String(id) })
    }
  })

  test("createUser drops a field without a column, with any content", async () => {
    const user = newUser()
    const created = await lane.adapter.createUser({
      ...user,
      role: "admin",
      phone: undefined,
      age: 7,
      big: 7n,
      tags: ["a"],
      address: { street: { number: 1 } },
      born: new Date(NaN),
      toString() {},
      [Symbol("s")]: 1,
      symbol: Symbol("t"),
      NAME: "other",
      "e-mail": "other",
      created_at: new Date(),
      "\0": "\0",
      "\ud800": "\ud800",
      "'; DROP TABLE user; --": 1,
      __proto__: { image: "inherited" },
    })
    assert.deepEqual(created, user)
    await lane.holds("user", { id: user.id }, user)
  })

  test("createUser reads own properties only, of any kind of object", async () => {
    const { id, email, ...rest } = newUser()
    class Profile {
      id = id
      email = email
      get name() {
        return "on the prototype"
      }
    }
    const nothing = { name: null, emailVerified: null, image: null }
    assert.deepEqual(await lane.adapter.createUser(new Profile()), { id, email, ...nothing })
    const bare = Object.assign(Object.create(null), newUser())
    assert.deepEqual(await lane.adapter.createUser(bare), { ...bare })
    const withGetter = {
      ...newUser(rest),
      get image() {
        return "from a getter"
      },
    }
    assert.deepEqual(await lane.adapter.createUser(withGetter), { ...withGetter })
  })

  test("text of every kind comes back as it was given", async () => {
    const texts = [
      "",
      " ",
      "  both ends  ",
      "Zoë ẞ İ ﬁ e\u0301",
      "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
      "עברית العربية 中文",
      "\u{10FFFF}\uFFFD\uFEFF",
      "'\"`\\%_;--/*\r\n\t\b\u001f\u007f",
      "${x} $1 ? :name @name",
      "true",
      "null",
      "0x41",
      "\\0\\u0000",
    ]
    for (const name of texts) {
      const user = newUser({ name, image: name })
      assert.deepEqual(await lane.adapter.createUser(user), user, JSON.stringify(name))
      assert.deepEqual(await lane.adapter.getUser(user.id), user, JSON.stringify(name))
      await lane.holds("user", { id: user.id }, user)
    }
  })

  test("keys of every kind come back as they were given, to their full length", async () => {
    for (const email of [
      "",
      " ",
      "Zoë+tag@exämple.com",
      "😀@例え.jp",
      "a@b.c ",
      "x".repeat(320),
      "é".repeat(320),
      "😀".repeat(320),
    ]) {
      const user = newUser({ email })
      assert.deepEqual(await lane.adapter.createUser(user), user)
      assert.deepEqual(await lane.adapter.getUserByEmail(email), user)
      await lane.holds("user", { id: user.id }, user)
    }
  })

  test("long names and images are stored whole", async () => {
    const user = newUser({ name: "ü".repeat(100_000), image: `data:image/png;base64,${"A".repeat(1_000_000)}` })
    assert.deepEqual(await lane.adapter.createUser(user), user)
    assert.deepEqual(await lane.adapter.getUserByEmail(user.email), user)
    assert.deepEqual(await lane.adapter.deleteUser(user.id), user)
  })

  test("an e-mail or id that is taken is ERR_UNIQUE", async () => {
    const user = await lane.user()
    const unique = failure("ERR_UNIQUE", { method: "createUser" })
    await lane.unchangedBy(async () => {
      await assert.rejects(lane.adapter.createUser(newUser({ email: user.email })), unique)
      await assert.rejects(lane.adapter.createUser(newUser({ id: user.id })), unique)
      await assert.rejects(lane.adapter.createUser(user), unique)
    })
  })

  test("getUser, getUserByEmail, getUserByAccount find the row, or null", async () => {
    const user = await lane.user({ name: null, image: null, emailVerified: null })
    const other = await lane.user()
    const account = await lane.adapter.linkAccount(newAccount(user.id))
    for (const find of [
      () => lane.adapter.getUser(user.id),
      () => lane.adapter.getUserByEmail(user.email),
      () => lane.adapter.getUserByAccount({ provider: account.provider, providerAccountId: account.providerAccountId }),
      () => lane.adapter.getUserByAccount(account),
    ])
      assert.deepEqual(await find(), user)
    for (const miss of [
      () => lane.adapter.getUser("nobody"),
      () => lane.adapter.getUser(other.email),
      () => lane.adapter.getUserByEmail("nobody@example.com"),
      () => lane.adapter.getUserByEmail(other.id),
      () => lane.adapter.getUserByAccount({ provider: "google", providerAccountId: account.providerAccountId }),
      () => lane.adapter.getUserByAccount({ provider: account.provider, providerAccountId: "0" }),
      () => lane.adapter.getUserByAccount({ provider: account.providerAccountId, providerAccountId: account.provider }),
      () => lane.adapter.getUserByAccount({ provider: account.provider }),
      () => lane.adapter.getUserByAccount({ providerAccountId: account.providerAccountId }),
      () => lane.adapter.getUserByAccount({}),
    ])
      assert.equal(await miss(), null, `${miss}`)
  })

  test("updateUser changes the given fields and returns the whole row", async () => {
    const user = await lane.user({ emailVerified: null })
    const others = await lane.user()
    const emailVerified = new Date("2025-01-02T03:04:05.006Z")
    assert.deepEqual(await lane.adapter.updateUser({ id: user.id, emailVerified }), { ...user, emailVerified })
    await lane.holds("user", { id: user.id }, { ...user, emailVerified })
    const changed = { id: user.id, name: "Bill", email: newUser().email, emailVerified: new Date(0), image: "" }
    assert.deepEqual(await lane.adapter.updateUser(changed), changed)
    await lane.holds("user", { id: user.id }, changed)
    await lane.holds("user", { id: others.id }, others)
  })

  test("updateUser: undefined leaves, null sets null", async () => {
    const user = await lane.user()
    const left = await lane.adapter.updateUser({
      id: user.id,
      name: undefined,
      email: undefined,
      emailVerified: undefined,
      image: "new",
    })
    assert.deepEqual(left, { ...user, image: "new" })
    const empty = { id: user.id, name: null, email: null, emailVerified: null, image: null }
    assert.deepEqual(await lane.adapter.updateUser(empty), empty)
    await lane.holds("user", { id: user.id }, empty)
  })

  test("updateUser with nothing to change, or nothing new, returns the whole row", async () => {
    const user = await lane.user()
    await lane.unchangedBy(async () => {
      for (const patch of [{ id: user.id }, { id: user.id, name: undefined }, { id: user.id, role: "admin" }, user]) {
        assert.deepEqual(await lane.adapter.updateUser(patch), user)
      }
    })
  })

  test("updateUser drops what has no column", async () => {
    const user = await lane.user()
    const patch = { id: user.id, name: "New", role: "admin", deep: { f() {} }, f() {}, s: Symbol("s") }
    assert.deepEqual(await lane.adapter.updateUser(patch), { ...user, name: "New" })
  })

  test("updateUser of a user that is not there is ERR_NOT_FOUND", async () => {
    await lane.user()
    await lane.unchangedBy(async () => {
      const [name, nobody] = ["x", "nobody"]
      for (const patch of [
        { id: nobody, name },
        { id: nobody },
        { name },
        {},
        { id: undefined, name },
        { id: null, name },
      ]) {
        await assert.rejects(lane.adapter.updateUser(patch), failure("ERR_NOT_FOUND", { method: "updateUser" }))
      }
    })
  })

  test("updateUser to a taken e-mail is ERR_UNIQUE", async () => {
    const [one, two] = [await lane.user(), await lane.user()]
    await lane.unchangedBy(() =>
      assert.rejects(
        lane.adapter.updateUser({ id: one.id, name: "changed", email: two.email }),
        failure("ERR_UNIQUE", { method: "updateUser" }),
      ),
    )
  })

  test("updateUser finds a user by a number, as createUser stored it", async () => {
    const user = await lane.user({ id: 77 })
    assert.deepEqual(await lane.adapter.updateUser({ id: 77, name: "x" }), { ...user, name: "x" })
    assert.deepEqual(await lane.adapter.deleteUser(77), { ...user, name: "x" })
  })

  test("deleteUser returns the row and takes all that is the user's, and nothing else", async () => {
    const [gone, stays] = [await lane.user(), await lane.user()]
    const children = async ({ id }) => {
      for (let i = 0; i < 2; i++) {
        await lane.adapter.linkAccount(newAccount(id))
        await lane.adapter.createSession(newSession(id))
        await lane.adapter.createAuthenticator(newAuthenticator(id))
      }
    }
    await children(stays)
    const before = await lane.everything()
    await children(gone)
    assert.deepEqual(await lane.adapter.deleteUser(gone.id), gone)
    const line = JSON.stringify((await lane.stored("user")).find(({ id }) => id === stays.id))
    assert.ok(before.user.includes(line))
    for (const table of ["account", "session", "authenticator"]) {
      assert.deepEqual(await lane.storedWhere(table, { userId: gone.id }), [])
      assert.equal((await lane.storedWhere(table, { userId: stays.id })).length, 2)
    }
    assert.deepEqual(await lane.storedWhere("user", { id: gone.id }), [])
    assert.equal(await lane.adapter.getUser(gone.id), null)
    assert.equal(await lane.adapter.deleteUser(gone.id), null)
  })

  test("deleteUser of a user that is not there is null", async () => {
    const user = await lane.user()
    await lane.unchangedBy(async () => {
      for (const id of ["nobody", user.email, ""]) assert.equal(await lane.adapter.deleteUser(id), null)
    })
  })

  test("an e-mail is free again after its user has gone", async () => {
    const user = await lane.user()
    await lane.adapter.deleteUser(user.id)
    assert.deepEqual(await lane.adapter.createUser(user), user)
  })
}
