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

/**
 * The geometric mean, over the rounds, of one's figure divided by the other's of the same round, and its 95 % interval (Student's t of
 * the logarithms): `{ ratio, low, high }`.
 */
export function intervalOf(one, other, figure) {
  const logs = one.rounds.map((round, index) => Math.log(round[figure] / other.rounds[index][figure]))
  const count = logs.length
  const mean = logs.reduce((sum, log) => sum + log, 0) / count
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (count - 1)
  const half = studentsT(count - 1) * Math.sqrt(variance / count)
  const [ratio, low, high] = [mean, mean - half, mean + half].map(Math.exp)
  return { ratio, low, high }
}

/** Student's t for 95 % on both sides, right to 0.02 from 3 degrees of freedom on, and larger than that below. */
function studentsT(freedom) {
  const exact = [12.706, 4.303, 3.182, 2.776, 2.571][freedom - 1]
  return exact ?? 1.96 + 2.372 / freedom + 2.82 / freedom ** 2
}
