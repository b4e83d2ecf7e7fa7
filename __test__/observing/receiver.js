// A receiver of OTLP over HTTP, in JSON: what an application sends to its collector.
import { once } from "node:events"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"

const values = (attributes = []) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  )

/** `url`; `sent()`, all that was received, as text; `spans()` and `metrics()`, with their attributes as objects; `close()`. */
export async function openReceiver() {
  const bodies = []
  const server = createServer(async (request, response) => {
    bodies.push([request.url, await text(request)])
    response.setHeader("content-type", "application/json").end("{}")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const received = (path) => bodies.filter(([url]) => url === path).map(([, body]) => JSON.parse(body))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    sent: () => bodies.map(([, body]) => body).join("\n"),
    spans: () =>
      received("/v1/traces")
        .flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ scope, spans }) =>
          spans.map((span) => ({ ...span, scope: scope.name, attributes: values(span.attributes) })),
        ),
    metrics: () =>
      received("/v1/metrics")
        .flatMap(({ resourceMetrics }) => resourceMetrics)
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ scope, metrics }) =>
          metrics.map(({ name, unit, ...kinds }) => {
            const [{ dataPoints }] = Object.values(kinds).filter((kind) => kind?.dataPoints)
            const points = dataPoints.map((point) => ({ ...point, attributes: values(point.attributes) }))
            return { name, unit, scope: scope.name, points }
          }),
        ),
    close: () => server.close(),
  }
}
