"use strict"

// Calls that are observed: spans and metrics where OpenTelemetry is registered, messages on diagnostics channels, and the option `log`.

const { channel } = require("node:diagnostics_channel")
const { rounded, tell } = require("./log.js")
const metrics = require("./metrics.js")
const { activeSpan, hasContexts, isThere, tracer } = require("./telemetry.js")

/** As they are now: tests of an application may put clocks of their own in their place. */
const now = performance.now.bind(performance)
const { timeOrigin } = performance

const CALLS = channel("rust-auth-adapter:call")
const SHARED = channel("rust-auth-adapter:shared-query")

/** OpenTelemetry's SpanKind.CLIENT and SpanStatusCode.ERROR. */
const CLIENT = 2
const ERROR = 2

/** Whether any part of the application observes calls about `subject`. This is all that is asked where none does. */
const isObserved = (subject) =>
  subject !== undefined && (isThere() || subject.log !== undefined || CALLS.hasSubscribers || SHARED.hasSubscribers)

let hasFailed = false

/** What observes must not disturb what is observed. The first failure is a warning of the process. */
function guarded(work) {
  try {
    return work()
  } catch (error) {
    if (!hasFailed) {
      hasFailed = true
      process.emitWarning(`what observes the calls of rust-auth-adapter has thrown: ${error}`, {
        type: "RustAdapterWarning",
        code: "RUST_ADAPTER_OBSERVER_FAILED",
      })
    }
    return undefined
  }
}

const nameOf = (attributes) =>
  [attributes["db.operation.name"], attributes["db.collection.name"]].filter(Boolean).join(" ")

/** Whether Better Auth has made this span for the very call. */
const isOfBetterAuth = (span) =>
  (span?.instrumentationScope ?? span?.instrumentationLibrary)?.name === "better-auth" &&
  span.attributes?.["db.operation.name"] !== undefined

/** A call that begins. Better Auth's span for it serves, where there is one: it gets the attributes that are missing. */
function begin(subject) {
  const call = { subject, began: now(), span: undefined, given: undefined, connection: undefined, writer: undefined }
  guarded(() => {
    metrics.expect(subject.observed)
    const tracing = tracer()
    if (tracing === undefined) return
    const around = activeSpan()
    // Without a manager of contexts, that span is there and cannot be found.
    if (subject.isInstrumented && !hasContexts()) return
    if (isOfBetterAuth(around)) {
      call.span = around
      around.setAttributes(subject.observed.place())
      return
    }
    const attributes = subject.attributes()
    call.given = attributes
    call.span = tracing.startSpan(nameOf(attributes), { kind: CLIENT, attributes })
  })
  return call
}

/** The call has ended; `code` is that of its error. */
function end({ subject, began, span, given, connection, writer }, code) {
  const durationMs = now() - began
  guarded(() => {
    const attributes = subject.attributes()
    if (span) {
      // What was not known when it began.
      if (given === undefined) span.setAttributes(subject.observed.place())
      else if (given !== attributes) span.updateName(nameOf(attributes)).setAttributes(attributes)
      if (code !== undefined) span.setAttribute("error.type", code)
      if (given !== undefined && code !== undefined) span.setStatus({ code: ERROR, message: code })
      if (given !== undefined) span.end()
    }
    metrics.record(
      subject.observed,
      durationMs / 1000,
      code === undefined ? attributes : { ...attributes, "error.type": code },
    )
    if (!subject.log && !CALLS.hasSubscribers) return
    const message = {
      method: subject.method,
      system: attributes["db.system.name"],
      table: attributes["db.collection.name"],
      durationMs: rounded(durationMs),
      ...(connection !== undefined && { waitedForConnectionMs: rounded(connection) }),
      ...(writer !== undefined && { waitedForWriterMs: rounded(writer) }),
      ...(code !== undefined && { code }),
    }
    if (CALLS.hasSubscribers) CALLS.publish(message)
    if (subject.log) tell(subject.log, message)
  })
}

/** Calls have shared a statement, which was sent `ago` milliseconds ago: a span of its own, which is linked to theirs. */
function shared(calls, { ago, took, waited }) {
  for (const call of calls) call.connection = waited
  if (calls.length < 2) return
  const attributes = { ...calls[0].subject.attributes(), "db.operation.batch.size": calls.length }
  if (SHARED.hasSubscribers) {
    SHARED.publish({
      method: calls[0].subject.method,
      system: attributes["db.system.name"],
      table: attributes["db.collection.name"],
      calls: calls.length,
      durationMs: rounded(took),
      waitedForConnectionMs: rounded(waited),
    })
  }
  const spans = calls.map(({ span }) => span).filter((span) => span?.isRecording())
  if (spans.length === 0) return
  const startTime = timeOrigin + now() - ago
  const links = spans.map((span) => ({ context: span.spanContext() }))
  const name = `BATCH ${nameOf(attributes)}`
  const span = tracer()?.startSpan(name, { kind: CLIENT, root: true, attributes, links, startTime })
  if (!span) return
  for (const each of spans) each.addLink?.({ context: span.spanContext() })
  span.end(startTime + took)
}

/** Takes what the core has noted (`src/lib.rs: notes`) of calls, which are given by id. */
function note(numbers, calls) {
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at++]
    if (first >= 0) {
      const call = calls[first]
      // What it has waited for by itself, besides what the statement has that it shared.
      if (call) [call.connection, call.writer] = [(call.connection ?? 0) + numbers[at], numbers[at + 1]]
      at += 2
      continue
    }
    const [count, ago, took, waited] = numbers.slice(at, (at += 4))
    const sharing = numbers.slice(at, (at += count)).map((id) => calls[id])
    guarded(() => shared(sharing.filter(Boolean), { ago, took, waited }))
  }
}

module.exports = { begin, end, isObserved, note }
