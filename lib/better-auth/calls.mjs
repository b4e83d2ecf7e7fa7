// What a caller passed to one of the adapter's methods, read once, before Better Auth's factory sees it: a getter or a proxy
// among its values runs here or not at all, and what it throws rejects this one call. What is within an object that is stored
// as JSON is read by `packed`, once.

import { types } from "node:util"
import reading from "../reading.js"

const { isArray, list, reading: guarded, refusal } = reading
const { isDate, isProxy } = types

const isObject = (value) => typeof value === "object" && value !== null
const isFunction = (value) => typeof value === "function"
const isNothing = (value) => value === undefined || value === null

/** No column holds a function, and none is compared with an object. In their place, the core is given these, which do nothing. */
const FUNCTION = Object.freeze(() => {})
const OBJECT = Object.freeze({})

/** Whether a question about an object, even `instanceof`, may run a proxy's code: it is one, or inherits from one. */
function isWatched(object) {
  for (let each = object; each !== null; each = Object.getPrototypeOf(each)) if (isProxy(each)) return true
  return false
}

/** The moment of a date, without what its caller has made of it. */
const moment = (date) => (isWatched(date) ? new Date(Date.prototype.getTime.call(date)) : date)

function object(method, what, given) {
  if (isObject(given) && !isArray(given)) return given
  throw refusal(method, `${method} takes ${what} as an object`)
}

function text(method, what, given) {
  if (typeof given === "string") return given
  throw refusal(method, `${method} takes ${what} as a text`)
}

/** The name of a model or field. Better Auth's factory looks them up in objects, which have names of their own. */
function named(method, what, given) {
  if (text(method, what, given) in Object.prototype)
    throw refusal(method, `there is no ${given}, which ${method} takes for ${what}`)
  return given
}

function array(method, what, given) {
  if (isArray(given)) return list(method, given, what)
  throw refusal(method, `${method} takes ${what} as an array`)
}

const OPERATORS = new Set([
  "eq",
  "ne",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "not_in",
  "contains",
  "starts_with",
  "ends_with",
])
const CONNECTORS = new Set(["AND", "OR"])
const MODES = new Set(["sensitive", "insensitive"])

/** A word of a condition on `field`; what is not given, Better Auth's factory sets. */
function oneOf(words, method, what, given, field) {
  const word = optional(method, `the ${what} of a condition`, given)
  if (word === undefined || words.has(word)) return word
  throw refusal(method, `there is no ${what} ${JSON.stringify(word.slice(0, 50))} for the condition on ${field}`, {
    field,
  })
}

const optional = (method, what, given) => (given === undefined ? given : text(method, what, given))

/** A value that is going to be stored. What is an object stays one, since its column may hold JSON. */
function stored(method, value, field) {
  if (isFunction(value)) return FUNCTION
  if (!isObject(value)) return value
  if (isDate(value)) return moment(value)
  if (isArray(value)) return list(method, value, field)
  return isWatched(value) ? { ...value } : value
}

/** A value to compare with. */
function compared(value) {
  if (isFunction(value)) return FUNCTION
  if (!isObject(value)) return value
  return isDate(value) ? moment(value) : OBJECT
}

/** An id. Better Auth's factory awaits the one that is given, and makes numbers of ids: of an object's, both run the object's code. */
function id(method, value, field) {
  if (isArray(value)) return list(method, value, field).map((each) => id(method, each, field))
  if (!isObject(value) && !isFunction(value) && typeof value !== "symbol") return value
  throw refusal(method, `${method} takes ${field}, which is an id, as text or a number`, { field })
}

function values(method, what, given, isNumberId) {
  const read = { ...object(method, what, given) }
  for (const field of Object.keys(read)) {
    named(method, `a field of ${what}`, field)
    read[field] = (field === "id" || isNumberId(field) ? id : stored)(method, read[field], field)
  }
  return read
}

function comparison(method, value, field, isNumberId) {
  if (isNumberId(field)) return id(method, value, field)
  return isArray(value) ? list(method, value, field).map(compared) : compared(value)
}

