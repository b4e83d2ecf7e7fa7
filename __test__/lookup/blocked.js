// A table that no client can read for a while, and who is waiting for it; through another client than the adapter's.
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { otherConnections } from "../databases/mysql.js"

/** How many connections have done something a moment ago. */
const busy = {
  postgres: async (rows) =>
    (
      await rows(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND state_change > clock_timestamp() - interval '400 milliseconds'`)
    ).length,
  mysql: async (rows) => (await otherConnections(rows)).filter(({ time }) => Number(time) < 1).length,
}

/** Blocks all reads of `table`. Resolves to what ends the block. */
export async function blockReads({ name, rows, database }, table) {
  // The adapter prepares statements while no call waits, which the lock would hold up as well: it has done so by then.
  await sleep(500)
  for (const patience = Date.now() + 10_000; (await busy[name](rows)) && Date.now() < patience; ) await sleep(50)
  if (name === "postgres") {
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(`BEGIN; LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`)
    return () => client.end()
  }
  const connection = await mysql.createConnection(database.url)
  await connection.query(`LOCK TABLES \`${table}\` WRITE`)
  return () => connection.end()
}

const waiting = {
  postgres: async (rows) =>
    (
      await rows(`SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
    ).map(({ query }) => query),
  mysql: async (rows) =>
    (await otherConnections(rows)).filter(({ state }) => /^Waiting for table/.test(state)).map(({ info }) => info),
}

/** The queries that wait for a lock, once there are `least` and their number does not change any more. */
export async function queriesUnderWay({ name, rows }, least = 0) {
  const patience = Date.now() + 20_000
  let [before, now] = [-1, await waiting[name](rows)]
  while (now.length !== before || (now.length < least && Date.now() < patience)) {
    before = now.length
    await sleep(100)
    now = await waiting[name](rows)
  }
  return now
}
