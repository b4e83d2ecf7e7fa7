"use strict"

// OpenTelemetry, where the application has registered it: its API is found where it keeps itself, and nothing is loaded.

const { version } = require("../../package.json")

/** Where version 1 of the API keeps what an application has registered. */
const API = Symbol.for("opentelemetry.js.api.1")

/** The key of a context's span. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN")

const SCOPE = "rust-auth-adapter"

/** Whether anything is registered: all that calls ask where nothing is. */
const isThere = () => globalThis[API] !== undefined

let provider
let known

/** The tracer of the provider that is registered now, if there is one. */
function tracer() {
  const registered = globalThis[API]?.trace
  if (registered !== provider) {
    provider = registered
    known = registered?.getTracer?.(SCOPE, version)
  }
  return known
}

/** The meter provider that is registered now, if there is one. */
const meters = () => globalThis[API]?.metrics

const meterOf = (meters) => meters.getMeter(SCOPE, version)

/** Whether the application has a manager of contexts, so that a span can be found around a caller. */
const hasContexts = () => globalThis[API]?.context !== undefined

/** The span around the caller. */
const activeSpan = () => globalThis[API]?.context?.active?.().getValue(SPAN)

module.exports = { activeSpan, hasContexts, isThere, meterOf, meters, tracer }
