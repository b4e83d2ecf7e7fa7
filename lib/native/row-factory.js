"use strict"

// Makes records. Those of our own tables come from literals, which gives every user one hidden class from the start;
// other layouts are assembled key by key.

const { RustAdapterError } = require("../error.js")

const date = (value) => (value === null ? null : new Date(value))

/** JSON that a database did not check stays the text it is. */
function json(value) {
  if (value === null) return null
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** An instant in JSON. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/

function instant(_, value) {
  if (typeof value !== "string" || !INSTANT.test(value)) return value
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? value : date
}

/** JSON that a database keeps as text, as Better Auth's own factory reads it: with dates, and null for what is none. */
function textJson(value) {
  if (value === null) return null
  try {
    return JSON.parse(value, instant)
  } catch {
    return null
  }
}

/** What makes values of the primitives that cross, by kind; others are those primitives. */
const REVIVERS = { date, json, textJson }

const assign = (record, key, value) => {
  record[key] = value
}
const define = (record, key, value) =>
  Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true })

/** Of a text that could not be decrypted, reading it says why, and a caller that does not need it goes on. */
function decrypted(record, key, value) {
  if (typeof value !== "object" || value === null) return
  const [message, table, field, keyId] = value
  const get = () => {
    throw new RustAdapterError("ERR_DECRYPT", message, { table, field, ...(keyId !== null && { keyId }) })
  }
  const set = (other) => define(record, key, other)
  // Not enumerable: a copy of the record, or its JSON, is without it.
  Object.defineProperty(record, key, { get, set, configurable: true, enumerable: false })
}

/** By the keys and kinds of a shape, as the core describes it. */
const LITERALS = {
  "id name email emailVerified:date image": (v, i) => ({
    id: v[i],
    name: v[i + 1],
    email: v[i + 2],
    emailVerified: date(v[i + 3]),
    image: v[i + 4],
  }),
  "sessionToken userId expires:date": (v, i) => ({ sessionToken: v[i], userId: v[i + 1], expires: date(v[i + 2]) }),
}

/**
 * What makes a record of the values that begin at a position, and how many values that takes. `flat` holds the keys,
 * each followed by the kind of its values.
 */
function builder(flat) {
  const keys = flat.filter((_, index) => index % 2 === 0)
  // A column of this name is a property as any other, and not what the record inherits from.
  const put = keys.includes("__proto__") ? define : assign
  const kinds = flat.filter((_, index) => index % 2 === 1)
  const revivers = kinds.map((kind) => REVIVERS[kind])
  const width = keys.length
  const generic = (values, start) => {
    const record = {}
    for (let index = 0; index < width; index++) {
      const value = values[start + index]
      const revive = revivers[index]
      put(record, keys[index], revive ? revive(value) : value)
    }
    return record
  }
  const withTokens = (values, start) => {
    const record = generic(values, start)
    for (let index = 0; index < width; index++) {
      if (kinds[index] === "decrypted") decrypted(record, keys[index], values[start + index])
    }
    return record
  }
  const description = keys.map((key, index) => (REVIVERS[kinds[index]] ? `${key}:${kinds[index]}` : key)).join(" ")
  const build = kinds.includes("decrypted") ? withTokens : (LITERALS[description] ?? generic)
  return { build, width }
}

module.exports = { builder, instant }
