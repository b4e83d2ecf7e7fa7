// Whether a call that runs into its time limit ends by it, as far as the machine lets it: threads that wait for a core, and an event loop
// that other tests keep busy, are no fault of the call's.
import { Worker } from "node:worker_threads"

/** By so much a call may take longer than it may, on a machine that does nothing else. */
const EXCESS_MS = 100
/** A clock may tick before another. */
const EARLY_MS = 50
/** How long those sleep who see how late they are woken. */
const NAP_MS = 10

/** Milliseconds by which a thread that sleeps was woken too late, all in all. */
const overslept = new Float64Array(new SharedArrayBuffer(8))
new Worker(
  `
  const { overslept, nap } = require("node:worker_threads").workerData
  const bed = new Int32Array(new SharedArrayBuffer(4))
  for (let before = performance.now(); ; ) {
    Atomics.wait(bed, 0, 0, nap)
    const now = performance.now()
    overslept[0] += Math.max(0, now - before - nap - 1)
    before = now
  }
  `,
  { eval: true, workerData: { overslept, nap: NAP_MS } },
).unref()

/** The same of this thread's event loop. */
let delayed = 0
let before = performance.now()
setInterval(() => {
  const now = performance.now()
  delayed += Math.max(0, now - before - NAP_MS - 1)
  before = now
}, NAP_MS).unref()

/** From now on it is watched how late the machine is. What this returns tells by how many milliseconds it has been. */
export function watch() {
  const late = () => overslept[0] + delayed + Math.max(0, performance.now() - before - NAP_MS)
  const begun = late()
  return () => late() - begun
}

/** Did a call that took `ms` end by a limit of `limitMs`: not before, and not long after, but for what the machine was `late`? */
export const endedBy = (limitMs, ms, late) => ms >= limitMs - EARLY_MS && ms <= limitMs + EXCESS_MS + late
