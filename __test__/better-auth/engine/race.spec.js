// consumeOne and incrementOne from two processes at once, as two instances of an application: one winner, and no update lost.
import assert from "node:assert/strict"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { after, before, test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

const PROCESSES = 2
const program = fileURLToPath(new URL("racer.js", import.meta.url))

onEveryDatabase("two processes", { options: { plugins: [things] } }, (stage) => {
  let racers
  before(async () => {
    racers = Array.from({ length: PROCESSES }, () => fork(program, [stage.database.url, stage.database.path ?? ""]))
    await Promise.all(racers.map((racer) => answerOf(racer)))
  })
  after(() =>
    Promise.all(
      (racers ?? []).map(async (racer) => {
        const ended = once(racer, "exit")
        racer.disconnect()
        assert.deepEqual((await ended)[0], 0)
      }),
    ),
  )

  const race = async (task) => {
    const answers = racers.map((racer) => answerOf(racer))
    for (const racer of racers) racer.send(task)
    return (await Promise.all(answers)).map(({ result }) => result)
  }
  const make = (data) => stage.adapter.create({ model: "thing", data: { label: "counter", ...data } })
  const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1)
  const ascending = (numbers) => numbers.sort((a, b) => a - b)

  test("each row is consumed by one of them", async () => {
    const labels = upTo(60).map((number) => `label ${number}`)
    for (const label of labels) await make({ label })
    const won = await race({ task: "consume", labels })
    assert.deepEqual(won.flat().sort(), labels.sort())
    assert.equal(await stage.count("thing"), 0)
  })

  test("no increment gets lost, and no count is seen twice", async () => {
    const { id } = await make({ count: 0 })
    const seen = await race({ task: "increment", id, times: 50 })
    assert.deepEqual(ascending(seen.flat()), upTo(PROCESSES * 50))
    const [{ count }] = await stage.database.rows(`SELECT "count" FROM "thing"`)
    assert.equal(count, PROCESSES * 50)
  })

  test("a guard lets exactly as many through as it should", async () => {
    const { id } = await make({ count: 0 })
    const seen = await race({ task: "increment", id, times: 50, below: 70 })
    assert.deepEqual(ascending(seen.flat()), upTo(70))
  })
})

/** What the process says next; an error if it ends instead. */
async function answerOf(racer) {
  const over = new AbortController()
  const { signal } = over
  try {
    return await Promise.race([
      once(racer, "message", { signal }).then(([answer]) => answer),
      once(racer, "exit", { signal }).then(([code]) => {
        throw new Error(`a racer ended with ${code}`)
      }),
    ])
  } finally {
    over.abort()
  }
}
