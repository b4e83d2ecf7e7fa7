// Whether a call that runs into its time limit ends by it.

/** A busy machine may wake a thread by so much too late. To 100 ms it is measured by `npm run test:faults`, on an idle one. */
export const LATE_MS = 1_000
/** A clock may tick before another. */
const EARLY_MS = 50

/** Did a call that took `ms` end by a limit of `limitMs`: not before, and not long after? */
export const endedBy = (limitMs, ms) => ms >= limitMs - EARLY_MS && ms <= limitMs + LATE_MS
