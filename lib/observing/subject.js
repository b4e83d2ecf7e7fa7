"use strict"

// What a call is about, as traces, metrics and logs say it: a database, a method, a table. Never a value.

const binding = require("../native/binding.js")

/** A database with what observes it: `log`, as `log.js` has read it, or `undefined`. */
class Observed {
  #place
  #final = false

  constructor(handle, log) {
    this.handle = handle
    this.log = log
  }

  /** Where it is, under the names of the conventions. Which system it is may only be known after the first call. */
  place() {
    if (this.#final) return this.#place
    const { system, namespace, address, port } = JSON.parse(binding.place(this.handle) ?? "{}")
    this.#place = {
      ...(system && { "db.system.name": system }),
      ...(namespace && { "db.namespace": namespace }),
      ...(address && { "server.address": address }),
      ...(port && { "server.port": Number(port) }),
    }
    return this.#place
  }

  /** The tables are known, and so is the system. */
  settle() {
    if (this.#final) return
    this.place()
    this.#final = true
  }
}

/**
 * A method of one database. `table()` is what the database calls its table, as soon as that is known. `isInstrumented`: Better Auth makes
 * a span of each call, where it finds OpenTelemetry.
 */
class Subject {
  #attributes
  #table

  constructor(observed, method, table, isInstrumented = false) {
    this.observed = observed
    this.isInstrumented = isInstrumented
    this.log = observed.log
    this.method = method
    this.#table = table
  }

  attributes() {
    if (this.#attributes) return this.#attributes
    const collection = this.#table()
    const attributes = { ...this.observed.place(), "db.operation.name": this.method }
    if (typeof collection !== "string") return attributes
    this.observed.settle()
    return (this.#attributes = Object.freeze({
      ...this.observed.place(),
      "db.operation.name": this.method,
      "db.collection.name": collection,
    }))
  }
}

module.exports = { Observed, Subject }
