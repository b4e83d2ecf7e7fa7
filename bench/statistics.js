// Rounds to figures. A machine that others use too is noisy: only medians count, and only ratios taken round by round.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const column = (rounds, figure) => rounds.map((round) => round[figure]).filter((value) => value !== undefined)

/** The median of a figure over the rounds; `undefined` where it was not measured. */
export function figureOf({ rounds }, figure) {
  const values = column(rounds, figure)
  return values.length ? median(values) : undefined
}

/** Half the distance between the best and the worst round, as a share of the median. */
export function spreadOf({ rounds }, figure) {
  const values = column(rounds, figure)
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values)
}

/** The median over the rounds of one's figure divided by the other's of the same round. */
export function ratioOf(one, other, figure) {
  const ratios = one.rounds.map((round, index) => round[figure] / other.rounds[index]?.[figure]).filter(Number.isFinite)
  return ratios.length ? median(ratios) : undefined
}
