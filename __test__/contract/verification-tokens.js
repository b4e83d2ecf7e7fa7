import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newVerificationToken } from "./rows.js"

export function verificationTokens(database) {
  const lane = openLane(database)
  const create = (given) => lane.adapter.createVerificationToken(newVerificationToken(given))
  const use = (identifier, token) => lane.adapter.useVerificationToken({ identifier, token })

  test("createVerificationToken stores and returns the three fields", async () => {
    const token = newVerificationToken()
    assert.deepEqual(await lane.adapter.createVerificationToken({ ...token, id: 1, attempts: { n: 0 } }), token)
    await lane.holds("verificationToken", { token: token.token }, token)
  })

  test("keys are stored to their full length", async () => {
    for (const given of [
      { identifier: "i".repeat(400), token: "t".repeat(300) },
      { identifier: "😀".repeat(400), token: "é".repeat(300) },
      { identifier: "", token: "" },
      { identifier: "123456", token: "000000" },
    ]) {
      const token = await create(given)
      assert.deepEqual(token, { ...token, ...given })
      assert.deepEqual(await use(given.identifier, given.token), token)
    }
  })

  test("useVerificationToken returns the row once", async () => {
    const [token, other] = [await create(), await create()]
    assert.deepEqual(await use(token.identifier, token.token), token)
    assert.deepEqual(await lane.storedWhere("verificationToken", { token: token.token }), [])
    assert.equal(await use(token.identifier, token.token), null)
    await lane.holds("verificationToken", { token: other.token }, other)
  })

  test("both parts have to match, and a miss leaves the token", async () => {
    const [token, other] = [await create(), await create()]
    await lane.unchangedBy(async () => {
      assert.equal(await use(other.identifier, token.token), null)
      assert.equal(await use(token.identifier, "wrong"), null)
      assert.equal(await use(token.token, token.identifier), null)
      assert.equal(await use(undefined, token.token), null)
      assert.equal(await use(null, token.token), null)
      assert.equal(await use(token.identifier, undefined), null)
      assert.equal(await lane.adapter.useVerificationToken({ token: token.token }), null)
      assert.equal(await lane.adapter.useVerificationToken({ identifier: token.identifier }), null)
      assert.equal(await lane.adapter.useVerificationToken({}), null)
    })
    assert.deepEqual(await lane.adapter.useVerificationToken({ ...token, unknown: {} }), token)
  })

  test("an identifier may have several tokens, and using one leaves the others", async () => {
    const { identifier } = newVerificationToken()
    const tokens = [await create({ identifier }), await create({ identifier }), await create({ identifier })]
    assert.deepEqual(await use(identifier, tokens[1].token), tokens[1])
    assert.deepEqual(
      (await lane.storedWhere("verificationToken", { identifier })).map(({ token }) => token).sort(),
      [tokens[0].token, tokens[2].token].sort(),
    )
  })

  test("one code may belong to several identifiers", async () => {
    const [one, two] = [await create({ token: "123456" }), await create({ token: "123456" })]
    assert.deepEqual(await use(two.identifier, "123456"), two)
    assert.equal(await use(two.identifier, "123456"), null)
    assert.deepEqual(await use(one.identifier, "123456"), one)
  })

  test("expired tokens are found: core compares", async () => {
    const token = await create({ expires: inDays(-400) })
    assert.deepEqual(await use(token.identifier, token.token), token)
  })

  test("the same token of the same identifier twice is ERR_UNIQUE", async () => {
    const token = await create()
    await lane.unchangedBy(() =>
      assert.rejects(
        lane.adapter.createVerificationToken({ ...token, expires: inDays(9) }),
        failure("ERR_UNIQUE", { method: "createVerificationToken" }),
      ),
    )
  })
}
