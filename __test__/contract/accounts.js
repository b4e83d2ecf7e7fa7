import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, noTokens } from "./rows.js"

const keyOf = ({ provider, providerAccountId }) => ({ provider, providerAccountId })

export function accounts(database) {
  const lane = openLane(database)
  const link = (account) => lane.adapter.linkAccount(account)

  test("linkAccount stores and returns the whole row", async () => {
    const account = newAccount((await lane.user()).id)
    assert.deepEqual(await link(account), account)
    await lane.holds("account", keyOf(account), account)
  })

  test("linkAccount of a passkey: no tokens; the rest is null", async () => {
    const { id: userId } = await lane.user()
    const account = { userId, type: "webauthn", provider: "passkey", providerAccountId: "a+/b==" }
    assert.deepEqual(await link(account), { ...account, ...noTokens })
    await lane.holds("account", keyOf(account), { ...account, ...noTokens })
    const undefineds = Object.fromEntries(Object.keys(noTokens).map((name) => [name, undefined]))
    const another = { ...account, providerAccountId: "other" }
    assert.deepEqual(await link({ ...another, ...undefineds }), { ...another, ...noTokens })
    const third = { ...account, providerAccountId: "third", ...noTokens }
    assert.deepEqual(await link(third), third)
  })

  test("linkAccount of next-auth v4: the unfiltered token response, whose unknown fields are dropped", async () => {
    const account = newAccount((await lane.user()).id)
    const linked = await link({
      ...account,
      id: "https://login.salesforce.com/id/00D",
      refresh_token_expires_in: 15_897_600,
      refresh_expires_in: 1800,
      "not-before-policy": 0,
      ext_expires_in: 3599,
      ok: true,
      team: { id: "T", nested: { name: null } },
      authed_user: [{ id: 1n }],
      raw() {},
      [Symbol("s")]: 1,
      symbol: Symbol("t"),
      when: new Date(NaN),
      created_at: 1e21,
      "\0": "\0",
    })
    assert.deepEqual(linked, account)
    await lane.holds("account", keyOf(account), account)
  })

  test("a numeric providerAccountId is its decimal form in every method that takes one", async () => {
    const user = await lane.user()
    for (const given of [33, 0, -7, 9_007_199_254_740_991, 2n ** 63n]) {
      const text = given.toString()
      const account = newAccount(user.id, { provider: "numbers", providerAccountId: given })
      const row = { ...account, providerAccountId: text }
      assert.deepEqual(await link(account), row)
      await lane.holds("account", { provider: "numbers", providerAccountId: text }, row)
      for (const providerAccountId of [given, text]) {
        assert.deepEqual(await lane.adapter.getUserByAccount({ provider: "numbers", providerAccountId }), user)
        assert.deepEqual(await lane.adapter.getAccount(providerAccountId, "numbers"), row)
        assert.deepEqual(await link({ ...account, providerAccountId }), row)
      }
      for (const providerAccountId of [`${text}.0`, ` ${text}`, `0${text}`, `+${text}`, `${text}n`]) {
        assert.equal(await lane.adapter.getAccount(providerAccountId, "numbers"), null)
      }
      assert.deepEqual(await lane.adapter.unlinkAccount({ provider: "numbers", providerAccountId: given }), row)
    }
  })

  test("expires_at is a whole number, from any form in which it was given", async () => {
    const { id } = await lane.user()
    for (const [given, stored] of [
      [2_592_000, 2_592_000],
      [2_592_000_000, 2_592_000_000],
      [1_790_000_000_000, 1_790_000_000_000],
      [1_790_000_000.9, 1_790_000_000],
      ["1790000000", 1_790_000_000],
      [1_790_000_000n, 1_790_000_000],
      [0, 0],
      [-5, -5],
      [-0.5, 0],
      [9_007_199_254_740_991, 9_007_199_254_740_991],
      [null, null],
      [undefined, null],
    ]) {
      const account = newAccount(id, { expires_at: given })
      assert.deepEqual(await link(account), { ...account, expires_at: stored }, `${given}`)
      assert.deepEqual(await lane.adapter.getAccount(account.providerAccountId, account.provider), {
        ...account,
        expires_at: stored,
      })
      await lane.holds("account", keyOf(account), { ...account, expires_at: stored })
    }
  })

  test("numbers, booleans and bigints in text columns are stored in their String() form", async () => {
    const account = newAccount((await lane.user()).id)
    const given = {
      access_token: 12345,
      refresh_token: true,
      scope: 0,
      session_state: 2n ** 70n,
      token_type: 1.5,
      id_token: -0,
    }
    const texts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))
    const row = { ...account, ...texts }
    assert.deepEqual(await link({ ...account, ...given }), row)
    await lane.holds("account", keyOf(account), row)
  })

  test("long tokens and keys are stored whole", async () => {
    const { id } = await lane.user()
    const long = () => randomBytes(15_000).toString("base64") // 20,000 characters
    const account = newAccount(id, {
      access_token: long(),
      id_token: long(),
      refresh_token: long(),
      scope: "é".repeat(5000),
      session_state: long(),
      provider: "😀".repeat(100),
      providerAccountId: "https://openid.example/".padEnd(640, "x"),
      type: "t".repeat(255),
    })
    assert.deepEqual(await link(account), account)
    await lane.holds("account", keyOf(account), account)
    assert.deepEqual(await lane.adapter.unlinkAccount(account), account)
  })

  test("the longest passkey, whose credential id is also its providerAccountId", async () => {
    const { id: userId } = await lane.user()
    const account = {
      userId,
      type: "webauthn",
      provider: "passkey",
      providerAccountId: randomBytes(1023).toString("base64"),
    }
    assert.equal(account.providerAccountId.length, 1364)
    assert.deepEqual(await link(account), { ...account, ...noTokens })
    assert.deepEqual(await lane.adapter.getAccount(account.providerAccountId, "passkey"), { ...account, ...noTokens })
  })

  test("one user may have several accounts, also of one provider", async () => {
    const { id } = await lane.user()
    for (const account of [newAccount(id), newAccount(id), newAccount(id, { provider: "google" })]) await link(account)
    assert.equal((await lane.storedWhere("account", { userId: id })).length, 3)
  })

  test("the same id at another provider is another account", async () => {
    const [one, two] = [await lane.user(), await lane.user()]
    await link(newAccount(one.id, { provider: "github", providerAccountId: "1" }))
    await link(newAccount(two.id, { provider: "google", providerAccountId: "1" }))
    assert.deepEqual(await lane.adapter.getUserByAccount({ provider: "github", providerAccountId: "1" }), one)
    assert.deepEqual(await lane.adapter.getUserByAccount({ provider: "google", providerAccountId: "1" }), two)
    // A key is two values, not their concatenation.
    assert.equal(await lane.adapter.getUserByAccount({ provider: "github1", providerAccountId: "" }), null)
  })

  test("linking again for the same user returns the stored row", async () => {
    const account = newAccount((await lane.user()).id)
    await link(account)
    await lane.unchangedBy(async () => {
      assert.deepEqual(await link(account), account)
      assert.deepEqual(await link({ ...account, access_token: "another", expires_at: 1, scope: undefined }), account)
    })
  })

  test("linking what another user has is ERR_UNIQUE", async () => {
    const account = newAccount((await lane.user()).id)
    const other = await lane.user()
    await link(account)
    await lane.unchangedBy(() =>
      assert.rejects(link({ ...account, userId: other.id }), failure("ERR_UNIQUE", { method: "linkAccount" })),
    )
  })

  test("linking to a user who is not there is ERR_FOREIGN_KEY", async () => {
    await lane.unchangedBy(() =>
      assert.rejects(link(newAccount("nobody")), failure("ERR_FOREIGN_KEY", { method: "linkAccount" })),
    )
  })

  test("getAccount takes the id first, then the provider", async () => {
    const account = await link(newAccount((await lane.user()).id, { provider: "swap", providerAccountId: "me" }))
    assert.deepEqual(await lane.adapter.getAccount("me", "swap"), account)
    for (const wrong of [["swap", "me"], ["me", "github"], ["other", "swap"], ["me"], [undefined, "swap"], []]) {
      assert.equal(await lane.adapter.getAccount(...wrong), null)
    }
  })

  test("unlinkAccount returns the row, takes that one only, and null is what is not there", async () => {
    const { id } = await lane.user()
    const [one, two] = [await link(newAccount(id)), await link(newAccount(id))]
    assert.deepEqual(await lane.adapter.unlinkAccount(keyOf(one)), one)
    assert.deepEqual(await lane.storedWhere("account", { userId: id }), [two])
    await lane.unchangedBy(async () => {
      const { provider, providerAccountId } = two
      for (const missing of [
        keyOf(one),
        { provider: "google", providerAccountId },
        { provider },
        { providerAccountId },
        {},
      ]) {
        assert.equal(await lane.adapter.unlinkAccount(missing), null)
      }
    })
  })
}
