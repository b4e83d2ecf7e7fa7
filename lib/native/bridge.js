"use strict"

// The JavaScript side of the bridge: it owns the promises. The native core answers in batches, each one flat array of
// primitives (laid out as src/napi/row_batch.rs says), from which the objects are made here, so that dates and
// errors belong to the caller's realm.

const awake = require("./busy-poll.js")
const binding = require("./binding.js")
const { RustAdapterError } = require("../error.js")
const observing = require("../observing/calls.js")
const prerender = require("./prerender.js")
const { builder } = require("./row-factory.js")
const turns = require("./tick.js")

/** How the promise of request `id` is settled: its resolver, what makes its result, and the method's name. */
const resolvers = []
const assemblers = []
const methods = []

/** Calls that are observed, by id, and how many there are. */
const observed = []
let observedCount = 0

/** Whether the core takes notes of calls, for the application that observes them. */
let takesNotes = false

/** Ids that were in use and are free again. */
const freeIds = []

/** Shape number -> what makes a record of it; learnt when first met. */
const builders = []

/** The batch being read, element by element, and how many records of the outcome being read are left. */
let batch = []
let position = 0
let left = 0

/** The builder of the record at hand, of which the values follow. */
function nextBuilder() {
  const shape = batch[position++]
  left--
  return (builders[shape] ??= builder(binding.shape(shape)))
}

/** Reads one record of the batch. Assemblers call it for as many records as they are told follow, or for fewer. */
function record() {
  if (left === 0) throw new RangeError("there is no other record")
  const { build, width } = nextBuilder()
  const start = position
  position += width
  return build(batch, start)
}

/** What `assemble` makes of the `count` records at hand. Even if it throws, the next outcome is at hand afterwards. */
function assembled(assemble, count, method) {
  left = count
  let result
  try {
    result = assemble(count, record)
  } catch (exception) {
    result = Promise.reject(defect(method, exception))
  }
  while (left > 0) {
    const { width } = nextBuilder()
    position += width
  }
  return result
}

function defect(method, cause) {
  return new RustAdapterError("ERR_INTERNAL", "a defect in rust-auth-adapter; please report it", { method, cause })
}

function failure(method) {
  const [code, message, cause, count] = batch.slice(position, (position += 4))
  const details = { method }
  for (let index = 0; index < count; index++) details[batch[position++]] = batch[position++]
  if (cause !== null) details.cause = new Error(cause)
  return { code, message, details }
}

/**
 * Rejects, two microtasks later: by then the caller's promise follows this one, so that the stack of the error, which
 * is made only now, leads to the caller.
 */
async function fail({ code, message, details }) {
  await undefined
  await undefined
  throw new RustAdapterError(code, message, details)
}

/** The core passes the batch as arguments, or as one array if it is long. */
const flat = (elements) => (elements.length === 1 ? elements[0] : elements)

/** What no call asked for: how the tables were chosen, another SQLite beside, or the failure of the sweep in the background. */
function warn({ code, message, details: { warning, cause } }) {
  process.emitWarning(warning ? message : `what has expired could not be deleted: ${code}: ${message}`, {
    type: "RustAdapterWarning",
    code: warning ?? "RUST_ADAPTER_PRUNE_FAILED",
    detail: cause?.message,
  })
}

function settle(elements) {
  if (observedCount > 0) observing.note(binding.notes(bridge), observed)
  const outer = { batch, position, left }
  batch = elements
  position = 0
  while (position < elements.length) {
    const id = elements[position++]
    const count = elements[position++]
    if (id < 0) {
      warn(failure("pruneExpired"))
      continue
    }
    if (count < 0) {
      const failed = failure(methods[id])
      release(id, fail(failed), failed.code)
    } else {
      release(id, assembled(assemblers[id], count, methods[id]))
    }
  }
  ;({ batch, position, left } = outer)
}

function settleAtOnce(...elements) {
  const answer = flat(elements)
  if (turns.isDue()) turns.wait(() => settle(answer))
  else settle(answer)
}

const settleAll = (...elements) => settle(flat(elements))

/** The request that is being started, and what it has come to if that is known already. */
let starting = -1
let known

/** Settles request `id`, after which its id may serve another one. `code`: of its error. */
function release(id, result, code) {
  if (observedCount > 0 && observed[id] !== undefined) {
    const call = observed[id]
    observed[id] = undefined
    observedCount--
    observing.end(call, code)
  }
  freeIds.push(id)
  if (id === starting) {
    starting = -1
    known = result
    return
  }
  awake.arrive()
  const resolve = resolvers[id]
  resolvers[id] = undefined
  resolve(result)
}

