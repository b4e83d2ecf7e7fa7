"use strict"

// The metrics of the database conventions, where the application has registered a meter provider.

const { Pools } = require("./pools.js")
const { meterOf, meters } = require("./telemetry.js")

/** Seconds, as the conventions advise. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

const SECONDS = { unit: "s", advice: { explicitBucketBoundaries: BOUNDARIES } }

/** What takes time, by the core's numbers (`Took` in src/stats/connections.rs). */
const TIMES = [
  ["db.client.connection.wait_time", "Time it took to obtain a connection from the pool"],
  ["db.client.connection.create_time", "Time it took to open a connection"],
  ["db.client.connection.use_time", "Time from the loan of a connection to its return"],
]

const pools = new Pools()

/** The instruments of a provider. */
const instruments = new WeakMap()

function make(provider) {
  const meter = meterOf(provider)
  const duration = meter.createHistogram("db.client.operation.duration", {
    description: "Duration of database client operations",
    ...SECONDS,
  })
  const times = TIMES.map(([name, description]) => meter.createHistogram(name, { description, ...SECONDS }))
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
      for (const [at, { open, idle, waiting, timedOut, max: most }] of pools.states()) {
        result.observe(count, idle, { ...at, "db.client.connection.state": "idle" })
        result.observe(count, open - idle, { ...at, "db.client.connection.state": "used" })
        result.observe(max, most, at)
        result.observe(pending, waiting, at)
        result.observe(timeouts, timedOut, at)
      }
      recordTimes(times, pools.times())
    },
    [count, max, pending, timeouts],
  )
  return { duration, times }
}

function recordTimes(times, taken) {
  for (const [at, what, seconds] of taken) times[what].record(seconds, at)
}

/** The core keeps so many durations of connections that they have to be fetched now and then between two exports. */
const CALLS_BETWEEN = 256
let calls = 0

/** A call begins, which may be what opens the first connection. */
function expect(observed) {
  if (meters() !== undefined) pools.know(observed)
}

/** A call has taken so long. */
function record(observed, seconds, attributes) {
  const provider = meters()
  if (provider === undefined) return
  let made = instruments.get(provider)
  if (!made) instruments.set(provider, (made = make(provider)))
  made.duration.record(seconds, attributes)
  if (++calls % CALLS_BETWEEN === 0) recordTimes(made.times, pools.times())
}

module.exports = { expect, record }
