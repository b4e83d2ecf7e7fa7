// The first look-up of a form goes through Better Auth's factory, the others do not: no caller can tell which is which.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

const at = new Date("2030-01-02T03:04:05.678Z")
const shouted = { output: async (value) => (value === null ? null : `${value}!`) }
const fields = {
  nick: { type: "string", required: false, transform: shouted },
  tags: { type: "string[]", required: false },
}

const settings = {
  "as it comes": {},
  "joins off": { advanced: { database: { joins: false } } },
  "counted ids": { advanced: { database: { generateId: "serial" } } },
  renamed: {
    user: { modelName: "people", fields: { name: "title", email: "address" } },
    session: { modelName: "visits", fields: { token: "secret", userId: "person" } },
  },
  "swapped names": { user: { fields: { name: "image", image: "name" } } },
  "more fields": { user: { additionalFields: fields } },
}

for (const [title, options] of Object.entries(settings)) {
  onEveryDatabase(`look-ups, ${title}`, { options }, (stage) => {
    const make = async (index) => {
      const user = await stage.adapter.create({
        model: "user",
        data: {
          name: `U${index}`,
          email: `u${index}@example.com`,
          emailVerified: false,
          image: `image ${index}`,
          createdAt: at,
          updatedAt: at,
          ...(title === "more fields" && { nick: `N${index}`, tags: ["a", `${index}`] }),
        },
      })
      const session = await stage.adapter.create({
        model: "session",
        data: {
          token: `token ${index}`,
          userId: user.id,
          expiresAt: at,
          ipAddress: null,
          userAgent: null,
          createdAt: at,
          updatedAt: at,
        },
      })
      return { user, session }
    }
    const times = async (count, look) => {
      const answers = []
      for (let time = 0; time < count; time++) answers.push(await look())
      return answers
    }
    const bySession = (token, more) =>
      stage.adapter.findOne({ model: "session", where: [{ field: "token", value: token }], ...more })

    test("the third answer is the first one, with a user and without", async () => {
      const made = await make(1)
      const { user: joined, ...session } = { ...made.session, user: made.user }
      for (const answer of await times(3, () => bySession("token 1", { join: { user: true } })))
        assert.deepEqual(answer, { ...session, user: joined })
      for (const answer of await times(3, () => bySession("token 1"))) assert.deepEqual(answer, session)
      const byId = (id) => stage.adapter.findOne({ model: "user", where: [{ field: "id", value: id }] })
      for (const answer of await times(3, () => byId(made.user.id))) assert.deepEqual(answer, made.user)
      assert.equal(typeof made.user.id, "string")
      const none = title === "counted ids" ? "999999" : "none"
      assert.deepEqual(await times(3, () => byId(none)), [null, null, null])
      assert.deepEqual(await times(3, () => bySession("none", { join: { user: true } })), [null, null, null])
    })

    test("many at once get their own, and a user that is gone is null", async () => {
      const made = await Promise.all([1, 2, 3, 4, 5].map(make))
      await bySession("token 1", { join: { user: true } })
      const asked = Array.from({ length: 200 }, (_, index) => index % 7)
      const found = await Promise.all(asked.map((index) => bySession(`token ${index}`, { join: { user: true } })))
      for (const [position, index] of asked.entries()) {
        const expected = made[index - 1]
        assert.deepEqual(found[position], expected ? { ...expected.session, user: expected.user } : null)
      }
      assert.notEqual(found[1], found[8], "each its own object")
    })

    test("many who ask one after the other, by several forms, get their own", async () => {
      const made = await Promise.all([1, 2, 3].map(make))
      const byId = (id) => stage.adapter.findOne({ model: "user", where: [{ field: "id", value: id }] })
      await Promise.all(
        Array.from({ length: 16 }, async (_, caller) => {
          for (let turn = 0; turn < 40; turn++) {
            const index = (caller + turn) % 4
            const expected = made[index - 1]
            assert.deepEqual(
              await bySession(`token ${index}`, { join: { user: true } }),
              expected ? { ...expected.session, user: expected.user } : null,
            )
            if (expected) assert.deepEqual(await byId(expected.user.id), expected.user)
          }
        }),
      )
    })

    test("a caller that looks after a change sees it, in the midst of other look-ups", async () => {
      const { user } = await make(1)
      const crowd = setInterval(() => void Promise.all([0, 1, 2, 3].map(() => bySession("token 1"))).catch(() => {}), 1)
      try {
        for (let round = 0; round < 20; round++) {
          const expiresAt = new Date(at.valueOf() + round)
          await stage.adapter.update({
            model: "session",
            where: [{ field: "token", value: "token 1" }],
            update: { expiresAt },
          })
          assert.deepEqual((await bySession("token 1", { join: { user: true } })).expiresAt, expiresAt)
        }
        await stage.adapter.delete({ model: "session", where: [{ field: "token", value: "token 1" }] })
        assert.equal(await bySession("token 1", { join: { user: true } }), null)
      } finally {
        clearInterval(crowd)
      }
      assert.equal(user.name, "U1")
    })

    test("within a transaction they see what it has done, and others do not", async () => {
      await make(1)
      await times(2, () => bySession("token 1"))
      const undo = new Error("undo")
      await assert.rejects(
        stage.adapter.transaction(async (inside) => {
          const look = () =>
            inside.findOne({ model: "session", where: [{ field: "token", value: "token 1" }], join: { user: true } })
          assert.equal((await look()).token, "token 1")
          await inside.update({
            model: "session",
            where: [{ field: "token", value: "token 1" }],
            update: { ipAddress: "::1" },
          })
          assert.deepEqual(
            (await times(3, look)).map(({ ipAddress }) => ipAddress),
            ["::1", "::1", "::1"],
          )
          throw undo
        }),
        undo,
      )
      assert.equal((await bySession("token 1")).ipAddress, null)
    })

    test("what is asked for besides is heeded", async () => {
      const { user } = await make(1)
      await make(2)
      await times(2, () => bySession("token 1"))
      const where = (more) => [{ field: "token", value: "TOKEN 1", ...more }]
      const look = (more, select) => stage.adapter.findOne({ model: "session", where: where(more), select })
      assert.equal(await look(), null)
      assert.equal((await look({ mode: "insensitive" })).token, "token 1")
      assert.equal((await look({ operator: "ne" }, ["token"])).token.slice(0, 6), "token ")
      assert.deepEqual(await bySession("token 1", { select: ["token"] }), { token: "token 1" })
      assert.equal(
        await stage.adapter.findOne({
          model: "session",
          where: [
            { field: "token", value: "token 1" },
            { field: "ipAddress", value: "::1" },
          ],
        }),
        null,
      )
      const created = await stage.adapter.create({
        model: "user",
        select: ["email"],
        data: {
          name: "S",
          email: "selected@example.com",
          emailVerified: false,
          createdAt: at,
          updatedAt: at,
        },
      })
      assert.deepEqual(created, { email: "selected@example.com" })
      assert.ok(user)
    })

    test("mistakes are rejections, the third time too", async () => {
      await make(1)
      const fails = (call) =>
        times(3, () =>
          assert.rejects(() => {
            const answer = stage.adapter.findOne(call)
            assert.ok(answer instanceof Promise)
            return answer
          }),
        )
      await fails({ model: "session", where: [{ field: "nothing", value: "x" }] })
      await fails({ model: "nobody", where: [{ field: "id", value: "x" }] })
      await fails({ model: "session", where: [{ field: "token", value: "x" }], join: { nobody: true } })
      await fails({ model: "session", where: [{ field: "expiresAt", value: "no date" }] })
    })
  })
}

onEveryDatabase("look-ups of JSON", { options: { plugins: [things] } }, (stage) => {
  test("by a text that is unique and by one that is not", async () => {
    const data = { deep: { a: [1, "b", null] } }
    const made = await stage.adapter.create({
      model: "thing",
      data: { label: "one", words: ["x"], numbers: [1.5], data, kind: "small", flag: true },
    })
    for (let time = 0; time < 3; time++) {
      for (const [field, value] of [
        ["label", "one"],
        ["kind", "small"],
        ["id", made.id],
      ]) {
        const found = await stage.adapter.findOne({ model: "thing", where: [{ field, value }] })
        assert.deepEqual([found, found.data, found.words, found.numbers, found.flag], [made, data, ["x"], [1.5], true])
      }
    }
  })
})
