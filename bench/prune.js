// Look-ups while another process deletes what has expired, against look-ups while no process does.
import { RustAdapter } from "../index.js"
import { contestants } from "./contestants/index.js"
import { databases } from "./databases/index.js"
import { inThirtyDays, sessionToken } from "./data.js"
import { describeMachine } from "./machine.js"
import { start } from "./process.js"
import { startProgress } from "./progress.js"
import { median } from "./statistics.js"

const LIVE = 10_000
const EXPIRED = 1_000_000
const ROUNDS = 5
const conditions = { callers: 8, milliseconds: 1000 }

export async function comparePruning({ only }) {
  const pattern = new RegExp(only ?? ".")
  const chosen = Object.keys(databases).filter((database) => pattern.test(database))
  const progress = startProgress(chosen.length * 4)
  const prune = []
  for (const database of chosen) {
    progress.begin(databases[database].title)
    prune.push(await compareOn(database, progress.tick))
  }
  progress.end()
  return { prune, pruneRun: { date: new Date().toISOString(), machine: describeMachine() } }
}

async function compareOn(database, tick) {
  const server = await databases[database].start()
  const url = await server.create("own")
  tick("filling the tables")
  await databases[database].fill(url, "own", {
    users: LIVE,
    sessions: LIVE + EXPIRED,
    expires: new Date("2024-02-29T12:34:56Z"),
  })
  const adapter = RustAdapter(url)
  const data = { users: LIVE, sessions: LIVE, expires: inThirtyDays() }
  for (let number = 0; number < LIVE; number++) {
    await adapter.updateSession({ sessionToken: sessionToken(number), expires: data.expires })
  }
  const ours = contestants.find((each) => each.database === database && each.name === "rust-auth-adapter")
  const process = await start(ours, url, data)
  const rounds = async (more) => {
    const found = []
    for (let round = 0; more(round); round++) found.push((await process.measure("lookUp", conditions)).p99)
    return found
  }
  tick("look-ups, nothing else")
  await rounds((round) => round < 2)
  const idle = await rounds((round) => round < ROUNDS)

  tick("look-ups while expired sessions are deleted")
  const begin = performance.now()
  let pruning = true
  const pruned = adapter.pruneExpired().finally(() => (pruning = false))
  const busy = await rounds(() => pruning)
  const { sessions: deleted } = await pruned
  const seconds = (performance.now() - begin) / 1000
  if (deleted !== EXPIRED) throw new Error(`${deleted} sessions were deleted instead of ${EXPIRED}`)
  await process.close()
  await adapter.close()
  await server.stop()
  return {
    database,
    deleted,
    seconds,
    rounds: busy.length,
    idle: median(idle),
    busy: median(busy),
    worst: Math.max(...busy),
  }
}
