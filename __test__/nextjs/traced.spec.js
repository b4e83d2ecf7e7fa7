// A request to a Next.js app that traces as Next.js's documentation says: the adapter's spans are in the request's trace, those of a page
// under the page's.
import assert from "node:assert/strict"
import { cpSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { openReceiver } from "../observing/receiver.js"
import { build, createApp, signedIn, start } from "./app.js"

const instrumentation = fileURLToPath(new URL("traced", import.meta.url))

describe("a trace of a Next.js app", () => {
  let folder
  before(async () => {
    folder = createApp("traced")
    cpSync(instrumentation, folder, { recursive: true })
    await build(folder)
  })

  for (const lane of databases)
    describe(`on ${lane.name}`, () => {
      let database, receiver, server, token
      before(async () => {
        database = await lane.create()
        const adapter = RustAdapter(database.url, { migrate: true })
        token = await signedIn(adapter, "ada@example.com")
        await adapter.close()
        receiver = await openReceiver()
        server = await start(folder, {
          DATABASE_URL: database.url,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_BSP_SCHEDULE_DELAY: "50",
        })
      })
      after(async () => {
        await server?.stop()
        receiver?.close()
        await database?.close()
      })

      /** The spans of the request for a page, as soon as the page's has come, and those that others are under: they are sent apart. */
      async function traceOf(path) {
        const deadline = Date.now() + 20_000
        for (;;) {
          const spans = receiver.spans()
          const request = spans.find(
            ({ parentSpanId, attributes }) => !parentSpanId && attributes["http.target"] === path,
          )
          const trace = spans.filter(({ traceId }) => traceId === request?.traceId)
          const isKnown = ({ parentSpanId }) => !parentSpanId || trace.some(({ spanId }) => spanId === parentSpanId)
          if (trace.some(({ name }) => name === `render route (app) ${path}`) && trace.every(isKnown)) return trace
          if (Date.now() > deadline) assert.fail(`no trace of ${path}: ${JSON.stringify(spans, null, 1)}`)
          await sleep(50)
        }
      }

      test("the look-up of a page is under the page's span", async () => {
        assert.match((await server.get("/private", token)).text, /signed in: ada@example\.com/)
        const trace = await traceOf("/private")
        const ours = trace.filter(({ scope }) => scope === "rust-auth-adapter")
        /** The names of the spans that a span is under, the nearest first. */
        const above = ({ parentSpanId }) => {
          const parent = trace.find(({ spanId }) => spanId === parentSpanId)
          return parent ? [parent, ...above(parent)] : []
        }
        const page = ours.filter((span) => above(span).some(({ name }) => name === "render route (app) /private"))
        assert.equal(page.length, 1)
        const [{ name, kind, attributes }] = page
        assert.deepEqual([name, kind], ["getSessionAndUser session", 3])
        assert.equal(attributes["db.operation.name"], "getSessionAndUser")
        assert.equal(above(page[0]).at(-1).scope, "next.js")
      })
    })
})
