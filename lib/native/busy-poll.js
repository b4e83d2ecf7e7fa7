"use strict"

// Keeps the event loop turning while a few callers wait for a database that is near.
//
// A loop that has nothing to do lets its processor sleep, and to be woken takes about as long as such a database takes to
// answer. So it goes on turning for a moment. No other work waits for it: all events are served in each turn.

const binding = require("./binding.js")

/** As they are now: tests of an application may put clocks of their own in their place. */
const inNextTurn = setImmediate
const now = performance.now.bind(performance)

/** More callers give the loop enough to do: turning for them, too, costs more than it gives. */
const FEW = 4

/** Milliseconds. A database on the same machine answers in 30 to 100 µs. */
const MOMENT = 0.2

/** One that is farther away is waited for asleep. After so many calls at most, it is tried again. */
const MAX_ASLEEP = 16

/** How many callers wait for an answer. */
let waiting = 0

/** Whether the loop is kept turning, until when, and whether an answer has come since the last turn. */
let turning = false
let until = 0
let heard = false

/** How many of the next calls are waited for asleep, and how many were the last time. */
let asleep = 0
let pause = 0

/** On one core, the database could not answer meanwhile. */
let hasCores

/** One more caller waits. */
function wait() {
  if (++waiting > FEW || turning) return
  if (asleep > 0) {
    asleep--
    return
  }
  if (!(hasCores ??= binding.hasCores())) return
  turning = true
  heard = false
  until = now() + MOMENT
  inNextTurn(turn)
}

/** One caller has been answered. */
function arrive() {
  waiting--
  heard = true
}

function turn() {
  if (waiting > 0 && waiting <= FEW) {
    const time = now()
    if (heard) {
      heard = false
      pause = 0
      until = time + MOMENT
    }
    if (time < until) {
      // The thread that waits for the database may have been woken on this very core.
      binding.giveWay()
      inNextTurn(turn)
      return
    }
    pause = asleep = Math.min(2 * pause || 1, MAX_ASLEEP)
  }
  turning = false
}

module.exports = { arrive, wait }
