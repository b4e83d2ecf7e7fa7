// One short line per step of the set-up, with how long it took.
export async function step(title, work) {
  const begin = Date.now()
  process.stderr.write(`• ${title} …\n`)
  const result = await work()
  const seconds = (Date.now() - begin) / 1000
  if (seconds >= 1) process.stderr.write(`  ${title}: ${seconds.toFixed(1)} s\n`)
  return result
}
