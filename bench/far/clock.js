// One clock for all processes of the machine, in milliseconds.
export const now = () => Number(process.hrtime.bigint()) / 1e6

/** When `work` began and ended, and what it answered. */
export async function timed(work) {
  const begin = now()
  const answer = await work()
  return { begin, end: now(), answer }
}
