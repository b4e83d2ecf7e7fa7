// Look-ups that share a query, each with a time of its own: whose time is up hears of it, and the others get their answer.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { databases } from "../databases.js"
import { startProxy } from "../servers/proxy.js"

const LIMIT_MS = 6000
const ANSWER_MS = 4000

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`the time of look-ups that share a query on ${database.name}`, () => {
    const lane = openLane(database)

    test("one whose time is up takes none with it", { timeout: 60_000 }, async (t) => {
      const proxy = await startProxy(lane.database.url)
      const adapter = RustAdapter(proxy.url, { pool: { max: 1, operationTimeoutMs: LIMIT_MS } })
      t.after(async () => {
        await adapter.close()
        await proxy.stop()
      })
      const users = []
      for (let each = 0; each < 4; each++) users.push(await lane.user())
      // The statements are prepared: of a look-up alone, and of several.
      for (const { id } of users) await adapter.getUser(id)
      for (let each = 0; each < 3; each++) await Promise.all(users.map(({ id }) => adapter.getUser(id)))
      // And those that the connection prepares by itself: on a slow network, it would be given up with one that takes long.
      await proxy.quiet(1500)

      proxy.slow(ANSWER_MS)
      const first = adapter.getUser(users[0].id)
      await sleep(50)
      // The connection is not free before the first look-up has its answer: 4 s from now, and 2 s before this one's time is up.
      const late = assert.rejects(adapter.getUser(users[1].id), failure("ERR_TIMEOUT", { method: "getUser" }))
      await sleep(ANSWER_MS - 500)
      const others = [users[2], users[3]].map(({ id }) => adapter.getUser(id))
      assert.deepEqual(await first, users[0])
      await late
      assert.deepEqual(await Promise.all(others), [users[2], users[3]])
      proxy.slow(0)
      assert.deepEqual(await adapter.getUser(users[1].id), users[1])
    })
  })
}
