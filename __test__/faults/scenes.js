// What goes wrong with servers and networks, and what callers see of it. A call fails if it rejects; it is in doubt if its error says
// that it may have taken effect.
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { newAccount, newSession, newUser } from "../contract/rows.js"
import { writes } from "../contract/writes.js"
import { startProxy } from "../servers/proxy.js"

const clients = {
  "postgres:": async (url) => {
    const { default: pg } = await import("pg")
    const client = new pg.Client(url)
    await client.connect()
    client.on("error", () => {})
    return {
      run: (text) => client.query(text),
      end: () => client.end(),
      kill: () =>
        client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rust-auth-adapter'",
        ),
    }
  },
  "mysql:": async (url) => {
    const mysql = await import("mysql2/promise")
    const client = await mysql.createConnection(url)
    return {
      run: (text) => client.query(text),
      end: () => client.end(),
      kill: async () => {
        const [rows] = await client.query("SHOW PROCESSLIST")
        for (const { Id, db } of rows)
          if (db !== null && Id !== client.threadId) await client.query(`KILL ${Id}`).catch(() => {})
      },
    }
  },
}

/** A database of its own on `server`: its URL, and a client that is not the adapter's. */
async function open(server) {
  const client = await clients[new URL(server.url).protocol](server.url)
  const name = `faults_${randomUUID().slice(0, 8)}`
  await client.run(`CREATE DATABASE ${name}`)
  const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
  const lane = RustAdapter(url, { migrate: true })
  await lane.getUser("nobody")
  return { url, client, lane }
}

const later = () => new Date(Date.now() + 5e8)

/** What is said of a row that belongs to a user whom the follower never got: the old writer had not sent it on. */
const IS_LOST = new Set(["ERR_FOREIGN_KEY", "ERR_NOT_FOUND"])

/**
 * Counts what calls come to. `limit`: how long each may take, in milliseconds. `excused(begun)`: whether a call that began then, by
 * performance.now(), may fail, or a user who was made then be lost: `made`, if the call is about one.
 */
function counter(limit, excused = () => false) {
  const counts = { calls: 0, failed: 0, inDoubt: 0, late: 0 }
  const count = async (call, made = Number.POSITIVE_INFINITY) => {
    const begun = performance.now()
    counts.calls++
    try {
      return await call()
    } catch (error) {
      if (error.mayHaveTakenEffect) counts.inDoubt++
      else if (!excused(begun) && !(IS_LOST.has(error.code) && excused(made))) counts.failed++
      if (process.env.FAULTS_SHOW) console.error(error)
    } finally {
      if (performance.now() - begun > limit + 100) counts.late++
    }
  }
  return { counts, count }
}

/** `how`: "kill", by the server; "cut", by the network. */
export async function idleConnections(server, rounds, how) {
  const { url, client, lane } = await open(server)
  const proxy = await startProxy(url)
  const adapter = RustAdapter(proxy.url, { pool: { max: 10 } })
  const { counts, count } = counter(15_000)
  await adapter.getUser("nobody")
  for (const { make, call } of Object.values(writes)) {
    for (let round = 0; round < rounds; round++) {
      const given = await make(lane)
      await Promise.all(Array.from({ length: 4 }, () => adapter.listAccounts("nobody")))
      if (how === "kill") await client.kill()
      else proxy.cut()
      await sleep(5)
      await count(() => call(adapter, given))
    }
  }
  await Promise.all([adapter.close(), lane.close(), client.end()])
  await proxy.stop()
  return counts
}

/** Mixed calls by 32 callers until `over` says so. */
function mixed(adapter, count, over) {
  return Array.from({ length: 32 }, async () => {
    while (!over()) {
      const made = performance.now()
      const about = (call) => count(call, made)
      const user = await count(() => adapter.createUser(newUser()))
      if (!user) continue
      const session = await about(() => adapter.createSession(newSession(user.id)))
      await about(() => adapter.linkAccount(newAccount(user.id)))
      if (session) {
        await about(() => adapter.getSessionAndUser(session.sessionToken))
        await about(() => adapter.updateSession({ sessionToken: session.sessionToken, expires: later() }))
      }
      await about(() => adapter.updateUser({ id: user.id, name: "renamed" }))
      await about(() => adapter.getUserByEmail(user.email))
      await about(() => adapter.deleteUser(user.id))
    }
  })
}

export async function restart(server) {
  const { url, client, lane } = await open(server)
  await client.end()
  const { counts, count } = counter(15_000)
  let over = false
  const callers = mixed(lane, count, () => over)
  for (let round = 0; round < 5; round++) {
    await sleep(1000)
    await server.restartGently(new URL(url).protocol === "mysql:" ? "SIGTERM" : "SIGINT")
  }
  await sleep(1000)
  over = true
  await Promise.all(callers)
  await lane.close()
  return { ...counts, url }
}

/** Nothing can succeed meanwhile: what counts is that no call takes longer than it may. */
export async function silence(server) {
  const { url, client, lane } = await open(server)
  const proxy = await startProxy(url)
  const limit = 1000
  const adapter = RustAdapter(proxy.url, { pool: { max: 5, operationTimeoutMs: limit } })
  await adapter.getUser("nobody")
  const { counts, count } = counter(limit)
  let over = false
  const callers = mixed(adapter, count, () => over)
  for (let round = 0; round < 3; round++) {
    await sleep(500)
    proxy.stall()
    await sleep(2500)
    proxy.resume()
  }
  over = true
  await Promise.all(callers)
  await Promise.all([adapter.close(), lane.close(), client.end()])
  await proxy.stop()
  return { ...counts, failed: 0 }
}

/**
 * A writer and its follower change places under 32 callers, who have both in their URL. `how`: "lives on", the old writer, and only
 * reads; "ends"; "vanishes", without a word: what was under way, and what waited for it, may fail.
 */
export async function switchover(pair, how) {
  const limit = how === "vanishes" ? 2000 : 15_000
  let accepts = how === "vanishes" ? Number.POSITIVE_INFINITY : 0
  const { counts, count } = counter(limit, (begun) => begun < accepts)
  const adapter = RustAdapter(pair.url("follower"), { migrate: true, pool: { operationTimeoutMs: limit } })
  await adapter.getUser("nobody")
  let over = false
  const callers = mixed(adapter, count, () => over)
  await sleep(1000)
  if (how === "lives on") await pair.closeWriter()
  if (how === "ends") await pair.writer.end("SIGINT")
  if (how === "vanishes") pair.writer.freeze()
  await pair.open()
  if (how === "vanishes") accepts = performance.now() + limit + 1000
  await sleep(limit === 2000 ? 8000 : 3000)
  over = true
  await Promise.all(callers)
  await adapter.close()
  await pair.stop()
  return counts
}