function condition(method, given, isNumberId) {
  const { field, value, operator, connector, mode } = object(method, "each condition", given)
  return {
    field: named(method, "the field of a condition", field),
    value: comparison(method, value, field, isNumberId),
    operator: oneOf(OPERATORS, method, "operator", operator, field),
    connector: oneOf(CONNECTORS, method, "connector", connector, field),
    mode: oneOf(MODES, method, "mode", mode, field),
  }
}

/** What reads each part of a call. */
const PARTS = {
  where: (method, given, isNumberId) =>
    isNothing(given)
      ? given
      : array(method, "its conditions", given).map((each) => condition(method, each, isNumberId)),
  select: (method, given) =>
    isNothing(given)
      ? given
      : array(method, "the fields to select", given).map((field) => named(method, "each field to select", field)),
  sortBy(method, given) {
    if (isNothing(given)) return given
    const { field, direction } = object(method, "what it sorts by", given)
    return {
      field: named(method, "the field to sort by", field),
      direction: optional(method, "the direction", direction),
    }
  },
  join(method, given) {
    if (isNothing(given)) return given
    const joins = { ...object(method, "its joins", given) }
    for (const model of Object.keys(joins)) {
      named(method, "what it joins", model)
      if (isObject(joins[model])) joins[model] = { ...joins[model] }
    }
    return joins
  },
  data: (method, given, isNumberId) => values(method, "its data", given, isNumberId),
  update: (method, given, isNumberId) => values(method, "its update", given, isNumberId),
  increment: (method, given, isNumberId) => values(method, "its increment", given, isNumberId),
  set: (method, given, isNumberId) => (isNothing(given) ? given : values(method, "what it sets", given, isNumberId)),
  limit: (_, given) => compared(given),
  offset: (_, given) => compared(given),
  forceAllowId: (_, given) => given,
}

/** The parts of the calls of each method. */
const METHODS = {
  create: ["data", "select", "forceAllowId"],
  findMany: ["where", "limit", "select", "sortBy", "offset", "join"],
  count: ["where"],
  update: ["where", "update"],
  updateMany: ["where", "update"],
  delete: ["where"],
  deleteMany: ["where"],
  consumeOne: ["where"],
  incrementOne: ["where", "increment", "set"],
}

function readParts(method, names, given, numberIds) {
  const { model } = object(method, "its call", given)
  const call = { model: named(method, "the model", model) }
  const isNumberId = numberIds(model)
  for (const name of names) {
    const value = PARTS[name](method, given[name], isNumberId)
    if (value !== undefined) call[name] = value
  }
  return call
}

/** The same for a look-up, of which there are more than of all others: by one condition, most of the time. */
function readLookup(given, numberIds) {
  const method = "findOne"
  const { model, where, select, join } = object(method, "its call", given)
  const isNumberId = numberIds(named(method, "the model", model))
  return {
    model,
    where:
      isArray(where) && where.length === 1
        ? [condition(method, where[0], isNumberId)]
        : PARTS.where(method, where, isNumberId),
    select: PARTS.select(method, select),
    join: PARTS.join(method, join),
  }
}

/** A method that takes a call as its caller made it: `perform` gets it as it was read. */
const reader = (method, read, perform) => (given) => {
  let call
  try {
    call = guarded(method, () => read(given))
  } catch (error) {
    return Promise.reject(error)
  }
  return perform(call)
}

/**
 * Lets `adapter`, as a factory has made it, take calls as their callers make them. `numberIds(model)(field)`: whether a field
 * holds an id that is a number.
 */
export function readsCalls(adapter, numberIds) {
  for (const [method, names] of Object.entries(METHODS)) {
    const perform = adapter[method]
    if (perform) adapter[method] = reader(method, (given) => readParts(method, names, given, numberIds), perform)
  }
  adapter.findOne = reader("findOne", (given) => readLookup(given, numberIds), adapter.findOne)
  return adapter
}
