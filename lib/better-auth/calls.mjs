// What a caller passed to one of the adapter's methods, read once, before Better Auth's factory sees it: a getter or a proxy runs
// here or not at all, and what it throws rejects this one call.

import { types } from "node:util"
import reading from "../reading.js"

const { isArray, list, reading: guarded, refusal } = reading
const { isDate, isProxy } = types

const isObject = (value) => typeof value === "object" && value !== null
const isNothing = (value) => value === undefined || value === null

/** Nothing is compared with an object. In its place, the core is given one that does nothing. */
const OBJECT = Object.freeze({})

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

const optional = (method, what, given) => (given === undefined ? given : text(method, what, given))

/** A value that is going to be stored. What is an object stays one, since its column may hold JSON. */
function stored(method, value, field) {
  if (!isObject(value) || isDate(value)) return value
  if (isArray(value)) return list(method, value, field)
  return isProxy(value) ? { ...value } : value
}

function values(method, what, given) {
  const read = { ...object(method, what, given) }
  for (const field of Object.keys(read)) read[field] = stored(method, read[field], field)
  return read
}

const compared = (value) => (isObject(value) && !isDate(value) ? OBJECT : value)

function condition(method, given) {
  const { field, value, operator, connector, mode } = object(method, "each condition", given)
  return {
    field: named(method, "the field of a condition", field),
    value: isArray(value) ? list(method, value, field).map(compared) : compared(value),
    operator: optional(method, "the operator of a condition", operator),
    connector: optional(method, "the connector of a condition", connector),
    mode: optional(method, "the mode of a condition", mode),
  }
}

/** What reads each part of a call. */
const PARTS = {
  where: (method, given) =>
    isNothing(given) ? given : array(method, "its conditions", given).map((each) => condition(method, each)),
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
  data: (method, given) => values(method, "its data", given),
  update: (method, given) => values(method, "its update", given),
  increment: (method, given) => values(method, "its increment", given),
  set: (method, given) => (isNothing(given) ? given : values(method, "what it sets", given)),
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

function readParts(method, names, given) {
  const { model } = object(method, "its call", given)
  const call = { model: named(method, "the model", model) }
  for (const name of names) {
    const value = PARTS[name](method, given[name])
    if (value !== undefined) call[name] = value
  }
  return call
}

/** The same for a look-up, of which there are more than of all others: by one condition, most of the time. */
function readLookup(given) {
  const method = "findOne"
  const { model, where, select, join } = object(method, "its call", given)
  named(method, "the model", model)
  return {
    model,
    where: isArray(where) && where.length === 1 ? [condition(method, where[0])] : PARTS.where(method, where),
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

/** Lets `adapter`, as a factory has made it, take calls as their callers make them. */
export function readsCalls(adapter) {
  for (const [method, names] of Object.entries(METHODS)) {
    const perform = adapter[method]
    if (perform) adapter[method] = reader(method, (given) => readParts(method, names, given), perform)
  }
  adapter.findOne = reader("findOne", readLookup, adapter.findOne)
  return adapter
}
