"use strict"

// What an adapter tells of itself: the core's counters, with its times as dates.

const binding = require("./native/binding.js")
const { RustAdapterError } = require("./error.js")

/** The keys of times, which cross as milliseconds since the epoch. */
const isTime = (key) => key.endsWith("At")

/** `AdapterStats` of index.d.ts. */
function statsOf(handle) {
  let text
  try {
    text = binding.stats(handle)
  } catch (error) {
    throw new RustAdapterError(error.code, error.message, { method: "stats" })
  }
  return JSON.parse(text, (key, value) => (isTime(key) && value !== null ? new Date(value) : value))
}

module.exports = { statsOf }
