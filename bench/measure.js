// Drives a contestant: `callers` loops, each awaiting its call before the next one, for a while.

/** Grows as needed and never allocates per sample. */
export class Samples {
  values = new Float64Array(1 << 16)
  count = 0

  add(value) {
    if (this.count === this.values.length) {
      const grown = new Float64Array(this.values.length * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.values[this.count++] = value
  }

  /** The value below which this share of the samples lies. */
  quantiles(...shares) {
    const sorted = this.values.subarray(0, this.count).sort()
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)])
  }
}

/** Bun says nothing of its event loop. */
const loop = () => (process.versions.bun ? undefined : performance.eventLoopUtilization())

/**
 * Throughput in calls per second, p50 and p99 in microseconds, and event-loop microseconds per call.
 * `prepare(count)`, untimed, makes the arguments of that many calls, in portions of this size.
 */
export async function measure({ call, prepare }, { callers, milliseconds, calls = Infinity, portion: size = 500 }) {
  const samples = new Samples()
  let elapsed = 0
  let active = 0
  do {
    const portion = prepare && (await prepare(Math.min(size, calls - samples.count)))
    const loopBefore = loop()
    const begin = performance.now()
    const until = portion ? Infinity : begin + milliseconds
    const limit = portion ? samples.count + portion.length : calls
    let begun = samples.count
    const caller = async () => {
      let before = performance.now()
      while (begun < limit && before < until) {
        begun++
        await call(portion?.pop())
        const after = performance.now()
        samples.add((after - before) * 1000)
        before = after
      }
    }
    await Promise.all(Array.from({ length: callers }, caller))
    elapsed += performance.now() - begin
    if (loopBefore) active += performance.eventLoopUtilization(loopBefore).active
  } while (elapsed < milliseconds && samples.count < calls)

  const [p50, p99] = samples.quantiles(0.5, 0.99)
  return {
    calls: samples.count,
    throughput: samples.count / (elapsed / 1000),
    p50,
    p99,
    ...(loop() && { loop: (active * 1000) / samples.count }),
  }
}

/** The same calls without a word about them: what remains in memory is the contestant's own. */
export async function exercise({ call }, { callers, calls }) {
  let remaining = calls
  const caller = async () => {
    while (remaining-- > 0) await call()
  }
  await Promise.all(Array.from({ length: callers }, caller))
}
