// Loaded first: whether others wanted half of the machine or more before this run began. Then its figures mean little.
import { cpus, loadavg } from "node:os"

const load = loadavg()[0]
export const busy = load > cpus().length / 2

export function warnWhenBusy() {
  if (busy)
    console.error(`\nThis machine was busy with other work (load ${load.toFixed(1)}): do not quote these figures.`)
}
