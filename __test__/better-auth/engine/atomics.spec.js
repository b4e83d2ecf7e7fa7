// consumeOne and incrementOne: one winner, exact counts, guards that hold under any concurrency.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

const RACERS = 25

onEveryDatabase("atomics", { options: { plugins: [things] } }, (stage) => {
  const make = (data) => stage.adapter.create({ model: "thing", data: { label: "a", ...data } })
  const byId = ({ id }) => [{ field: "id", value: id }]
  const stored = (row) => stage.adapter.findOne({ model: "thing", where: byId(row) })
  const consume = (where) => stage.adapter.consumeOne({ model: "thing", where })
  const increment = (where, increment, set) => stage.adapter.incrementOne({ model: "thing", where, increment, set })
  const race = (run) => Promise.all(Array.from({ length: RACERS }, (_, index) => run(index)))

  test("of many that consume one row, one gets it, whole", async () => {
    for (let round = 0; round < 5; round++) {
      const row = await make({ note: "n", count: round, at: new Date(1_900_000_000_123), flag: true, data: { a: [1] } })
      const won = (await race(() => consume([{ field: "label", value: "a" }]))).filter(Boolean)
      assert.deepEqual(won, [row])
      assert.equal(await stage.count("thing"), 0)
    }
  })

  test("consumeOne takes one of several, and null for none", async () => {
    for (let index = 0; index < 10; index++) await make()
    const taken = await race(() => consume([{ field: "label", value: "a" }]))
    const ids = taken.filter(Boolean).map(({ id }) => id)
    assert.equal(new Set(ids).size, 10)
    assert.equal(ids.length, 10)
    assert.equal(await stage.count("thing"), 0)
  })

  test("consumeOne keeps what the guard excludes", async () => {
    const row = await make({ at: new Date(Date.now() - 1) })
    assert.equal(await consume([...byId(row), { field: "at", operator: "gt", value: new Date() }]), null)
    assert.equal(await stage.count("thing"), 1)
  })

  test("no increment gets lost", async () => {
    const row = await make({ count: 5, big: 2 ** 40 })
    const seen = await race(() => increment(byId(row), { count: 1, big: -2 }))
    assert.deepEqual(
      seen.map(({ count }) => count).sort((a, b) => a - b),
      Array.from({ length: RACERS }, (_, index) => 6 + index),
    )
    const { count, big } = await stored(row)
    assert.deepEqual({ count, big }, { count: 5 + RACERS, big: 2 ** 40 - 2 * RACERS })
  })

  test("a guard lets exactly as many through as it should", async () => {
    const row = await make({ count: 0 })
    const won = (
      await race(() => increment([...byId(row), { field: "count", operator: "lt", value: 7 }], { count: 1 }))
    ).filter(Boolean)
    assert.equal(won.length, 7)
    assert.equal((await stored(row)).count, 7)
  })

  test("a counter that is NULL counts as 0", async () => {
    const row = await make()
    assert.equal((await increment(byId(row), { count: 1, big: -3 })).count, 1)
    const { count, big } = await stored(row)
    assert.deepEqual({ count, big }, { count: 1, big: -3 })
  })

  test("with nothing to add it is a guarded set, which may change its own guard", async () => {
    const row = await make({ note: "open", flag: false })
    const won = (
      await race((index) =>
        increment([...byId(row), { field: "note", value: "open" }], {}, { note: `taken by ${index}` }),
      )
    ).filter(Boolean)
    assert.equal(won.length, 1)
    assert.deepEqual(await stored(row), won[0])
    assert.match(won[0].note, /^taken by/)
  })

  test("increments and sets at once, of one row only, and gives it as it is then", async () => {
    await make({ count: 1 })
    await make({ count: 1 })
    const row = await increment(
      [{ field: "label", value: "a" }],
      { count: 10 },
      { note: "n", at: new Date(1_900_000_000_123) },
    )
    assert.deepEqual([row.count, row.note, row.at], [11, "n", new Date(1_900_000_000_123)])
    const counts = (await stage.adapter.findMany({ model: "thing" })).map(({ count }) => count)
    assert.deepEqual(
      counts.sort((a, b) => a - b),
      [1, 11],
    )
  })

  test("incrementOne gives null where nothing matches, and writes nothing", async () => {
    const row = await make({ count: 1 })
    assert.equal(await increment([...byId(row), { field: "note", value: "never" }], { count: 1 }), null)
    assert.equal((await stored(row)).count, 1)
  })

  test("in a transaction that fails, nothing was consumed or counted", async () => {
    const [gone, counted] = [await make({ label: "gone" }), await make({ count: 1 })]
    await assert.rejects(
      stage.adapter.transaction(async (tx) => {
        assert.equal((await tx.consumeOne({ model: "thing", where: byId(gone) })).label, "gone")
        assert.equal(
          (await tx.incrementOne({ model: "thing", where: byId(counted), increment: { count: 1 } })).count,
          2,
        )
        throw new Error("changed my mind")
      }),
      /changed my mind/,
    )
    assert.deepEqual(await stored(gone), gone)
    assert.equal((await stored(counted)).count, 1)
  })

  test("a verification value is used once, the newest of an identifier, and takes the older ones along", async () => {
    const { internalAdapter } = await stage.auth().$context
    const expiresAt = new Date(Date.now() + 60_000)
    for (const value of ["old", "new"]) {
      await internalAdapter.createVerificationValue({ identifier: "reset", value, expiresAt })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const won = (await race(() => internalAdapter.consumeVerificationValue("reset"))).filter(Boolean)
    assert.deepEqual(
      won.map(({ value }) => value),
      ["new"],
    )
    assert.equal(await stage.count("verification"), 0)
  })
})
