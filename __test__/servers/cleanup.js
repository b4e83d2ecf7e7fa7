// What has to be undone when this process ends, however it ends: by itself, on Ctrl-C or on an uncaught error.
// Undoing is synchronous, because nothing else runs in an "exit" event.
import { constants } from "node:os"

const undoings = new Set()

/** Registers `undo`; returns a function that runs it now instead (once). */
export function atExit(undo) {
  if (undoings.size === 0) listen()
  undoings.add(undo)
  return () => undoings.delete(undo) && undo()
}

let listening = false
function listen() {
  if (listening) return
  listening = true
  process.on("exit", () => {
    // Last in, first out: a process is stopped before its folder goes.
    for (const undo of [...undoings].reverse()) {
      try {
        undo()
      } catch (error) {
        process.stderr.write(`clean-up: ${error.message}\n`)
      }
    }
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]))
  }
}
