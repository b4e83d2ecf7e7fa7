"use strict"

// Reads what a caller passed, once, before the call leaves: a getter or a proxy runs here or not at all. Beyond this file there
// are primitives, dates, and what stands for other objects:
//
//   [json, isArray]     an array or object, as JSON
//   [null, isArray]     one that JSON cannot hold

const { fileURLToPath } = require("node:url")
const { types } = require("node:util")
const { RustAdapterError } = require("./error.js")

const { isDate, isUint8Array } = types
const { stringify } = JSON

/** More values than this are no value of one column, but a mistake that would keep the thread busy. */
const MAX_VALUES = 1_000_000

/** The most elements of a list that a condition compares with. */
const MAX_LIST = 1_000_000

/** Of a revoked proxy, even that cannot be told. */
function isArray(value) {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

const isObject = (value) => typeof value === "object" && value !== null

/** Whether a value is handed on as it is. */
const isAsItIs = (value) => !isObject(value) || isDate(value)

/** Objects of no use: nothing of them is read. */
const opaque = (value) => (isAsItIs(value) ? value : [null, isArray(value)])

/** What stands for a value. `refused(exception)` hears of what an object's own code has thrown. */
function packed(value, refused) {
  if (isAsItIs(value)) return value
  let left = MAX_VALUES
  const counting = (_, each) => {
    if (--left < 0 || (isArray(each) && each.length > left)) throw new RangeError(`more than ${MAX_VALUES} values`)
    return each
  }
  try {
    const json = stringify(value, counting)
    return [json === undefined ? null : json, isArray(value)]
  } catch (exception) {
    refused(exception)
    return [null, isArray(value)]
  }
}

/** The errors made here. What a caller's code throws may be anything, also something that does not let itself be looked at. */
const ours = new WeakSet()

function made(code, message, details) {
  const error = new RustAdapterError(code, message, details)
  ours.add(error)
  return error
}

const refusal = (method, message, details) => made("ERR_INVALID_ARGUMENT", message, { method, ...details })

/** An error of those options that are wrong. */
const misconfigured = (message, details) => made("ERR_CONFIG", message, details)

/** Does `read`, and throws what a caller's code throws as the cause of an error of `method`. */
function reading(method, read) {
  try {
    return read()
  } catch (exception) {
    if (ours.has(exception)) throw exception
    throw refusal(method, `${method} could not read its argument: code of the caller's threw`, { cause: exception })
  }
}

/** Of which fields an object's own code has thrown, and what. */
class Refusals {
  #byField

  of(field) {
    return (exception) => (this.#byField ??= new Map()).set(field, exception)
  }

  /** `answer`, where the error about such a field has what was thrown for its cause. */
  explain(answer) {
    const byField = this.#byField
    if (byField === undefined || !(answer instanceof Promise)) return answer
    return answer.catch((error) => {
      if (error instanceof RustAdapterError && error.cause === undefined && byField.has(error.field)) {
        Object.defineProperty(error, "cause", { value: byField.get(error.field), configurable: true, writable: true })
      }
      throw error
    })
  }
}

/** The own enumerable properties of an object that a method takes; what is no such object, as `opaque` has it. */
function fields(method, given, refusals) {
  if (isAsItIs(given) || isArray(given)) return opaque(given)
  const read = reading(method, () => ({ ...given }))
  for (const name of Object.keys(read)) {
    const value = read[name]
    if (isObject(value)) read[name] = packed(value, refusals.of(name))
  }
  return read
}

/** The elements of a list, holes among them. */
function list(method, given, field) {
  return reading(method, () => {
    const { length } = given
    if (length > MAX_LIST) throw refusal(method, `the list for ${field} has more than ${MAX_LIST} elements`, { field })
    return Array.from({ length }, (_, index) => given[index])
  })
}

/** More replicas or keys than this are a mistake. */
const MAX_ELEMENTS = 100

/** What an element of a list among options may be: a text, a URL, or an object of texts and bytes, which are texts of hex then. */
function element(given) {
  if (typeof given === "string") return given
  if (given instanceof URL) return String(given)
  if (!isObject(given) || isArray(given)) return null
  const bytes = (value) => (isUint8Array(value) ? Buffer.from(value).toString("hex") : value)
  return Object.fromEntries(Object.entries({ ...given }).map(([name, value]) => [name, bytes(value)]))
}

/** An array among options, as JSON. */
function elements(given) {
  if (given.length > MAX_ELEMENTS) return [null, true]
  const list = Array.from({ length: given.length }, (_, index) => element(given[index]))
  return list.includes(null) ? [null, true] : [stringify(list), true]
}

/** Options are objects in objects, as deep as this. */
const MAX_DEPTH = 4

/** A copy of options, whose own code is not run again. */
function options(given, depth = MAX_DEPTH) {
  if (isAsItIs(given)) return opaque(given)
  if (isArray(given)) return elements(given)
  if (given instanceof URL && given.protocol === "file:") return fileURLToPath(given)
  if (depth === 0) return {}
  const read = { ...given }
  for (const name of Object.keys(read)) read[name] = options(read[name], depth - 1)
  return read
}

/** Does `read`, which reads options, and throws what a caller's code throws as the cause of an error. */
function configuring(read) {
  try {
    return read()
  } catch (exception) {
    if (ours.has(exception)) throw exception
    throw misconfigured("the options could not be read: code of the caller's threw", { cause: exception })
  }
}

module.exports = {
  Refusals,
  configuring,
  fields,
  isArray,
  list,
  misconfigured,
  opaque,
  options,
  packed,
  reading,
  refusal,
}
