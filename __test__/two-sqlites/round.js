// One round: a file, processes that write to it for a while, and a count by yet another process.
import Database from "better-sqlite3"
import { execFile, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"

const here = fileURLToPath(new URL(".", import.meta.url))
const root = join(here, "../..")
const run = promisify(execFile)

/** A Node that has node:sqlite as it is since 24: this one, or that of an npm package, so that it need not be on the machine. */
export function node24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath
  const { resolve } = createRequire(import.meta.url)
  return join(dirname(resolve(`node-${process.platform}-${process.arch}/package.json`)), "bin/node")
}

/** The adapter's own tables and the application's, in a file in `mode`, made by a process that has ended. */
async function makeFile(path, mode) {
  await run(process.execPath, [join(root, "bin/rust-auth-adapter.js"), "migrate", `sqlite:${path}`])
  const database = new Database(path)
  database.exec("CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT NOT NULL)")
  database.pragma(`journal_mode = ${mode}`)
  database.close()
}

function start(node, writers, folder) {
  const child = spawn(node, ["--no-warnings", join(here, "program.js"), JSON.stringify({ writers, folder })], {
    stdio: ["pipe", "pipe", "pipe"],
  })
  const output = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text))
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, ...output })))
  const ready = new Promise((resolve) => child.stdout.once("data", resolve))
  return { child, ended, ready: Promise.race([ready, ended]) }
}

/** Whether a writer has had a row acknowledged. */
const hasRecord = (folder) =>
  readdirSync(folder).some((name) => name.endsWith(".record") && statSync(join(folder, name)).size > 0)

/**
 * Runs a round and resolves to `{ acknowledged, lost, integrity, mode, busy, descriptors, wrong }`; `wrong` says what ended as it should not.
 *
 * `processes` is a list of lists of writers; `waits` says that none of them may find the lock taken for long; `kill` lets the first process be killed half-way. `packages` are the folders of copies of
 * this package, of which a writer's `copy` is the number.
 */
export async function round({
  node = process.execPath,
  mode = "wal",
  processes,
  kill = false,
  waits = false,
  milliseconds = 1_500,
  packages = [root],
}) {
  const folder = mkdtempSync(join(tmpdir(), "two-sqlites-"))
  try {
    const path = join(folder, "app.db")
    await makeFile(path, mode)
    const started = processes.map((writers, process) =>
      start(
        node,
        writers.map((writer, number) => ({
          name: `p${process}w${number}`,
          path,
          url: `sqlite:${path}${writer.parameters ?? ""}`,
          packageFolder: packages[writer.copy ?? 0],
          record: join(folder, `${process}-${number}.record`),
          ...writer,
        })),
        folder,
      ),
    )
    await Promise.all(started.map(({ ready }) => ready))
    for (const { child } of started) child.stdin.on("error", () => {}).write(String(milliseconds))
    const ended = Promise.all(started.map(({ ended }) => ended))
    if (kill) {
      await Promise.race([pause(milliseconds * (0.3 + 0.6 * Math.random())), ended])
      // On a busy machine nothing may have been acknowledged by then.
      for (let over = false; !over && !hasRecord(folder); await pause(10)) ended.then(() => (over = true))
      started[0].child.kill("SIGKILL")
    }
    const ends = await ended
    const wrong = ends
      .filter(({ code, signal }) => code !== 0 && !(kill && signal === "SIGKILL"))
      .map((end) => end.stderr.trim() || JSON.stringify(end))
    const reports = ends
      .filter(({ code }) => code === 0)
      .map(({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1)))
    const { stdout } = await run(process.execPath, [join(here, "count.js"), folder])
    return {
      ...JSON.parse(stdout),
      busy: reports.flatMap(({ results }) => results).reduce((sum, { busy }) => sum + busy, 0),
      waits,
      descriptors: Math.max(0, ...reports.map(({ descriptors }) => descriptors)),
      wrong,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
