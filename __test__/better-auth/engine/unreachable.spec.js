// A server that cannot be reached: the calls that wait for the first look at the tables do not wait for one another's time-outs.
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { test } from "node:test"
import { ours } from "../adapter.js"
import { base } from "../base.js"

for (const name of ["postgres", "mysql"]) {
  test(`${name}: a host that stays silent is ERR_CONNECT, once for all`, { timeout: 60_000 }, async (t) => {
    const sockets = new Set()
    const server = createServer((socket) => sockets.add(socket.on("error", () => {})))
    await once(server.listen(0, "127.0.0.1"), "listening")
    const { rustAdapter } = await ours()
    const url = `${name}://u:p@127.0.0.1:${server.address().port}/d`
    const database = rustAdapter(url, { pool: { connectTimeoutMs: 1000, operationTimeoutMs: 8000 } })
    t.after(async () => {
      await database.close()
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    const adapter = database(base)
    const began = performance.now()
    const call = () => adapter.findOne({ model: "user", where: [{ field: "id", value: "x" }] })
    const create = (_, n) => adapter.create({ model: "user", data: { name: "Ada", email: `${n}@example.com` } })
    const results = await Promise.allSettled([...Array.from({ length: 15 }, create), call(), call()])
    const took = performance.now() - began
    assert.deepEqual([...new Set(results.map(({ reason }) => reason?.code))], ["ERR_CONNECT"])
    assert.equal(results.filter(({ reason }) => reason.mayHaveTakenEffect).length, 0)
    // A failure is not remembered: the next call asks again.
    const asked = sockets.size
    await assert.rejects(call(), { code: "ERR_CONNECT" })
    assert.ok(sockets.size > asked)
    assert.ok(took < 6000, `${took} ms, where one attempt takes 1,000`)
  })
}
