// An application that traces sees each look-up once, as with any adapter that Better Auth's factory has made, and where it went.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { after, before, describe, test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { installedFor } from "../installed.js"
import { migrate } from "../tables.js"

// Telemetry is there, where an application has it: beside its Better Auth.
const application = new URL("../newest/application.js", import.meta.url)
const require = createRequire(application)
const { betterAuth } = await import(pathToFileURL(require.resolve("better-auth")))
const { SpanKind, context, trace } = require("@opentelemetry/api")
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base")
const observing = createRequire(new URL("../../observing/application.js", import.meta.url))
const { AsyncLocalStorageContextManager } = observing("@opentelemetry/context-async-hooks")
const { rustAdapter } = await installedFor(application.href)

for (const lane of databases)
  describe(`spans of look-ups: ${lane.name}`, () => {
    const exporter = new InMemorySpanExporter()
    let database, opened, adapter
    before(async () => {
      database = await lane.create()
      await migrate(database, base)
      opened = rustAdapter(database.url)
      adapter = (await betterAuth({ ...base, database: opened }).$context).adapter
    })
    after(async () => {
      trace.disable()
      await opened.close()
      await database.close()
    })
    const look = () =>
      adapter.findOne({ model: "session", where: [{ field: "token", value: "none" }], join: { user: true } })
    const spans = async (times) => {
      exporter.reset()
      for (let time = 0; time < times; time++) assert.equal(await look(), null)
      return exporter
        .getFinishedSpans()
        .map(({ name, attributes }) => [
          name,
          attributes["db.operation.name"],
          attributes["db.collection.name"],
          attributes["db.system.name"],
        ])
    }
    const system = { sqlite: "sqlite", postgres: "postgresql" }[lane.name] ?? lane.flavour ?? "mariadb"
    const one = (where) => ["db findOne session", "findOne", "session", where]

    test("no tracer, then one, then none again", async () => {
      assert.deepEqual(await spans(3), [])
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
      while ((await spans(1)).length === 0) await setImmediate() // Better Auth loads the library when it first needs it
      assert.deepEqual(await spans(3), Array(3).fill(one(undefined)))
      trace.disable()
      assert.deepEqual(await spans(3), [])
    })

    test("with a manager of contexts, the same spans say where they went", async () => {
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
      assert.deepEqual(await spans(3), Array(3).fill(one(system)))
      context.disable()
      trace.disable()
    })

    test("without Better Auth's spans, the adapter's own", async () => {
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
      const options = { ...base, experimental: { instrumentation: { enabled: false } }, database: opened }
      const silent = (await betterAuth(options).$context).adapter
      exporter.reset()
      assert.equal(await silent.findOne({ model: "session", where: [{ field: "token", value: "none" }] }), null)
      const found = exporter.getFinishedSpans()
      assert.deepEqual(
        found.map(({ name, kind, instrumentationScope }) => [name, kind, instrumentationScope.name]),
        [["findOne session", SpanKind.CLIENT, "rust-auth-adapter"]],
      )
      trace.disable()
    })

    test("the calls are counted", () => {
      const { calls, learnt, connections } = opened.stats()
      assert.ok(calls.findOne.count >= 10 && calls.findOne.p50Ms > 0)
      assert.equal(learnt.tables.session, "session")
      assert.ok(connections.max > 0)
    })
  })
