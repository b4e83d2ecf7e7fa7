// Look-ups that start together may travel in one query: each caller gets what it asked for, as if it had been alone.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase } from "../stage.js"

onEveryDatabase("look-ups that start together", {}, (stage) => {
  const at = new Date("2030-01-02T03:04:05.678Z")
  const users = async (count) => {
    const made = []
    for (let index = 0; index < count; index++) {
      made.push(
        await stage.adapter.create({
          model: "user",
          data: { name: `U${index}`, email: `u${index}@example.com`, emailVerified: false },
        }),
      )
      await stage.adapter.create({
        model: "session",
        data: { token: `token ${index}`, userId: made[index].id, expiresAt: at, createdAt: at, updatedAt: at },
      })
    }
    return made
  }
  const session = (token, more) =>
    stage.adapter.findOne({ model: "session", where: [{ field: "token", value: token }], ...more })

  test("each finds its own, with its user, also callers that ask for the same or for nothing", async () => {
    const made = await users(7)
    await session("token 0", { join: { user: true } }) // the tables are known from here on
    const asked = Array.from({ length: 150 }, (_, index) => index % 9)
    const found = await Promise.all(asked.map((index) => session(`token ${index}`, { join: { user: true } })))
    for (const [position, index] of asked.entries()) {
      if (index >= 7) assert.equal(found[position], null)
      else assert.deepEqual([found[position].token, found[position].user.email], [`token ${index}`, made[index].email])
    }
  })

  test("what differs in case or a trailing space is another's", async () => {
    await users(2)
    const tokens = ["token 0", "TOKEN 0", "token 0 ", "token 1", "tökén 1", ""]
    const found = await Promise.all(tokens.map((token) => session(token)))
    assert.deepEqual(
      found.map((each) => each?.token ?? null),
      ["token 0", null, null, "token 1", null, null],
    )
  })

  test("a value that no column holds disturbs no other, and different forms do not mix", async () => {
    const [first] = await users(1)
    const [bad, good, user, some] = await Promise.all([
      session("a\0b"),
      session("token 0"),
      stage.adapter.findOne({ model: "user", where: [{ field: "id", value: first.id }] }),
      session("token 0", { select: ["userId"] }),
    ])
    assert.deepEqual([bad, good.userId, user.id, some], [null, first.id, first.id, { userId: first.id }])
  })
})
