// A command that writes row after row: killed in the midst of them, or held back until another one is where it is.
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { otherConnections } from "../databases/mysql.js"
import { connectionCount } from "./connections.js"
import { eventually } from "./program.js"

/** Kills a command as soon as `count()` comes to `least`, and waits until its connections are gone. `lane`: `{ name, rows }`. */
export async function killHalfWay({ child, ended }, lane, count, least) {
  let over = false
  ended.then(() => (over = true))
  while (!over && (await count()) < least) await sleep(1)
  child.kill("SIGKILL")
  const end = await ended
  assert.equal(end.code, "SIGKILL", JSON.stringify(end))
  if (lane.name !== "sqlite") await eventually("its connections end", async () => (await connectionCount(lane)) === 0)
}

const quoted = (tables) => tables.map((table) => `"${table}"`)

/** For each database: what keeps all others from writing, what ends that, and how many others wait for it. */
const barriers = {
  sqlite: {
    close: () => ["BEGIN IMMEDIATE"],
    open: "COMMIT",
    // The file tells of no others: this is the time in which they come to it. They rest three times as long as they have waited.
    waiting: async (_, expected) => (await sleep(400), expected),
  },
  postgres: {
    close: (tables) => ["BEGIN", `LOCK TABLE ${quoted(tables)} IN EXCLUSIVE MODE`],
    open: "COMMIT",
    // Of pg_stat_activity a transaction sees the same all the time.
    waiting: async (rows) =>
      (
        await rows(
          "SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT granted",
        )
      ).length,
  },
  mysql: {
    close: (tables) => [`LOCK TABLES ${quoted(tables).map((table) => `${table} READ`)}`],
    open: "UNLOCK TABLES",
    waiting: async (rows) => (await otherConnections(rows)).filter(({ state }) => /lock/i.test(state)).length,
  },
}

/** Runs all of `starts`, of which none writes these tables before all have come to them; answers how each ended. */
export async function atOnce({ name, rows }, tables, starts) {
  const { close, open, waiting } = barriers[name]
  for (const statement of close(tables)) await rows(statement)
  const started = starts.map((start) => start())
  try {
    await eventually("all wait", async () => (await waiting(rows, starts.length)) === starts.length)
  } finally {
    await rows(open)
  }
  return Promise.all(started.map(({ ended }) => ended))
}
