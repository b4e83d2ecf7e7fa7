// Several hosts in one URL: which are asked, in which order, for how long, and what is said when none serves.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { endedBy, watch } from "./in-time.js"
import { binary } from "../servers/binary.js"
import { freePort } from "../servers/port.js"

const timeout = 60_000

/** The error of a first call by `url`. */
const refusal = async (url, pool = {}) => {
  const adapter = RustAdapter(url, { pool })
  const error = await adapter.getUser("x").then(
    () => assert.fail("answered"),
    (error) => error,
  )
  await adapter.close()
  return error
}

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  const { name } = database

  describe(`several hosts of ${name}`, () => {
    let created, silent
    const ports = []
    before(async () => {
      created = await database.create()
      ports.push(await freePort(), await freePort())
      silent = createServer((socket) => socket.on("error", () => {}))
      await once(silent.listen(0, "127.0.0.1"), "listening")
      silent.unref()
    })
    after(async () => {
      silent.close()
      await created.close()
    })
    const own = () => new URL(created.url)
    const at = (hosts, parameters = "") => {
      const { username, password, pathname } = own()
      return `${name}://${username}:${password}@${hosts}${pathname}${parameters}`
    }
    const listening = () => `127.0.0.1:${own().port}`
    const blackHole = () => `127.0.0.1:${silent.address().port}`
    const open = (t, url, pool) => {
      const adapter = RustAdapter(url, { migrate: true, pool })
      t.after(() => adapter.close())
      return adapter
    }

    test("the one that answers is found at every place of the list", { timeout }, async (t) => {
      const closed = `127.0.0.1:${ports[0]}`
      for (const hosts of [
        [listening(), closed],
        [closed, listening()],
        [closed, "no-such-host.invalid", listening()],
      ]) {
        const adapter = open(t, at(hosts.join(",")))
        const user = newUser()
        assert.deepEqual(await adapter.createUser(user), user, `${hosts}`)
      }
    })

    test("a black hole is waited for once, and not again while another host answers", { timeout }, async (t) => {
      const adapter = open(t, at(`${blackHole()},${listening()}`), { connectTimeoutMs: 2500, max: 4 })
      let begun = performance.now()
      const user = await adapter.createUser(newUser())
      assert.ok(performance.now() - begun >= 2490, "it was not waited for")
      begun = performance.now()
      // Each needs a connection of its own.
      const writes = Array.from({ length: 30 }, (_, number) => adapter.updateUser({ id: user.id, name: `${number}` }))
      await Promise.all(writes)
      assert.ok(performance.now() - begun < 2490, "it was waited for again")
    })

    test("however many black holes come first, the writer is asked within the call's time", { timeout }, async (t) => {
      const hosts = ["192.0.2.1:9", blackHole(), listening()]
      const adapter = open(t, at(hosts.join(",")), { connectTimeoutMs: 60_000, operationTimeoutMs: 3000 })
      const user = newUser()
      assert.deepEqual(await adapter.createUser(user), user)
    })

    test("if none serves, ERR_CONNECT names each with its reason, in time, and no password", { timeout }, async () => {
      const hosts = [`127.0.0.1:${ports[0]}`, blackHole(), `no-such-host.invalid:${ports[1]}`]
      const begun = performance.now()
      const error = await refusal(at(hosts.join(",")), { connectTimeoutMs: 400, operationTimeoutMs: 4000 })
      assert.ok(performance.now() - begun < 4000)
      failure("ERR_CONNECT", {
        method: "getUser",
        message: /^none of the URL.s hosts gave a connection that writes\b/,
      })(error)
      const [refused, silence, unknown, ...more] = error.cause.message.split("; ")
      assert.deepEqual(more, [])
      assert.match(refused, new RegExp(`^${hosts[0]}: .*refused`))
      assert.equal(silence, `${hosts[1]}: it did not answer within 400 ms`)
      assert.match(unknown, new RegExp(`^${hosts[2]}: `))
      assert.ok(!`${error.stack}${error.cause.stack}`.includes(own().password))
    })

    test("all of them black holes: ERR_CONNECT before the call's time is up", { timeout }, async () => {
      const [begun, late] = [performance.now(), watch()]
      const error = await refusal(at(`${blackHole()},192.0.2.1:9`), {
        connectTimeoutMs: 60_000,
        operationTimeoutMs: 1500,
      })
      const took = performance.now() - begun
      assert.ok(took < 1500 || endedBy(1500, took, late()), `${took} ms`)
      failure("ERR_CONNECT")(error)
      assert.equal(error.cause.message.split("; ").length, 2)
    })

    test("a wrong password is told by the first host that answers, and no other is asked", { timeout }, async () => {
      const wrong = Object.assign(own(), { password: "wrong" })
      const url = wrong.href.replace(/@[^/]+/, `@127.0.0.1:${ports[0]},${listening()},${blackHole()}`)
      const begun = performance.now()
      const error = await refusal(url, { connectTimeoutMs: 3000 })
      assert.ok(performance.now() - begun < 3000)
      failure("ERR_CONNECT", { message: /^the database refused the connection\b/ })(error)
      const [first, second, ...more] = error.cause.message.split("; ")
      assert.ok(
        first.startsWith(`127.0.0.1:${ports[0]}: `) && second.startsWith(`${listening()}: `),
        error.cause.message,
      )
      assert.deepEqual(more, [])
    })

    test("what is wrong with a list is ERR_CONFIG, which shows none of it", { timeout }, async () => {
      for (const [hosts, parameters, named] of [
        ["a:1,b:hunter2", "", /port/],
        ["a,[::1", "", /IPv6/],
        ["a,b", "?target_session_attrs=hunter2", /any, read-write, read-only, primary, standby, prefer-standby/],
        ["a,b", "?load_balance_hosts=hunter2", /disable or random/],
      ]) {
        const error = await refusal(at(hosts, parameters))
        failure("ERR_CONFIG", { message: named })(error)
        assert.ok(!error.message.includes("hunter2"))
      }
    })

    test("load_balance_hosts=random: connections are spread over the hosts", { timeout }, async (t) => {
      const seen = new Set()
      const proxies = await Promise.all(
        [0, 1].map(async (number) => {
          const { startProxy } = await import("../servers/proxy.js")
          const proxy = await startProxy(created.url)
          t.after(() => proxy.stop())
          return { ...proxy, note: () => proxy.connections() && seen.add(number) }
        }),
      )
      const hosts = proxies.map(({ url }) => new URL(url).host).join(",")
      for (let round = 0; round < 40 && seen.size < 2; round++) {
        const adapter = RustAdapter(at(hosts, "?load_balance_hosts=random"), { pool: { max: 1 } })
        await adapter.getUser("x").catch(failure("ERR_SCHEMA"))
        for (const { note } of proxies) note()
        await adapter.close()
      }
      assert.equal(seen.size, 2)
    })
  })
}

