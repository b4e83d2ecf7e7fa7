"use strict"

// The metrics of the database conventions, where the application has registered a meter provider.

const binding = require("../native/binding.js")
const { meterOf, meters } = require("./telemetry.js")

/** Seconds, as the conventions advise. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** The databases whose connections are told, for as long as their adapters live. */
const databases = new Set()

/** The instruments of a provider. */
const instruments = new WeakMap()

/** The numbers of each pool, and what it is called. */
function* pools() {
  for (const reference of databases) {
    const observed = reference.deref()
    let connections
    try {
      ;({ connections } = JSON.parse(binding.stats(observed.handle)))
    } catch {
      databases.delete(reference) // It was collected, or closed.
    }
    if (!connections) continue
    const { "server.address": address, "server.port": port, "db.namespace": namespace, ...system } = observed.place()
    const name = [address && port ? `${address}:${port}` : address, namespace].filter(Boolean).join("/")
    const at = { "db.system.name": system["db.system.name"], "db.client.connection.pool.name": name || ":memory:" }
    yield [at, connections]
  }
}

function make(provider) {
  const meter = meterOf(provider)
  const duration = meter.createHistogram("db.client.operation.duration", {
    description: "Duration of database client operations",
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const count = meter.createObservableUpDownCounter("db.client.connection.count", {
    description: "Connections that are in the state",
    unit: "{connection}",
  })
  const max = meter.createObservableUpDownCounter("db.client.connection.max", {
    description: "Most connections that there may be",
    unit: "{connection}",
  })
  const pending = meter.createObservableUpDownCounter("db.client.connection.pending_requests", {
    description: "Requests that wait for a connection",
    unit: "{request}",
  })
  const timeouts = meter.createObservableCounter("db.client.connection.timeouts", {
    description: "Requests that got no connection in time",
    unit: "{timeout}",
  })
  meter.addBatchObservableCallback(
    (result) => {
      for (const [at, { open, idle, waiting, timedOut, max: most }] of pools()) {
        result.observe(count, idle, { ...at, "db.client.connection.state": "idle" })
        result.observe(count, open - idle, { ...at, "db.client.connection.state": "used" })
        result.observe(max, most, at)
        result.observe(pending, waiting, at)
        result.observe(timeouts, timedOut, at)
      }
    },
    [count, max, pending, timeouts],
  )
  return { duration, told: new WeakSet() }
}

/** A call has taken so long. */
function record(observed, seconds, attributes) {
  const provider = meters()
  if (provider === undefined) return
  let made = instruments.get(provider)
  if (!made) instruments.set(provider, (made = make(provider)))
  if (!made.told.has(observed)) {
    made.told.add(observed)
    if (![...databases].some((reference) => reference.deref() === observed)) databases.add(new WeakRef(observed))
  }
  made.duration.record(seconds, attributes)
}

module.exports = { record }
