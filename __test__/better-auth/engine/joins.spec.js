// Joins give what separate look-ups give, with a limit for each parent.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

const user = (name) => ({
  id: name,
  name,
  email: `${name}@example.com`,
  emailVerified: false,
  createdAt: new Date(),
  updatedAt: new Date(),
})
const day = 86_400_000

for (const joins of [true, false]) {
  onEveryDatabase(
    `joins ${joins ? "on" : "off"}`,
    { options: { plugins: [things], advanced: { database: { joins } } } },
    (stage) => {
      const fill = async () => {
        for (const name of ["ada", "bob", "eve"])
          await stage.adapter.create({ model: "user", data: user(name), forceAllowId: true })
        for (const [userId, count] of [
          ["ada", 5],
          ["bob", 2],
        ]) {
          for (let index = 0; index < count; index++) {
            await stage.adapter.create({
              model: "session",
              data: {
                userId,
                token: `${userId} ${index}`,
                expiresAt: new Date(Date.now() + index * day),
                createdAt: new Date(),
                updatedAt: new Date(),
                ipAddress: null,
              },
            })
            await stage.adapter.create({
              model: "account",
              data: {
                userId,
                accountId: `${userId} ${index}`,
                providerId: "p",
                createdAt: new Date(),
                updatedAt: new Date(),
              },
            })
          }
        }
      }

      test("a session finds its user", async () => {
        await fill()
        const found = await stage.adapter.findOne({
          model: "session",
          where: [{ field: "token", value: "bob 1" }],
          join: { user: true },
        })
        const { user: joined, ...session } = found
        assert.equal(joined.email, "bob@example.com")
        assert.ok(joined.createdAt instanceof Date)
        assert.equal(joined.emailVerified, false)
        assert.deepEqual(
          session,
          await stage.adapter.findOne({ model: "session", where: [{ field: "token", value: "bob 1" }] }),
        )
      })

      test("the limit holds for each parent, and several joins do not multiply", async () => {
        await fill()
        const found = await stage.adapter.findMany({
          model: "user",
          sortBy: { field: "name", direction: "asc" },
          join: { session: { limit: 3 }, account: true },
        })
        assert.deepEqual(
          found.map(({ name, session, account }) => [name, session.length, account.length]),
          [
            ["ada", 3, 5],
            ["bob", 2, 2],
            ["eve", 0, 0],
          ],
        )
        for (const { name, session, account } of found) {
          assert.equal(new Set(session.map(({ id }) => id)).size, session.length)
          for (const child of [...session, ...account]) assert.equal(child.userId, name)
          for (const { expiresAt } of session) assert.ok(expiresAt instanceof Date)
        }
      })

      test("limit and offset count parents, not rows", async () => {
        await fill()
        const found = await stage.adapter.findMany({
          model: "user",
          sortBy: { field: "name", direction: "desc" },
          limit: 1,
          offset: 1,
          join: { session: true },
        })
        assert.deepEqual(
          found.map(({ name, session }) => [name, session.length]),
          [["bob", 2]],
        )
      })

      test("a child that is not there is null or an empty list, a parent that is not there is null", async () => {
        await fill()
        const eve = await stage.adapter.findOne({
          model: "user",
          where: [{ field: "name", value: "eve" }],
          join: { session: true },
        })
        assert.deepEqual(eve.session, [])
        assert.equal(
          await stage.adapter.findOne({
            model: "user",
            where: [{ field: "name", value: "zoe" }],
            join: { session: true },
          }),
          null,
        )
      })

      test("more than a thousand are read whole, and of users who have too many the first by id", async () => {
        const people = ["ada", "bob"]
        const counts = { ada: 700, bob: 800 }
        for (const name of people) {
          await stage.adapter.create({ model: "user", data: user(name), forceAllowId: true })
          const moment = stage.lane.name === "sqlite" ? "'2030-01-01T00:00:00.000Z'" : "'2030-01-01'"
          const rows = Array.from({ length: counts[name] }, (_, index) => {
            const id = `${name} ${String(index).padStart(4, "0")}`
            return `('${id}', '${name}', '${id}', ${moment}, ${moment}, ${moment})`
          })
          await stage.database.rows(
            `INSERT INTO "session" ("id", "userId", "token", "expiresAt", "createdAt", "updatedAt") VALUES ${rows.join(", ")}`,
          )
        }
        const find = async (limit) => {
          const found = await stage.adapter.findMany({
            model: "user",
            sortBy: { field: "name", direction: "asc" },
            join: { session: { limit } },
          })
          return found.map(({ session }) => session.map(({ id }) => id).sort())
        }
        const ids = (name, count) =>
          Array.from({ length: count }, (_, index) => `${name} ${String(index).padStart(4, "0")}`)
        for (const [limit, ada, bob] of [
          [2000, 700, 800],
          [800, 700, 800],
          [799, 700, 799],
          [3, 3, 3],
        ]) {
          assert.deepEqual(await find(limit), [ids("ada", ada), ids("bob", bob)], `limit ${limit}`)
        }
      })

      test("a plugin's tables join like any other", async () => {
        const thing = await stage.adapter.create({ model: "thing", data: { label: "a", data: { x: 1 }, words: ["w"] } })
        for (const place of [1, 2]) await stage.adapter.create({ model: "part", data: { thingId: thing.id, place } })
        const found = await stage.adapter.findOne({
          model: "thing",
          where: [{ field: "id", value: thing.id }],
          join: { part: true },
        })
        assert.deepEqual(found.part.map(({ place }) => place).sort(), [1, 2])
        assert.deepEqual([found.data, found.words], [{ x: 1 }, ["w"]])
        const part = await stage.adapter.findOne({
          model: "part",
          where: [{ field: "place", value: 2 }],
          join: { thing: true },
        })
        assert.deepEqual(part.thing, thing)
      })
    },
  )
}
