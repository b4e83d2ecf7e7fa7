// Where the figures come from.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, release, totalmem, type } from "node:os"
import { busy } from "./busy.js"
import { runtime } from "./process.js"

export function describeMachine() {
  const bun = runtime({ name: "Bun.SQL", runtime: "bun" })
  return {
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    busy,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: systemName(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    bun: execFileSync(bun, ["--version"]).toString().trim(),
  }
}

function systemName() {
  try {
    return readFileSync("/etc/os-release", "utf8").match(/^PRETTY_NAME="(.*)"$/m)[1]
  } catch {
    return process.platform
  }
}