if (databases.some(({ name }) => name === "postgres")) {
  describe("libpq and the adapter ask the same hosts, in the same order", () => {
    const psql = binary("psql", { debianPackage: "postgresql-client" })
    /** The places that psql has tried: all of them refuse. */
    const byLibpq = (url) => {
      const { stderr } = spawnSync(psql, ["--no-psqlrc", "--command", "SELECT 1", url], {
        encoding: "utf8",
        env: { PATH: process.env.PATH },
      })
      const tried = stderr.matchAll(/server (?:at "([^"]+)"(?: \([^)]+\))?, port (\d+)|on socket "([^"]+)") failed/g)
      return [...tried].map(
        ([, host, port, socket]) => socket ?? (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`),
      )
    }
    const byAdapter = async (url) => {
      const error = await refusal(url)
      failure("ERR_CONNECT")(error)
      return error.cause.message.split("; ").map((reason) => reason.slice(0, reason.indexOf(": ")))
    }
    for (const url of [
      "postgres://127.0.0.2:1,127.0.0.3:2/d",
      "postgresql://u:p@127.0.0.3:2,127.0.0.2:1/d",
      "postgres://127.0.0.2,127.0.0.3,127.0.0.4/d?port=7",
      "postgres://127.0.0.2:1,127.0.0.3:2/d?port=7",
      "postgres://127.0.0.2,127.0.0.3/d?port=7,8",
      "postgres://127.0.0.2:9,127.0.0.3/d?port=7,",
      "postgres://[::1]:8,127.0.0.2:9/d",
      "postgres://127.0.0.2:9,[::1]:8/d?sslmode=disable",
      "postgres://127.0.0.9:9/d?host=127.0.0.2,127.0.0.3&port=3,4",
      "postgres:///d?host=127.0.0.2,127.0.0.3&port=5",
      "postgres://u@/d?host=127.0.0.2,127.0.0.3&port=5",
      "postgres://u@/d?host=/nowhere,127.0.0.3&port=5,6",
      "postgres://%2Fnowhere:5,127.0.0.3:6/d",
      "postgres://127.0.0.2%2C127.0.0.3/d?port=4",
      "postgres://a,b/d?hostaddr=127.0.0.2,127.0.0.3&port=9",
      "postgres://us%2Cer:p%2Css%40w@127.0.0.2:1,127.0.0.3:2/d",
      "postgres://127.0.0.2:1,127.0.0.2:1/d",
      "postgres://127.0.0.2:1,127.0.0.3:2?target_session_attrs=any",
      "postgres://127.0.0.2:1,127.0.0.3:2/d?target_session_attrs=prefer-standby",
    ]) {
      test(url, { timeout }, async () => {
        const expected = byLibpq(url)
        assert.ok(expected.length >= 2, `${expected}`)
        // libpq asks once more in any mode, where no standby was found.
        const once = url.includes("prefer-standby") ? expected.slice(0, expected.length / 2) : expected
        assert.deepEqual(await byAdapter(url), once)
      })
    }
    for (const url of [
      "postgres://127.0.0.2,127.0.0.3/d?port=1,2,3",
      "postgres://127.0.0.2,127.0.0.3,127.0.0.4/d?port=1,2",
      "postgres://127.0.0.2:x,127.0.0.3/d",
      "postgres://127.0.0.2,[::1/d",
      "postgres://127.0.0.2,[::1]x/d",
      "postgres://a,b/d?hostaddr=127.0.0.2,127.0.0.3,127.0.0.4",
      "postgres://127.0.0.2,127.0.0.3/d?target_session_attrs=writable",
    ]) {
      test(`both refuse ${url}`, { timeout }, async () => {
        assert.deepEqual(byLibpq(url), [])
        failure("ERR_CONFIG")(await refusal(url))
      })
    }
  })
}
