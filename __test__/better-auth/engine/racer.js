// One of the processes that race.spec.js starts: Better Auth's adapter on their common database, told by messages what to do.
import { openAdapter } from "../adapter.js"
import { base, things } from "../stage.js"

const [url, path] = process.argv.slice(2)
const { database, close } = await openAdapter({ url, path: path || undefined })
const adapter = database({ ...base, plugins: [things] })
await adapter.count({ model: "thing" }) // connected before the race begins

const tasks = {
  /** The labels that this process got, in the order in which all ask for them. */
  async consume({ labels }) {
    const won = []
    for (const label of labels) {
      const row = await adapter.consumeOne({ model: "thing", where: [{ field: "label", value: label }] })
      if (row) won.push(row.label)
    }
    return won
  },
  /** The counts that this process saw. `below`: later callers find nothing. */
  async increment({ id, times, below }) {
    const guard = below === undefined ? [] : [{ field: "count", operator: "lt", value: below }]
    const one = () =>
      adapter.incrementOne({ model: "thing", where: [{ field: "id", value: id }, ...guard], increment: { count: 1 } })
    const rows = []
    for (let left = times; left > 0; left -= 5) rows.push(...(await Promise.all(Array.from({ length: 5 }, one))))
    return rows.filter(Boolean).map(({ count }) => count)
  },
}

process.on("message", async ({ task, ...given }) => process.send({ result: await tasks[task](given) }))
process.once("disconnect", close)
process.send({ ready: true })