const bridge = binding.connect(settleAll)

// The executor runs within `new Promise`, and its one use of the resolver is over before the next call can begin.
let resolver
const executor = (resolve) => {
  resolver = resolve
}

const goOn = () => binding.goOn(bridge)

/**
 * Performs `method`: `start(bridge, id, settleAtOnce)` hands the request to the core (without the third, the core answers in a task of
 * its own), and `assemble` makes the result of its records. Returns the result itself if the core has answered at once, else a promise: an
 * application that keeps track of asynchronous contexts makes promises expensive. `subject`: what the call is about, for an application that observes calls.
 */
function ask(method, assemble, start, subject) {
  const id = reserve(method, assemble, subject)
  starting = id
  try {
    // A microtask: its caller has gone on by then, and other callers that ask meanwhile are not alone.
    if (start(bridge, id, prerender.isUnderWay() ? undefined : settleAtOnce)) Promise.resolve().then(goOn)
  } catch (error) {
    const failed = refused(method, error)
    release(id, Promise.reject(failed), failed.code)
  }
  if (starting !== id) {
    const result = known
    known = undefined
    return result
  }
  starting = -1
  return promised(id)
}

/** What the core has thrown, which is made for outcomes: a defect. */
const refused = (method, error) => (error instanceof RustAdapterError ? error : defect(method, error))

/** What the outcome of request `id` will come to. */
function promised(id) {
  awake.wait()
  const promise = new Promise(executor)
  resolvers[id] = resolver
  // Or it would keep the last result alive.
  resolver = undefined
  return promise
}

/** The same, always as a promise. */
function perform(method, assemble, start, subject) {
  const result = ask(method, assemble, start, subject)
  return result instanceof Promise ? result : Promise.resolve(result)
}

/** Hears of what fails without a call, for as long as this environment lives. */
const attend = (handle) => binding.attend(bridge, handle)

function reserve(method, assemble, subject) {
  const id = freeIds.length > 0 ? freeIds.pop() : assemblers.length
  assemblers[id] = assemble
  methods[id] = method
  if (observing.isObserved(subject)) observe(id, subject)
  return id
}

function observe(id, subject) {
  if (!takesNotes) binding.takeNotes(bridge)
  takesNotes = true
  observed[id] = observing.begin(subject)
  observedCount++
}

/** Longer keys than this go alone. */
const MAX_SHARED_KEY = 1000

/**
 * A look-up by one key, on the route that the core names. `alone(key)` asks for one; `start(bridge, places, count, keys, settle)`
 * for many that cross together: it takes ids and lengths of keys in turn, `count` of them, and the keys in a row. `flush` sends those
 * that still wait.
 */
function routed(route, { method, assemble, start, alone, subject }) {
  const shared = (ask, { flush }) => ({
    call: (key) => (typeof key === "string" && key.length <= MAX_SHARED_KEY ? ask(key) : alone(key)),
    flush,
  })
  switch (route) {
    case "calling-thread": {
      // A crowd's look-ups cross on the loop's next turn, which a renderer may have early: what it waits for is then settled too soon.
      const crowd = together({ method, assemble, subject }, start, (flush) => turns.wait(flush))
      return shared((key) => (turns.isCrowded() && !prerender.isUnderWay() ? crowd.join(key) : alone(key)), crowd)
    }
    case "batched": {
      // A microtask: later than the callers that this turn has already woken, earlier than any other event.
      const batch = together({ method, assemble, subject }, start, (flush) => flush && Promise.resolve().then(flush))
      return shared(batch.join, batch)
    }
    default:
      return { call: alone, flush: () => {} }
  }
}

/** Look-ups that cross together. `wait` is called for each that joins, and gets `flush`, which sends them all, with the first. */
function together({ method, assemble, subject }, start, wait) {
  let places = new Uint32Array(64)
  let keys = []
  const flush = () => {
    const count = 2 * keys.length
    if (count === 0) return
    const sent = keys
    keys = []
    try {
      start(bridge, places, count, sent.join(""), settleAll)
    } catch (error) {
      const failed = refused(method, error)
      for (let index = 0; index < count; index += 2) release(places[index], Promise.reject(failed), failed.code)
    }
  }
  const join = (key) => {
    const count = 2 * keys.length
    if (count === places.length) {
      const grown = new Uint32Array(2 * count)
      grown.set(places)
      places = grown
    }
    const id = reserve(method, assemble, subject)
    const promise = promised(id)
    places[count] = id
    places[count + 1] = key.length
    wait(keys.push(key) === 1 ? flush : undefined)
    return promise
  }
  return { join, flush }
}

module.exports = { ask, attend, perform, routed }
