// Nothing that was answered is kept.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc")

const CALLS = 200_000
// A leak of a hundred bytes a call would be 20 MB. What an allocator holds back for a while is less.
const MAX_HEAP_GROWTH = 4 * 2 ** 20
const MAX_RSS_GROWTH = 20 * 2 ** 20

for (const database of databases) {
  describe(`memory on ${database.name}`, () => {
    const lane = openLane(database)

    test(`${CALLS} look-ups leave nothing behind`, { timeout: 240_000 }, async () => {
      const { adapter } = lane
      const tokens = []
      for (let index = 0; index < 50; index++) {
        const user = await adapter.createUser(newUser())
        tokens.push((await adapter.createSession(newSession(user.id))).sessionToken)
      }
      const call = (index) => {
        // Hits, misses, and keys that no row can have.
        if (index % 10 === 8) return adapter.getSessionAndUser(`nobody-${index}`)
        if (index % 10 === 9) return adapter.getSessionAndUser(`\0${index}`)
        return adapter.getSessionAndUser(tokens[index % tokens.length])
      }
      const run = async (calls) => {
        let next = 0
        await Promise.all(
          Array.from({ length: 64 }, async () => {
            while (next < calls) await call(next++)
          }),
        )
      }
      const measure = () => {
        collect()
        collect()
        const { heapUsed, external, rss } = process.memoryUsage()
        return { heap: heapUsed + external, rss }
      }
      await run(40_000)
      const before = measure()
      await run(CALLS)
      const after = measure()
      assert.ok(after.heap - before.heap < MAX_HEAP_GROWTH, `the heap grew by ${after.heap - before.heap} bytes`)
      assert.ok(after.rss - before.rss < MAX_RSS_GROWTH, `the process grew by ${after.rss - before.rss} bytes`)
    })

    test("results belong to their callers alone", { timeout: 60_000 }, async () => {
      const { adapter } = lane
      const user = await adapter.createUser(newUser())
      const results = await (async () => {
        const answers = await Promise.all(Array.from({ length: 200 }, () => adapter.getUser(user.id)))
        return answers.map((answer) => new WeakRef(answer))
      })()
      await new Promise((resolve) => setTimeout(resolve, 10))
      collect()
      assert.equal(results.filter((result) => result.deref()).length, 0)
    })
  })
}
