"use strict"

// When look-ups that could be answered on the spot wait for the next turn of the event loop instead.
//
// A caller who is alone never needs to. Of several, each would be answered in the midst of the others' work, which has driven
// the code and the data of look-ups out of the processor's caches. In a turn of the event loop they ask in a row, and all
// that comes after is done in a row, too.

/** So many answers on the spot, and the event loop gets a turn: a loop that awaits one after the other cannot starve it. */
const MAX_AT_ONCE = 256
let atOnce = 0

/** As it is now: tests of an application may put a clock of their own in its place, which would have to be wound up. */
const inNextTurn = setImmediate

/** What is done in the next turn, and for how many callers. */
let works = []
let callers = 0

let crowded = false

/** Whether there were several who waited for the last turn: a caller who asks now does better to wait for the next one, too. */
const isCrowded = () => crowded

/** Whether an answer on the spot has to wait for the next turn. */
const isDue = () => ++atOnce >= MAX_AT_ONCE

/** One more caller waits for the next turn, and for `work` to be done in it, unless another caller's serves both. */
function wait(work) {
  callers++
  if (work && works.push(work) === 1) inNextTurn(turn)
}

function turn() {
  const due = works
  works = []
  crowded = callers > 1
  callers = 0
  atOnce = 0
  for (const work of due) work()
}

module.exports = { isCrowded, isDue, wait }
