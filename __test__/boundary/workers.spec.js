// worker_threads: each has its own JavaScript, all share the pool of the process; any may end at any moment.
import assert from "node:assert/strict"
import { once } from "node:events"
import { describe, test } from "node:test"
import { Worker } from "node:worker_threads"
import { openLane } from "../contract/lane.js"
import { databases } from "../databases.js"
import { runProgram } from "./program.js"

const timeout = 60_000
const file = new URL("worker.js", import.meta.url)

for (const database of databases) {
  describe(`worker threads on ${database.name}`, () => {
    const lane = openLane(database)
    const start = (user, task) => new Worker(file, { workerData: { url: lane.database.url, id: user.id, task } })

    /** Resolves once the worker has ended by itself. */
    const work = async (user) => {
      const worker = start(user, "work")
      const messages = []
      worker.on("message", (message) => messages.push(message))
      const [code] = await once(worker, "exit") // rejects with what the worker throws
      assert.deepEqual([code, messages], [0, ["done"]])
    }

    test("one after the other, also when the first that used the adapter has ended", { timeout }, async () => {
      const user = await lane.user()
      for (let i = 0; i < 4; i++) await work(user)
      assert.deepEqual(await lane.adapter.getUser(user.id), user)
    })

    test("beside one another, and beside the main thread", { timeout }, async () => {
      const user = await lane.user()
      const workers = Array.from({ length: 4 }, () => work(user))
      const own = Promise.all(Array.from({ length: 100 }, () => lane.adapter.getUser(user.id)))
      await Promise.all(workers)
      assert.deepEqual(await own, Array(100).fill(user))
    })

    test("terminated in the middle of queries, again and again", { timeout }, async () => {
      const user = await lane.user()
      for (let round = 0; round < 4; round++) {
        const worker = start(user, "busy")
        await once(worker, "message")
        const own = Promise.all(Array.from({ length: 20 }, () => lane.adapter.getUser(user.id)))
        await worker.terminate()
        assert.deepEqual(await own, Array(20).fill(user))
      }
      await work(user)
    })

    test("a process without an adapter of its own: workers only, terminated and new ones", { timeout }, async () => {
      const user = await lane.user()
      const { code, signal, late, stdout, stderr } = await runProgram(
        `
        import { once } from "node:events"
        import { Worker } from "node:worker_threads"
        const start = (task) => new Worker(new URL(given.file), { execArgv: [], workerData: { url, id: given.id, task } })
        for (let round = 0; round < 3; round++) {
          const [busy, other] = [start("busy"), start("busy")]
          await Promise.all([once(busy, "message"), once(other, "message")])
          await Promise.all([busy.terminate(), other.terminate()])
          const worker = start("work")
          const [[message]] = await Promise.all([once(worker, "message"), once(worker, "exit")])
          console.log(message)
        }
      `,
        { url: lane.database.url, id: user.id, file: file.href },
      )
      assert.deepEqual(
        { code, signal, late, stdout },
        { code: 0, signal: null, late: false, stdout: "done\n".repeat(3) },
        stderr,
      )
    })

    test("terminated before, while and after they connect", { timeout }, async () => {
      const user = await lane.user()
      for (const delay of [0, 5, 15, 30, 60, 90]) {
        const worker = start(user, "busy")
        await new Promise((resolve) => setTimeout(resolve, delay))
        await worker.terminate()
      }
      assert.deepEqual(await lane.adapter.getUser(user.id), user)
    })
  })
}
