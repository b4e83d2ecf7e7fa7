// How long a writer goes on, and how it remembers what was acknowledged to it: in a file that outlives being killed.
import { closeSync, openSync, writeSync } from "node:fs"

/** A record of acknowledged rows at `path`: one id in a line, written before the next row is begun. */
export function openRecord(path) {
  const descriptor = openSync(path, "a")
  return {
    acknowledged: (...ids) => writeSync(descriptor, ids.map((id) => `${id}\n`).join("")),
    close: () => closeSync(descriptor),
  }
}

/** Whether an error says that another connection has the lock: that row is not acknowledged, and nothing is lost. */
export const isBusy = (error) =>
  error.code === "ERR_TIMEOUT" || String(error.code).startsWith("SQLITE_BUSY") || [5, 261, 517].includes(error.errcode)

export const nextTurn = () => new Promise((resolve) => setImmediate(resolve))
