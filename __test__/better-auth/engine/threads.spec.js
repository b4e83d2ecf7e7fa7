// SQLite's two threads: what is answered on the one that asks, and what a transaction leaves on the one that writes.
import assert from "node:assert/strict"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { onEveryDatabase, things } from "../stage.js"
import { isAnsweredAtOnce } from "../../lookup/at-once.js"

const lanes = databases.filter(({ name }) => name === "sqlite")
const ROWS = 300_000

onEveryDatabase(
  "threads",
  { lanes, options: { plugins: [things], advanced: { database: { joins: true } } } },
  (stage) => {
    const make = (adapter, label, more) => adapter.create({ model: "thing", data: { label, ...more } })
    const labels = async () => (await stage.adapter.findMany({ model: "thing" })).map(({ label }) => label).sort()

    test("look-ups, lists, counts and joined lists are answered on the spot", async () => {
      const { id } = await make(stage.adapter, "a")
      await stage.adapter.create({ model: "part", data: { thingId: id, place: 1 } })
      const asked = [
        () => stage.adapter.findOne({ model: "thing", where: [{ field: "id", value: id }] }),
        () =>
          stage.adapter.findMany({ model: "thing", where: [{ field: "label", operator: "starts_with", value: "a" }] }),
        () => stage.adapter.count({ model: "part" }),
        () => stage.adapter.transaction((tx) => tx.findMany({ model: "thing", limit: 5 })),
      ]
      for (const ask of asked.slice(0, 3)) assert.ok(await isAnsweredAtOnce(ask), `${ask}`)
      assert.deepEqual(
        (await asked[3]()).map((row) => row.label),
        ["a"],
      )
      await make(stage.adapter, "b") // seen by the very next one
      assert.equal(await stage.adapter.count({ model: "thing" }), 2)
    })

    test("a search through many rows leaves the calling thread to others, and is complete", async () => {
      await stage.database.rows(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      INSERT INTO "thing" ("id", "label") SELECT 'id ' || i, 'label ' || i FROM n`)
      const search = () =>
        stage.adapter.findMany({
          model: "thing",
          where: [{ field: "label", operator: "ends_with", value: ` ${ROWS}` }],
        })
      for (let turn = 0; turn < 3; turn++) {
        assert.equal(await isAnsweredAtOnce(search), false)
        assert.deepEqual(
          (await search()).map(({ id }) => id),
          [`id ${ROWS}`],
        )
      }
      assert.equal(await stage.adapter.count({ model: "thing" }), ROWS)
      assert.ok(
        await isAnsweredAtOnce(() =>
          stage.adapter.findOne({ model: "thing", where: [{ field: "id", value: "id 7" }] }),
        ),
      )
    })

    test("values of another class than their column's are read alike within a transaction and outside", async () => {
      await stage.database.rows(
        `INSERT INTO "thing" ("id", "label", "count", "flag") VALUES ('odd', CAST('text' AS BLOB), '12 apples', '1')`,
      )
      const where = [{ field: "id", value: "odd" }]
      const outside = await stage.adapter.findOne({ model: "thing", where })
      const within = await stage.adapter.transaction(async (tx) => {
        await make(tx, "other")
        return tx.findOne({ model: "thing", where })
      })
      assert.deepEqual(within, outside)
      assert.deepEqual([within.label, within.count, within.flag], ["text", "12 apples", true])
    })

    test("a transaction that its owner does not end gives the lock back, with nothing done", {
      timeout: 20_000,
    }, async () => {
      const opened = await (await import("../adapter.js")).openAdapter(stage.database, {
        pool: { max: 4 },
        transaction: { timeoutMs: 300 },
      })
      const adapter = opened.database({ plugins: [things] })
      let ended
      const never = new Promise((resolve) => (ended = resolve))
      const abandoned = adapter.transaction(async (tx) => {
        await make(tx, "abandoned")
        await never
      })
      const rejected = assert.rejects(abandoned, { code: "ERR_TIMEOUT" })
      await new Promise((resolve) => setTimeout(resolve, 50))
      await make(adapter, "after it") // has the lock meanwhile
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.deepEqual(await labels(), ["after it"])
      ended()
      await rejected
      await opened.close()
    })

    test("to close the adapter undoes a transaction that is still open", async () => {
      const opened = await (await import("../adapter.js")).openAdapter(stage.database, { pool: { max: 3 } })
      const adapter = opened.database({ plugins: [things] })
      await make(adapter, "before")
      const caught = await adapter
        .transaction(async (tx) => {
          await make(tx, "within")
          await opened.close()
        })
        .then(
          () => undefined,
          (error) => error,
        )
      assert.match(caught?.code ?? "none", /^ERR_CLOSED$/)
      assert.deepEqual(await labels(), ["before"])
      await make(stage.adapter, "later") // no transaction holds the lock
    })
  },
)
