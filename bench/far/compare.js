// `npm run bench -- --far`: the same calls over a network, where turns count more than anything that a client computes.
import { databases } from "../databases/index.js"
import { describeMachine } from "../machine.js"
import { startProgress } from "../progress.js"
import { start } from "../process.js"
import { openDatabase } from "../rounds.js"
import { contestantsOf } from "./contestants.js"
import { startNetwork } from "./network.js"
import { openRoute, postgresSettings, routes } from "./routes.js"
import { steps } from "./steps.js"

const works = ["lookUp", "firstSignIn"]
const CALLERS = 32

/** `roundTrips` in milliseconds; `cold`: fresh processes for each first call; `warm`: how often each method is called. */
export const short = { roundTrips: [20], cold: 2, warm: 2, warmUp: 300, milliseconds: 500, users: 1000, sessions: 1000 }
export const full = { ...short, roundTrips: [0, 1, 5, 20], cold: 5, warm: 5 }

export async function compareFar({ full: whole = false, only, roundTrips }) {
  const settings = { ...(whole ? full : short), ...(roundTrips && { roundTrips: roundTrips.split(",").map(Number) }) }
  const pattern = new RegExp(only ?? ".")
  const cells = Object.keys(routes).flatMap((route) =>
    settings.roundTrips.map((roundTrip) => ({
      route,
      roundTrip,
      contestants: contestantsOf(route).filter(({ name }) => pattern.test(`${route} ${roundTrip} ms ${name}`)),
    })),
  )
  const wanted = cells.filter(({ contestants }) => contestants.length)
  if (wanted.length === 0) throw new Error(`nothing matches --only ${only}`)

  const progress = startProgress(wanted.reduce((sum, cell) => sum + cell.contestants.length * (settings.cold + 1), 0))
  const results = { date: new Date().toISOString(), full: whole, settings, machine: describeMachine(), far: [] }
  for (const database of new Set(wanted.map(({ route }) => routes[route].database))) {
    progress.begin(databases[database].title)
    const here = wanted.filter(({ route }) => routes[route].database === database)
    const { version, measured } = await measureDatabase(database, here, settings, progress.tick)
    results.machine[database] = version
    results.far.push(...measured)
  }
  progress.end()
  return results
}

async function measureDatabase(database, cells, settings, tick) {
  const special = database === "postgres" ? await postgresSettings() : undefined
  const participants = new Map(cells.flatMap(({ contestants }) => contestants).map((each) => [each.name, each]))
  const open = await openDatabase(database, [...participants.values()], settings, special)
  const measured = []
  for (const route of new Set(cells.map((cell) => cell.route))) {
    const way = await openRoute(route, open.url, { ca: special?.ca })
    for (const cell of cells.filter((cell) => cell.route === route)) {
      measured.push(...(await measureCell(cell, way, open, settings, tick)))
    }
    await way.stop()
  }
  await open.stop()
  special?.remove()
  return { version: open.version, measured }
}

/** Every contestant at one distance of one route. They take turns, so that a disturbance of the machine disturbs all of them. */
async function measureCell({ route, roundTrip, contestants }, way, { urls, data }, settings, tick) {
  const network = await startNetwork(way.url, { roundTrip })
  const { hostname, title } = routes[route]
  const opened = (contestant) => {
    const url = new URL(network.through(urls[contestant.name], { hostname }))
    url.search = way.query(contestant)
    return start(contestant, url.href, data)
  }
  const results = contestants.map(({ name, kind }) => ({
    route,
    roundTrip,
    contestant: name,
    kind,
    cold: {},
    warm: {},
  }))
  const inTurns = async (round, work) => {
    for (let turn = 0; turn < contestants.length; turn++) {
      const next = (turn + round) % contestants.length
      tick(`${title}, ${roundTrip} ms`)
      await work(contestants[next], results[next])
    }
  }

  for (let round = 0; round < settings.cold; round++) {
    await inTurns(round, async (contestant, { cold }) => {
      for (const work of works) {
        const process = await opened(contestant)
        const span = await process.call(work)
        ;(cold[work] ??= []).push({ milliseconds: span.end - span.begin, ...network.between(span) })
        await process.close()
        await network.quiet()
      }
    })
  }
  await inTurns(0, async (contestant, result) => {
    const process = await opened(contestant)
    // The first time is not counted, nor the second, in which some prepare what they have seen before.
    for (let pass = -2; pass < settings.warm; pass++) await eachMethod(process, network, pass < 0 ? {} : result.warm)
    result.crowd = await crowd(process, network, settings)
    await process.close()
    await network.quiet()
  })
  network.stop()
  return results
}

async function eachMethod(process, network, samples) {
  for (const name of Object.keys(steps)) {
    await network.quiet()
    const span = await process.step(name)
    if (!span) continue
    const { turns } = network.between(span)
    ;(samples[name] ??= []).push({ milliseconds: span.end - span.begin, turns })
  }
}

async function crowd(process, network, { warmUp, milliseconds }) {
  const measured = {}
  for (const work of works) {
    await process.measure(work, { callers: CALLERS, milliseconds: warmUp })
    const { begin, end, calls, throughput, p50 } = await process.measure(work, { callers: CALLERS, milliseconds })
    const { turns } = network.between({ begin, end })
    measured[work] = { throughput, milliseconds: p50 / 1000, turns: turns / calls }
    await network.quiet()
  }
  return measured
}
