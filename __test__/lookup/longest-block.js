import { setImmediate as turn } from "node:timers/promises"

const ROUNDS = 10

/**
 * The longest time, in milliseconds, that one of `count` calls keeps the event loop from anything else: on the spot, or on the next
 * turns, when calls that came together are served. Each call is made in up to ten rounds, of which its best counts: the system
 * takes the processor away from the process at any time.
 */
export async function longestBlock(count, call, enough) {
  const best = Array(count).fill(Infinity)
  for (let round = 0; round < ROUNDS && Math.max(...best) >= enough; round++) {
    for (let index = 0; index < count; index++) best[index] = Math.min(best[index], await blockOf(() => call(index)))
  }
  return Math.max(...best)
}

/** The wait for the answer does not count. */
async function blockOf(call) {
  let longest = 0
  let began = performance.now()
  const lap = () => {
    const now = performance.now()
    longest = Math.max(longest, now - began)
    began = now
  }
  const answer = call()
  lap()
  for (let turns = 0; turns < 2; turns++) {
    await turn()
    lap()
  }
  await answer
  return longest
}
