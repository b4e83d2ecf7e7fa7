// A worker thread with an adapter of its own. `task` "work" ends when done; "busy" goes on until it is terminated.
import assert from "node:assert/strict"
import { parentPort, workerData } from "node:worker_threads"
import { RustAdapter } from "../../index.js"

const { url, id, task } = workerData
const { getUser, createUser } = RustAdapter(url)

if (task === "work") {
  const found = await Promise.all(Array.from({ length: 50 }, () => getUser(id)))
  for (const user of found) {
    assert.equal(user.id, id)
    assert.ok(user.emailVerified instanceof Date)
  }
  const { id: created } = await createUser({ name: "by a worker" })
  assert.equal((await getUser(created)).name, "by a worker")
  parentPort.postMessage("done")
} else {
  const forever = async () => {
    for (;;) await getUser(id)
  }
  for (let i = 0; i < 20; i++) forever()
  await getUser(id)
  parentPort.postMessage("busy")
}
