"use strict"

// The pools whose connections are told, for as long as their adapters live: the database's, and one of each replica.

const binding = require("../native/binding.js")

/** The attributes of a pool at this place. The conventions want a name for each that no other has. */
function attributesOf({ system, namespace, address, port }) {
  const name = [address && port ? `${address}:${port}` : address, namespace].filter(Boolean).join("/")
  return { "db.system.name": system, "db.client.connection.pool.name": name || ":memory:" }
}

/** The attributes of a database's pools, in the core's order. Asked each time: which system it is may only be known after the first call. */
function poolsOf({ handle }, { replicas }) {
  const place = JSON.parse(binding.place(handle) ?? "{}")
  return [place, ...replicas.map((replica) => ({ ...replica.place, system: place.system }))].map(attributesOf)
}

class Pools {
  #seen = new WeakSet()
  #databases = new Set()

  /** A database has been called. */
  know(observed) {
    if (this.#seen.has(observed)) return
    this.#seen.add(observed)
    this.#databases.add(new WeakRef(observed))
    // From now on the core keeps how long its connections take.
    binding.connectionTimes(observed.handle)
  }

  /** Each that is open, with the statistics of its adapter. */
  *#open() {
    for (const reference of this.#databases) {
      const observed = reference.deref()
      let stats
      try {
        stats = JSON.parse(binding.stats(observed.handle))
      } catch {
        this.#databases.delete(reference) // It was collected, or closed.
      }
      if (stats?.connections) yield [observed, stats]
    }
  }

  /** The attributes of each pool, and its connections as `stats()` has them. */
  *states() {
    for (const [observed, stats] of this.#open()) {
      const states = [stats, ...stats.replicas].map(({ connections }) => connections)
      for (const [number, at] of poolsOf(observed, stats).entries()) yield [at, states[number]]
    }
  }

  /** How long connections took since the last time: the attributes of the pool, what it was by number, and seconds. */
  *times() {
    for (const [observed, stats] of this.#open()) {
      const times = binding.connectionTimes(observed.handle)
      const pools = times.length > 0 ? poolsOf(observed, stats) : []
      for (let at = 0; at < times.length; at += 3) yield [pools[times[at]], times[at + 1], times[at + 2]]
    }
  }
}

module.exports = { Pools }
