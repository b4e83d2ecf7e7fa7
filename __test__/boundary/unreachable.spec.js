// Databases that cannot be reached: a typed error in bounded time, and no grudge once they can.
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { freePort } from "../servers/port.js"

const timeout = 20_000

/** A listener that treats every connection alike; counts them. */
async function listen(t, treat) {
  const sockets = new Set()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    treat(socket)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: server.address().port, connections: () => sockets.size }
}

/** A call of each sort: reading, writing, deleting. */
const calls = {
  getUser: (adapter) => adapter.getUser("x"),
  createUser: (adapter) => adapter.createUser(newUser()),
  deleteUser: (adapter) => adapter.deleteUser("x"),
}

async function allReject(adapter, expected) {
  for (const [method, call] of Object.entries(calls)) await assert.rejects(call(adapter), failure(expected, { method }))
}

for (const { name, create } of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`${name} out of reach`, { timeout: 60_000 }, () => {
    const at = (port, host = "127.0.0.1") => `${name}://u:p@${host}:${port}/d`

    test("a closed port is ERR_CONNECT", { timeout }, async () => {
      const adapter = RustAdapter(at(await freePort()))
      await allReject(adapter, "ERR_CONNECT")
      await adapter.close()
    })

    test("a host that does not exist is ERR_CONNECT", { timeout }, async () => {
      await allReject(
        RustAdapter(at(5432, "no-such-host.invalid"), { pool: { connectTimeoutMs: 3000 } }),
        "ERR_CONNECT",
      )
    })

    test("a host that stays silent is ERR_CONNECT after connectTimeoutMs", { timeout }, async (t) => {
      const { port, connections } = await listen(t, () => {})
      const adapter = RustAdapter(at(port), { pool: { connectTimeoutMs: 300 } })
      await allReject(adapter, "ERR_CONNECT")
      await assert.rejects(adapter.getUser("x"), /300 ms/)
      assert.ok(connections() > 0)
    })

    test("many callers do not wait for one another's time-outs", { timeout }, async (t) => {
      const { port } = await listen(t, () => {})
      const adapter = RustAdapter(at(port), { pool: { connectTimeoutMs: 500, operationTimeoutMs: 4000 } })
      const results = await Promise.allSettled(Array.from({ length: 30 }, () => adapter.getUser("x")))
      assert.deepEqual([...new Set(results.map(({ reason }) => reason?.code))], ["ERR_CONNECT"])
    })

    test("a host that hangs up is ERR_CONNECT", { timeout }, async (t) => {
      const { port } = await listen(t, (socket) => socket.destroy())
      await allReject(RustAdapter(at(port)), "ERR_CONNECT")
    })

    test("a host that speaks another protocol is ERR_CONNECT", { timeout }, async (t) => {
      const { port } = await listen(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
      await allReject(RustAdapter(at(port), { pool: { connectTimeoutMs: 1000 } }), "ERR_CONNECT")
    })

    test("a wrong password is ERR_CONNECT, and so is an unknown user", { timeout }, async (t) => {
      const { url, close } = await create()
      t.after(close)
      for (const part of ["password", "username"]) {
        const wrong = new URL(url)
        wrong[part] = "wrong"
        await allReject(RustAdapter(wrong.href), "ERR_CONNECT")
      }
    })

    test("a database that is not there is ERR_CONNECT, until it is there", { timeout }, async (t) => {
      const { url, rows, close } = await create()
      const database = `missing_${process.pid}`
      const missing = new URL(url)
      missing.pathname = `/${database}`
      const adapter = RustAdapter(missing.href, { migrate: true })
      t.after(async () => {
        await adapter.close()
        await rows(`DROP DATABASE ${database}`)
        await close()
      })
      await allReject(adapter, "ERR_CONNECT")
      await rows(`CREATE DATABASE ${database}`)
      const user = newUser()
      assert.deepEqual(await adapter.createUser(user), user)
    })

    test("an unknown parameter is ERR_CONFIG and named, a known one with a wrong value too", { timeout }, async () => {
      for (const [parameter, value] of Object.entries({
        sslmodus: "require",
        connection_limit: "many",
        sslaccept: "maybe",
      })) {
        await assert.rejects(
          RustAdapter(`${name}://h/d?${parameter}=${value}`).getUser("x"),
          failure("ERR_CONFIG", { method: "getUser", parameter, message: new RegExp(parameter) }),
        )
      }
    })
  })
}
