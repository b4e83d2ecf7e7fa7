// A connection that ends under a call: what its own key settles is settled, and of the rest the error says that it may have taken effect.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { databases } from "../../databases.js"
import { startProxy } from "../../servers/proxy.js"
import { openAdapter } from "../adapter.js"
import { base, onEveryDatabase, things } from "../stage.js"

const lanes = databases.filter(({ name }) => name !== "sqlite")
const options = { plugins: [things] }
const where = (field, value) => [{ field, value }]
const later = new Date("2035-01-02T03:04:05.000Z")
const label = () => `label ${randomUUID()}`
const newUser = () => ({ name: "Ada", email: `${randomUUID()}@example.com`, emailVerified: false })
const made = (model, data) => async (adapter) => adapter.create({ model, data: await data(adapter) })
const thing = made("thing", () => ({ label: label(), count: 1 }))
const session = made("session", async (adapter) => ({
  token: randomUUID(),
  userId: (await made("user", newUser)(adapter)).id,
  expiresAt: new Date("2030-01-01"),
}))

/**
 * Each verb that writes: `make` what it is about, `call`, and what `is` then so. `settled`: whether its own key tells what became of it.
 */
const writes = {
  "create, with an id of ours": {
    settled: true,
    make: newUser,
    call: (adapter, data) => adapter.create({ model: "user", data }),
    is: async (adapter, { email }, user) => {
      assert.equal(user.email, email)
      assert.deepEqual(await adapter.findMany({ model: "user", where: where("email", email) }), [user])
    },
  },
  "create, with an id that is given": {
    settled: true,
    make: () => ({ id: randomUUID(), ...newUser() }),
    call: (adapter, data) => adapter.create({ model: "user", data, forceAllowId: true }),
    is: async (adapter, { id }, user) => {
      assert.equal(user.id, id)
      assert.deepEqual(await adapter.findOne({ model: "user", where: where("id", id) }), user)
    },
  },
  "update of dates alone, by a key": {
    settled: true,
    make: session,
    call: (adapter, { token }) =>
      adapter.update({
        model: "session",
        where: where("token", token),
        update: { expiresAt: later, updatedAt: later },
      }),
    is: (_, { token }, session) => assert.deepEqual([session.token, session.expiresAt], [token, later]),
  },
  delete: {
    settled: true,
    make: session,
    call: (adapter, { token }) => adapter.delete({ model: "session", where: where("token", token) }),
    is: async (adapter, { token }) =>
      assert.equal(await adapter.findOne({ model: "session", where: where("token", token) }), null),
  },
  deleteMany: {
    make: session,
    call: (adapter, { userId }) => adapter.deleteMany({ model: "session", where: where("userId", userId) }),
    is: (_, __, count) => assert.equal(count, 1),
  },
  "update of something else": {
    make: made("user", newUser),
    call: (adapter, { id }) => adapter.update({ model: "user", where: where("id", id), update: { name: "Eve" } }),
    is: (_, __, user) => assert.equal(user.name, "Eve"),
  },
  "update of the date that it asks for": {
    make: thing,
    call: (adapter, { id }) =>
      adapter.update({
        model: "thing",
        where: [
          { field: "id", value: id },
          { field: "at", value: null },
        ],
        update: { at: later },
      }),
    is: (_, __, thing) => assert.deepEqual(thing.at, later),
  },
  updateMany: {
    make: thing,
    call: (adapter, { id }) => adapter.updateMany({ model: "thing", where: where("id", id), update: { at: later } }),
    is: (_, __, count) => assert.equal(count, 1),
  },
  consumeOne: {
    make: thing,
    call: (adapter, { id }) => adapter.consumeOne({ model: "thing", where: where("id", id) }),
    is: (_, { id }, thing) => assert.equal(thing.id, id),
  },
  incrementOne: {
    make: thing,
    call: (adapter, { id }) =>
      adapter.incrementOne({ model: "thing", where: where("id", id), increment: { count: 1 } }),
    is: (_, __, thing) => assert.equal(thing.count, 2),
  },
}

