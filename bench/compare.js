// The whole comparison, one database after the other.
import { contestants } from "./contestants/index.js"
import { databases } from "./databases/index.js"
import { measureMemory, measureStartUp } from "./fresh.js"
import { describeMachine } from "./machine.js"
import { startProgress } from "./progress.js"
import { measureAll, openDatabase, plan } from "./rounds.js"
import * as settingsOf from "./settings.js"
import { installedSize } from "./size.js"

const ours = "rust-auth-adapter"

/** What waits for the disk, where a server does. */
const WRITES = "updateSession|verificationToken|firstSignIn"

/** `disk`: the servers wait for the disk at each commit, as people run them. */
export async function compareAll({ quick = false, only, disk = false }) {
  const settings = quick ? settingsOf.quick : settingsOf.full
  const pattern = new RegExp(only ?? (disk ? WRITES : "."))
  const wanted = (...words) => pattern.test(words.join(" "))
  const plans = Object.keys(databases)
    .map((database) => planOf(database, wanted))
    .filter(({ opened }) => opened.length)
  if (plans.length === 0) throw new Error(`nothing matches --only ${only}`)

  const ticks = ({ cells, startUp, memory }) =>
    new Set(cells.flatMap(({ contestants }) => contestants)).size +
    cells.length * settings.rounds +
    settings.startUps * startUp.length +
    memory.length
  const progress = startProgress(plans.reduce((sum, each) => sum + ticks(each), 0))
  const results = {
    date: new Date().toISOString(),
    quick,
    settings,
    machine: describeMachine(),
    measurements: [],
    startUp: [],
    memory: [],
    sizes: [],
  }

  for (const each of plans) {
    progress.begin(databases[each.database].title)
    const open = await openDatabase(each.database, each.opened, settings, { disk })
    results.machine[each.database] = open.version
    results.measurements.push(...(await measureAll(each.cells, open, settings, progress.tick)))
    results.startUp.push(...(await startUps(each.startUp, open, settings, progress.tick)))
    results.memory.push(...(await memories(each.memory, open, settings, progress.tick)))
    results.sizes.push(
      ...each.opened
        .filter(({ packages }) => packages)
        .map((contestant) => ({
          database: each.database,
          contestant: contestant.name,
          megabytes: installedSize(contestant),
        })),
    )
    await open.stop()
  }
  progress.end()
  return results
}

function planOf(database, wanted) {
  const cells = plan(database, wanted)
  const own = (work) =>
    contestants.filter(
      (each) => each.database === database && each.kind !== "limit" && wanted(database, work, each.name),
    )
  const startUp = own("startUp")
  const memory = own("memory")
  return {
    database,
    cells,
    startUp,
    memory,
    opened: [...new Set([...cells.flatMap((cell) => cell.contestants), ...startUp, ...memory])],
  }
}

async function startUps(participants, { urls }, settings, tick) {
  const results = participants.map(({ name, database }) => ({ database, contestant: name, rounds: [] }))
  for (let round = 0; round < settings.startUps; round++) {
    for (const [index, contestant] of participants.entries()) {
      tick("import + construct")
      results[index].rounds.push(await measureStartUp(contestant, urls[contestant.name]))
    }
  }
  return results
}

async function memories(participants, { urls, data }, { memoryCalls, longCalls }, tick) {
  const results = []
  for (const contestant of participants) {
    tick("memory")
    // Beside ours, the driver alone: what grows with it is not ours.
    const goesOn = contestant.name === ours || (contestant.kind === "driver" && !contestant.runtime)
    const counts = goesOn ? [memoryCalls, longCalls] : [memoryCalls]
    const memory = await measureMemory(contestant, urls[contestant.name], data, counts)
    results.push({ database: contestant.database, contestant: contestant.name, memory })
  }
  return results
}
