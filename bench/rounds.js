// Side by side: every contestant of a database is up at the same time, each in its own process, and they take turns round
// by round, so that a disturbance of the machine disturbs all of them.
import { contestants, takesPart } from "./contestants/index.js"
import { databases } from "./databases/index.js"
import { inThirtyDays } from "./data.js"
import { start } from "./process.js"
import { works } from "./works/index.js"

/** What is measured on `database`: work, callers and who takes part. `wanted(database, work, contestant)` narrows it. */
export function plan(database, wanted) {
  return Object.entries(works)
    .flatMap(([work, { callers, title }]) =>
      callers.map((count) => ({
        database,
        work,
        title,
        callers: count,
        contestants: contestants.filter(
          (contestant) =>
            contestant.database === database && takesPart(contestant, work) && wanted(database, work, contestant.name),
        ),
      })),
    )
    .filter(({ contestants }) => contestants.length)
}

/**
 * A server with a database for each of `participants`, filled: `{ version, urls, data, stop }`, the URLs by name. Of its own:
 * contestants that share tables would work on each other's rows, and find none of their pages where they left them. `options`: of the
 * database's `start`.
 */
export async function openDatabase(database, participants, { users, sessions }, options) {
  const server = await databases[database].start(options)
  const data = { users, sessions, expires: inThirtyDays() }
  const urls = {}
  for (const { name, layout } of participants) {
    urls[name] = await server.create(layout, name.toLowerCase().replace(/\W+/g, "_"))
    await databases[database].fill(urls[name], layout, data)
  }
  return { ...server, urls, data }
}

/** Measures `cells` on an open database. `settings.checked`: whether the contestants' answers have been looked at before (works change rows). */
export async function measureAll(cells, { urls, data }, settings, tick) {
  const participants = [...new Set(cells.flatMap(({ contestants }) => contestants))]
  const processes = new Map()
  for (const contestant of participants) {
    tick(`${contestant.name}: is it right?`)
    const process = await start(contestant, urls[contestant.name], data)
    processes.set(contestant, process)
    const own = cells.filter(({ contestants }) => contestants.includes(contestant))
    if (!settings.checked) for (const work of new Set(own.map(({ work }) => work))) await process.check(work)
  }

  const measurements = []
  for (const { database, work, title, callers, contestants } of cells) {
    const measure = (contestant, milliseconds) =>
      processes.get(contestant).measure(work, { callers, milliseconds, portion: settings.portion })
    const results = contestants.map((contestant) => ({
      database,
      work,
      callers,
      contestant: contestant.name,
      kind: contestant.kind,
      rounds: [],
    }))
    for (const contestant of contestants) await measure(contestant, settings.warmUp)
    for (let round = 0; round < settings.rounds; round++) {
      tick(`${title}, ${callers} at once, round ${round + 1} of ${settings.rounds}`)
      // No contestant always comes first, or after the same neighbour.
      for (let turn = 0; turn < contestants.length; turn++) {
        const next = (turn + round) % contestants.length
        results[next].rounds.push(await measure(contestants[next], settings.milliseconds))
      }
    }
    measurements.push(...results)
  }
  for (const process of processes.values()) await process.close()
  return measurements
}
