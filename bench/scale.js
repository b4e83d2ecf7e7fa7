// Our methods in large tables against small ones: both databases are up at the same time and take turns. What the database
// itself takes longer shows in the driver alone, which looks up the same.
import { contestants } from "./contestants/index.js"
import { databases } from "./databases/index.js"
import { inThirtyDays } from "./data.js"
import { describeMachine } from "./machine.js"
import { start } from "./process.js"
import { startProgress } from "./progress.js"
import { median } from "./statistics.js"

const SMALL = 10_000
const SESSIONS_OF_A_USER = 5
const ROUNDS = 5
const REPETITIONS = 150
const WARM_UP = { callers: 8, milliseconds: 10_000 }
const LOOK_UPS = { callers: 1, milliseconds: 2000 }

const rows = (sessions) => ({ sessions, users: Math.ceil(sessions / SESSIONS_OF_A_USER) })

export async function compareSizes(sessions, { only }) {
  if (!(sessions >= SMALL)) throw new Error(`--scale takes the number of sessions, at least ${SMALL}`)
  const pattern = new RegExp(only ?? ".")
  const chosen = Object.keys(databases).filter((database) => pattern.test(database))
  const batches = Math.ceil(sessions / 500_000) + 2 * Math.ceil(sessions / SESSIONS_OF_A_USER / 500_000)
  const progress = startProgress(chosen.length * (batches + 2 + 4 * (ROUNDS + 1)))
  const scale = []
  for (const database of chosen) {
    progress.begin(databases[database].title)
    scale.push(...(await compareOn(database, sessions, progress.tick)))
  }
  progress.end()
  return { scale, scaleRun: { date: new Date().toISOString(), machine: describeMachine() } }
}

async function compareOn(database, sessions, tick) {
  const server = await databases[database].start({ scale: true })
  const here = contestants.filter((each) => each.database === database)
  const ours = here.find(({ name }) => name === "rust-auth-adapter")
  const bare = here.find(({ kind, runtime }) => kind === "driver" && !runtime)
  const open = async (name, count, onProgress) => {
    const data = { ...rows(count), expires: inThirtyDays() }
    const url = await server.create("own", name)
    await databases[database].fill(url, "own", { ...data, withAccounts: true }, onProgress)
    return { data, process: await start(ours, url, data), driver: await start(bare, url, data), rounds: [] }
  }
  const small = await open("small", SMALL)
  const large = await open("large", sessions, () => tick("filling the tables"))

  // A table is not large because it has just been opened: look-ups of random rows bring in the upper levels of its indexes, which
  // a server that is in use has in memory, and so does the first round for the other methods, which is not counted.
  for (const [side, name] of [
    [small, "small"],
    [large, "large"],
  ]) {
    tick(`look-ups in the ${name} tables, not counted`)
    await side.process.measure("lookUp", WARM_UP)
    await side.driver.measure("lookUp", WARM_UP)
  }
  const inTurn = (round) => (round % 2 ? [large, small] : [small, large])
  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of inTurn(round)) {
      tick(`look-ups, round ${round} of ${ROUNDS}`)
      side.rounds.push({
        "getSessionAndUser, nothing else": await side.process.measure("lookUp", LOOK_UPS),
        [`the same by ${bare.name} alone`]: await side.driver.measure("lookUp", LOOK_UPS),
      })
    }
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of inTurn(round)) {
      tick(`every method, round ${round} of ${ROUNDS}`)
      Object.assign(
        side.rounds[round],
        await side.process.methods({ repetitions: REPETITIONS, removed: round * REPETITIONS }),
      )
    }
  }
  for (const { process, driver } of [small, large]) await Promise.all([process.close(), driver.close()])
  await server.stop()

  const figures = ({ data: { users, sessions }, rounds }, method) => ({
    users,
    sessions,
    p50: median(rounds.slice(1).map((round) => round[method].p50)),
    p99: median(rounds.slice(1).map((round) => round[method].p99)),
  })
  return Object.keys(small.rounds[0]).map((method) => ({
    database,
    method,
    small: figures(small, method),
    large: figures(large, method),
  }))
}
