// An application that traces, as OpenTelemetry's documentation sets one up: what it is asked for over HTTP, it asks of the adapter.
// Prints its port. GET /end sends what is left and ends it.
import { once } from "node:events"
import { createServer } from "node:http"
import { trace } from "@opentelemetry/api"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { NodeSDK } from "@opentelemetry/sdk-node"
import { RustAdapter } from "../../index.js"

const { RECEIVER, DATABASE, SECRET } = process.env

const sdk = new NodeSDK({
  serviceName: "application",
  autoDetectResources: false,
  traceExporter: new OTLPTraceExporter({ url: `${RECEIVER}/v1/traces` }),
  metricReaders: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${RECEIVER}/v1/metrics` }),
      exportIntervalMillis: 60_000,
    }),
  ],
})
sdk.start()

const adapter = RustAdapter(DATABASE, { pool: { max: 2 } })
const sessions = Array.from({ length: 40 }, (_, index) => `${SECRET}-${index}`)
const person = (name) => ({ name, email: `${name}@example.com`, emailVerified: null })

const pages = {
  async "/one"() {
    const user = await adapter.createUser(person(SECRET))
    await adapter.createSession({ sessionToken: SECRET, userId: user.id, expires: new Date(Date.now() + 1e6) })
    await adapter.getSessionAndUser(SECRET)
  },
  async "/twice"() {
    await adapter.createUser(person(SECRET)).catch(({ code }) => code)
  },
  async "/crowd"() {
    await Promise.all(Array.from({ length: 40 }, () => adapter.getUserByEmail(`${SECRET}@example.com`)))
  },
  async "/sessions"() {
    const user = await adapter.getUserByEmail(`${SECRET}@example.com`)
    for (const sessionToken of sessions)
      await adapter.createSession({ sessionToken, userId: user.id, expires: new Date(Date.now() + 1e6) })
  },
  /** Writes share a statement as soon as one has to wait for another, which a quick server does not promise of any one crowd. */
  async "/writes"() {
    const expires = new Date(Date.now() + 2e6)
    const { writes } = adapter.stats().batches
    for (let round = 0; round < 30 && adapter.stats().batches.writes.statements === writes.statements; round++)
      await Promise.all(sessions.map((sessionToken) => adapter.updateSession({ sessionToken, expires })))
  },
}

const server = createServer(async ({ url }, response) => {
  if (url === "/end") {
    await sdk.shutdown()
    await adapter.close()
    response.end()
    return server.close()
  }
  await trace.getTracer("application").startActiveSpan(`GET ${url}`, async (span) => {
    await pages[url]()
    span.end()
  })
  response.end()
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
console.log(server.address().port)
