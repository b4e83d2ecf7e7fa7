// A real application with OpenTelemetry's SDK, a real database, and a collector: the adapter's spans are under the request's, shared
// queries have spans of their own, and no value is in anything that was sent.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { databases } from "../databases.js"
import { RustAdapter } from "../../index.js"
import { openReceiver } from "./receiver.js"

const program = fileURLToPath(new URL("application.js", import.meta.url))
const timeout = 60_000
const systems = { sqlite: "sqlite", postgres: "postgresql" }

for (const lane of databases)
  describe(`traces on ${lane.name}`, () => {
    const secret = `secret-${crypto.randomUUID()}`
    let database, receiver, spans, metrics
    const ours = () => spans.filter(({ scope }) => scope === "rust-auth-adapter")
    const request = (path) => spans.find(({ name }) => name === `GET ${path}`)
    const under = (path) => ours().filter(({ parentSpanId }) => parentSpanId === request(path).spanId)

    before(
      async () => {
        database = await lane.create()
        const first = RustAdapter(database.url, { migrate: true })
        await first.getUser("nobody")
        await first.close()
        receiver = await openReceiver()
        const env = { ...process.env, RECEIVER: receiver.url, DATABASE: database.url, SECRET: secret }
        const application = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "inherit"] })
        const ended = once(application, "exit")
        const [line] = await Promise.race([once(application.stdout, "data"), ended.then(() => [undefined])])
        assert.ok(line, "the application has not started")
        for (const path of ["/one", "/twice", "/crowd", "/sessions", "/writes", "/end"]) {
          await (await fetch(`http://127.0.0.1:${String(line).trim()}${path}`)).text()
        }
        assert.deepEqual(await ended, [0, null])
        spans = receiver.spans()
        metrics = receiver.metrics()
      },
      { timeout },
    )
    after(async () => {
      receiver?.close()
      await database?.close()
    })

    test("each call is a client span under the request's, by the database conventions", () => {
      const found = under("/one")
      const names = found.map(({ attributes }) => attributes["db.operation.name"])
      assert.deepEqual(names, ["createUser", "createSession", "getSessionAndUser"])
      for (const { name, kind, traceId, attributes, status } of found) {
        assert.equal(traceId, request("/one").traceId)
        assert.equal(kind, 3)
        assert.ok(!status.code)
        assert.equal(attributes["db.system.name"], systems[lane.name] ?? lane.flavour ?? "mariadb")
        assert.match(attributes["db.collection.name"], /user|session/i)
        assert.equal(name, `${attributes["db.operation.name"]} ${attributes["db.collection.name"]}`)
        assert.ok(attributes["db.namespace"])
        const url = lane.name === "sqlite" ? undefined : new URL(database.url)
        assert.equal(attributes["server.address"], url?.hostname)
        assert.equal(Number(attributes["server.port"] ?? 0), Number(url?.port ?? 0))
      }
    })

    test("a failure has its code, and no message", () => {
      const [{ attributes, status, events }] = under("/twice")
      assert.equal(attributes["error.type"], "ERR_UNIQUE")
      assert.deepEqual([status.code, status.message], [2, "ERR_UNIQUE"])
      assert.deepEqual(events, [])
    })

    /** Spans of statements that several callers shared: of their own, and linked with the callers' in both directions. */
    function assertShared(callers, method) {
      const shared = ours().filter(({ name }) => name.startsWith(`BATCH ${method} `))
      if (lane.name === "sqlite") {
        assert.deepEqual(shared, [])
        return
      }
      assert.ok(shared.length >= 1)
      for (const { parentSpanId, links, attributes, spanId, startTimeUnixNano, endTimeUnixNano } of shared) {
        assert.equal(attributes["db.operation.name"], method)
        assert.ok(!parentSpanId)
        assert.equal(Number(attributes["db.operation.batch.size"]), links.length)
        assert.ok(links.length > 1 && BigInt(endTimeUnixNano) > BigInt(startTimeUnixNano))
        for (const link of links) {
          const caller = callers.find((each) => each.spanId === link.spanId)
          assert.ok(caller.links.some((back) => back.spanId === spanId))
          assert.ok(BigInt(caller.endTimeUnixNano) - BigInt(caller.startTimeUnixNano) > 0n)
        }
      }
    }

    test("a span for each caller, and one for each shared query", () => {
      const callers = under("/crowd")
      assert.equal(callers.length, 40)
      assertShared(callers, "getUserByEmail")
    })

    test("a span for each caller, and one for each shared write", () => {
      const callers = under("/writes")
      assert.ok(callers.length >= (lane.name === "sqlite" ? 0 : 40) && callers.length % 40 === 0)
      for (const { name, status } of callers) assert.ok(name.startsWith("updateSession ") && !status.code, name)
      assertShared(callers, "updateSession")
    })

    test("metrics of calls and of connections", () => {
      const named = (name) => metrics.find((metric) => metric.scope === "rust-auth-adapter" && metric.name === name)
      const numberOf = (name) => Number(named(name).points[0].asInt ?? named(name).points[0].asDouble)
      const duration = named("db.client.operation.duration")
      assert.equal(duration.unit, "s")
      const count = (method) =>
        duration.points
          .filter(({ attributes }) => attributes["db.operation.name"] === method)
          .reduce((sum, point) => sum + Number(point.count), 0)
      assert.deepEqual([count("createUser"), count("getUserByEmail")], [2, 41])
      assert.ok(duration.points.some(({ attributes }) => attributes["error.type"] === "ERR_UNIQUE"))
      const states = named("db.client.connection.count").points.map(
        ({ attributes }) => attributes["db.client.connection.state"],
      )
      assert.deepEqual(states.sort(), ["idle", "used"])
      assert.equal(numberOf("db.client.connection.max"), 2)
      for (const name of ["db.client.connection.pending_requests", "db.client.connection.timeouts"]) {
        assert.equal(numberOf(name), 0)
      }
      const times = ["wait", "create", "use"].map((what) => named(`db.client.connection.${what}_time`))
      for (const { unit, points } of times) {
        assert.equal(unit, "s")
        for (const { attributes, sum } of points) {
          assert.ok(attributes["db.client.connection.pool.name"] && sum > 0)
        }
      }
      const [waited, opened, used] = times.map(({ points }) =>
        points.reduce((all, { count }) => all + Number(count), 0),
      )
      // The pool has two. Each loan has ended, also that of a transaction that has only read.
      assert.ok(opened >= 1 && opened <= 2, `${opened} were opened`)
      assert.ok(waited >= opened && used === waited, `${waited} were lent, ${used} came back`)
    })

    test("no value is in what was sent", () => {
      const sent = receiver.sent()
      assert.ok(sent.includes("getSessionAndUser"))
      assert.ok(!sent.includes(secret))
    })
  })