const triggers = {
  postgres: [
    `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    `CREATE TRIGGER nothing AFTER INSERT ON "part" FOR EACH ROW EXECUTE FUNCTION nothing()`,
  ],
  mysql: [`CREATE TRIGGER nothing AFTER INSERT ON "part" FOR EACH ROW SET @nothing = 1`],
}

onEveryDatabase("lost answers", { lanes, options }, (stage) => {
  let [proxy, opened, adapter] = []
  before(async () => {
    proxy = await startProxy(stage.database.url)
    opened = await openAdapter({ ...stage.database, url: proxy.url }, { pool: { max: 1 } })
    adapter = opened.database({ ...base, ...options })
  })
  after(async () => {
    await opened.close()
    await proxy.stop()
  })

  for (const [verb, { settled, make, call, is }] of Object.entries(writes)) {
    test(`${verb}: whichever of the answers does not come`, { timeout: 60_000 }, async () => {
      // Its statements are prepared by then, so that the answers are those of executions.
      await call(adapter, await make(stage.adapter))
      let doubts = 0
      for (let spared = 0, again = 0; ; spared++) {
        const given = await make(stage.adapter)
        await proxy.quiet()
        proxy.swallow(undefined, spared)
        const outcome = await call(adapter, given).catch((error) => error)
        if (proxy.spare()) {
          // The answer that was lost may have been that of a statement which the connection had prepared by itself.
          if (settled !== undefined || doubts > 0 || again++ === 20) break
          spared = -1
          continue
        }
        if (outcome instanceof Error) {
          assert.equal(settled, undefined, outcome.stack)
          failure("ERR_CONNECT", { mayHaveTakenEffect: true })(outcome)
          doubts++
        } else {
          await is(stage.adapter, given, outcome)
        }
        // The connection is a new one.
        await call(adapter, await make(stage.adapter))
      }
      assert.equal(doubts > 0, settled === undefined)
    })
  }

  test("a row of another caller that has the key is an error all the same", { timeout: 60_000 }, async () => {
    const [one, other] = [newUser(), newUser()]
    await stage.adapter.create({ model: "user", data: one })
    await adapter.create({ model: "user", data: newUser() })
    await proxy.quiet()
    proxy.swallow()
    const created = adapter.create({ model: "user", data: { ...other, email: one.email } })
    await assert.rejects(created, failure("ERR_UNIQUE"))
    assert.equal(await stage.adapter.count({ model: "user" }), 2)
  })

  test("nothing is done again where a trigger would run again", { timeout: 60_000 }, async (t) => {
    for (const statement of triggers[stage.lane.name]) await stage.database.rows(statement)
    // Other options: a pool of its own.
    const other = await openAdapter({ ...stage.database, url: proxy.url }, { pool: { max: 1, idleTimeoutMs: 55_000 } })
    t.after(() => other.close())
    const adapter = other.database({ ...base, ...options })
    const create = () => adapter.create({ model: "part", data: { thingId, place: 1 } })
    const { id: thingId } = await thing(stage.adapter)
    await create()
    const outcomes = []
    for (let spared = 0, again = 0; ; spared++) {
      await proxy.quiet()
      proxy.swallow(undefined, spared)
      const outcome = await create().catch((error) => error)
      if (proxy.spare()) {
        if (outcomes.some((outcome) => outcome.mayHaveTakenEffect) || again++ === 20) break
        spared = -1
        continue
      }
      outcomes.push(outcome)
      await create()
    }
    assert.ok(outcomes.some((outcome) => outcome.mayHaveTakenEffect))
    for (const outcome of outcomes) if (outcome instanceof Error) failure("ERR_CONNECT")(outcome)
  })

  test("what a transaction has done is undone, and not done again", { timeout: 60_000 }, async () => {
    const label = "in a transaction"
    const done = adapter.transaction(async (tx) => {
      await tx.create({ model: "thing", data: { label } })
      proxy.cut()
      await tx.create({ model: "thing", data: { label } })
    })
    await assert.rejects(done, failure("ERR_CONNECT"))
    assert.equal(await stage.adapter.count({ model: "thing", where: where("label", label) }), 0)
  })
})
