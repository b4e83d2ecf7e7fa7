"use strict"

const binding = require("./native/binding.js")
const { lend } = require("./core-of.js")
const { accessTokens } = require("./tokens/access-tokens.js")
const { attend, perform, routed } = require("./native/bridge.js")
const { RustAdapterError } = require("./error.js")
const { readLog } = require("./observing/log.js")
const { Observed, Subject } = require("./observing/subject.js")
const passwords = require("./passwords.js")
const prerender = require("./native/prerender.js")
const { Refusals, configuring, fields, isArray, misconfigured, opaque, options: optionsOf } = require("./reading.js")
const sessions = require("./sessions.js")
const { statsOf } = require("./stats.js")

const only = (count, record) => (count === 0 ? null : record())
const nothing = () => undefined
const all = (count, record) => Array.from({ length: count }, record)
const sessionAndUser = (count, record) => (count === 0 ? null : { session: record(), user: record() })

/** What the records of a method's answer become; one record or null unless said here. */
const ASSEMBLE = { getSessionAndUser: sessionAndUser, listAuthenticatorsByUserId: all }

/** Methods whose argument is a profile, which may hold anything. */
const STORES_PROFILE = new Set(["createUser", "updateUser"])

const warned = new Set()

/** Says of each field that it is lost, since there is no column for it: once, and again if it has been stored since. Returns what was stored. */
function warnOfDropped(given, stored) {
  for (const field of Object.keys(given)) {
    const isStored = Object.hasOwn(stored, field)
    if (isStored) warned.delete(field)
    if (given[field] === undefined || isStored || warned.has(field)) continue
    warned.add(field)
    process.emitWarning(`the user table has no column for "${field}", which is therefore not stored`, {
      type: "RustAdapterWarning",
      code: "RUST_ADAPTER_DROPPED_FIELD",
    })
  }
  return stored
}

/** The operations, in the order of the core's numbers for them, and the numbers of those that take one object. */
const OPERATIONS = binding.operations()
const TAKES_OBJECT = new Set(binding.takingObjects())

const isPlain = (value) => typeof value === "object" && value !== null && !isArray(value) && !(value instanceof URL)

/** Accepts `(url, options)` and `({ url, ...options })`. */
function normalize(url, options) {
  if (isPlain(url) && options === undefined) ({ url, ...options } = url)
  if (url !== undefined && url !== null && typeof url !== "string" && !(url instanceof URL)) {
    const got = isArray(url) ? "an array" : typeof url
    throw misconfigured(`the database URL must be a string, not ${got}`)
  }
  if (options !== undefined && !isPlain(options)) throw misconfigured("the options must be an object")
  return [url == null ? undefined : String(url), optionsOf(options ?? {})]
}

function open(url, options) {
  try {
    return binding.open(url, options)
  } catch (error) {
    throw new RustAdapterError("ERR_CONFIG", error.message)
  }
}

/**
 * An Auth.js adapter for the database at `url`. No I/O happens before the first call.
 *
 * Auth.js takes the adapter's own enumerable properties and calls them detached; the object may be spread. What is
 * not a method of the contract is therefore not enumerable.
 */
function RustAdapter(url, options) {
  const [address, { log, ...settings }] = configuring(() => normalize(url, options))
  const told = readLog(log)
  const handle = open(address, settings)
  // How the tables were chosen, and what fails in the background, are warnings.
  attend(handle)
  prerender.look()
  const observed = new Observed(handle, told)
  const adapter = {}
  const core = {}
  const flushes = []
  const routes = binding.routes(handle)
  OPERATIONS.forEach((method, operation) => {
    const ours = sessions.OPERATIONS[method] ?? passwords.OPERATIONS[method]
    const assemble = ours?.assemble ?? ASSEMBLE[method] ?? only
    const name = ours?.method ?? method
    const subject = new Subject(observed, method, () => binding.tableOfOperation(handle, operation))
    const submit = (assemble, first, second) =>
      perform(
        name,
        assemble,
        (bridge, id, atOnce) => binding.submit(bridge, handle, id, operation, first, second, atOnce),
        subject,
      )
    const byFields = (given) => {
      const refusals = new Refusals()
      let read
      try {
        read = fields(name, given, refusals)
      } catch (error) {
        return Promise.reject(error)
      }
      const warning = (count, record) => warnOfDropped(read, only(count, record))
      return refusals.explain(submit(STORES_PROFILE.has(method) ? warning : assemble, read))
    }
    const byValues = (first, second) => submit(assemble, opaque(first), opaque(second))
    const call = TAKES_OBJECT.has(operation) ? byFields : byValues
    if (ours) {
      core[method] = call
    } else {
      const start = (bridge, places, count, keys, settle) =>
        binding.share(bridge, handle, operation, places, count, keys, settle)
      const { call: routedCall, flush } = routed(routes[operation], { method, assemble, start, alone: call, subject })
      adapter[method] = routedCall
      flushes.push(flush)
    }
  })

  let closing
  const close = () => {
    for (const flush of flushes) flush()
    return (closing ??= perform("close", nothing, (bridge, id) => binding.close(bridge, handle, id)))
  }
  core.keepPasswords = () => binding.keepPasswords(handle)
  lend(adapter, core)
  const besides = {
    ...sessions.methods(core),
    passwords: passwords.methods(core),
    getAccessToken: accessTokens(core),
    stats: () => statsOf(handle),
    close,
    ...(Symbol.asyncDispose && { [Symbol.asyncDispose]: close }),
  }
  for (const name of Reflect.ownKeys(besides)) {
    Object.defineProperty(adapter, name, { value: besides[name], configurable: true, writable: true })
  }
  return adapter
}

module.exports = { RustAdapter, RustAdapterError }
