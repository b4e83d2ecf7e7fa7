// Look-ups while another process hashes the session tokens that are stored as they are, against look-ups while no process does.
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { RustAdapter } from "../index.js"
import { inThirtyDays, sessionToken } from "./data.js"
import { databases } from "./databases/index.js"
import { start } from "./process.js"
import { median } from "./statistics.js"

const USERS = 10_000
const SESSIONS = 1_000_000
const ROUNDS = 5
const conditions = { callers: 8, milliseconds: 1000 }
const program = fileURLToPath(new URL("../bin/rust-auth-adapter.js", import.meta.url))

/** Gives all sessions of a database their hashes. How many the command converted. */
export async function secure(url, { expires }) {
  const adapter = RustAdapter(url, { sessionTokens: "hashed" })
  // The command wants to see that hashes are looked for.
  await adapter.updateSession({ sessionToken: sessionToken(0), expires: new Date(expires) })
  await adapter.close()
  const { stdout } = await promisify(execFile)(process.execPath, [program, "secure", url, "--json"])
  return JSON.parse(stdout).sessionTokens
}

/** Prints what was measured. Whether the median p99 has more than doubled. */
export async function compareSecuring(database) {
  const server = await databases[database].start()
  const url = await server.create("own")
  const data = { users: USERS, sessions: SESSIONS, expires: inThirtyDays() }
  await databases[database].fill(url, "own", data)
  const contestant = { name: "hashed", database, module: "hashed.js?mode=hashed", layout: "own", kind: "adapter" }
  const process = await start(contestant, url, data)
  const rounds = async (more) => {
    const found = []
    for (let round = 0; more(round); round++) found.push((await process.measure("lookUp", conditions)).p99)
    return found
  }
  await rounds((round) => round < 2)
  const idle = median(await rounds((round) => round < ROUNDS))
  const begin = performance.now()
  let securing = true
  const secured = secure(url, data).finally(() => (securing = false))
  const during = await rounds(() => securing)
  const converted = await secured
  const seconds = (performance.now() - begin) / 1000
  if (converted !== SESSIONS - 1) throw new Error(`${converted} sessions were converted instead of ${SESSIONS - 1}`)
  await process.close()
  await server.stop()
  const ratio = median(during) / idle
  const figure = (number) => `${number.toFixed(0)} µs`
  console.log(
    `${databases[database].title}: ${converted} sessions in ${seconds.toFixed(0)} s; p99 of look-ups ${figure(idle)} before, ` +
      `${figure(median(during))} meanwhile (× ${ratio.toFixed(2)}; worst second ${figure(Math.max(...during))})`,
  )
  return ratio > 2
}
