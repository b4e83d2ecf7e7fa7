#!/usr/bin/env node
// What it costs to be observed: `node bench/observing.js [URL]`. Look-ups of a session, one after the other, by the present build: with
// nothing registered, with a log, with a diagnostics channel, with spans that are not sampled and with spans that are. Without a URL, a
// SQLite file of its own, on which a look-up takes least and what is observed shows most.
//
//   --rounds <n>  9; in each, every way takes a turn in a process of its own
//   --ms <n>      500: how long a turn takes
//
// Prints, for each way, the microseconds of a look-up: the median of the rounds, and the quickest.
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { subscribe } from "node:diagnostics_channel"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { installPackages } from "../__test__/run/install.js"
import { RustAdapter } from "../index.js"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    ms: { type: "string", default: "500" },
    way: { type: "string" },
  },
})
const require = createRequire(new URL("../__test__/observing/application.js", import.meta.url))

/** Spans of a real SDK, which go nowhere. */
function trace(sampled) {
  const { NodeSDK } = require("@opentelemetry/sdk-node")
  const { AlwaysOffSampler, AlwaysOnSampler } = require("@opentelemetry/sdk-trace")
  const nowhere = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }
  const sampler = sampled ? new AlwaysOnSampler() : new AlwaysOffSampler()
  new NodeSDK({ sampler, spanProcessors: [nowhere], metricReaders: [], autoDetectResources: false }).start()
}

/** What each way sets up; it returns the options of the adapter. */
const ways = {
  "nothing registered": () => ({}),
  "a log of slow calls": () => ({ log: { slowCallMs: 60_000, log() {} } }),
  "a diagnostics channel": () => void subscribe("rust-auth-adapter:call", () => {}),
  "spans, not sampled": () => void trace(false),
  "spans, sampled": () => void trace(true),
}

/** Microseconds of a look-up. */
async function measure(way, url, milliseconds) {
  const adapter = RustAdapter(url, { migrate: true, ...ways[way]() })
  const sessionToken = crypto.randomUUID()
  const user = await adapter.createUser({ name: null, email: `${sessionToken}@example.com`, emailVerified: null })
  await adapter.createSession({ sessionToken, userId: user.id, expires: new Date(Date.now() + 1e9) })
  const turn = async (limit) => {
    const began = performance.now()
    let count = 0
    for (; performance.now() - began < limit; count++) await adapter.getSessionAndUser(sessionToken)
    return ((performance.now() - began) * 1000) / count
  }
  await turn(milliseconds / 2)
  const took = await turn(milliseconds)
  await adapter.deleteUser(user.id)
  await adapter.close()
  return took
}

if (values.way) {
  console.log(await measure(values.way, positionals[0], Number(values.ms)))
  process.exit(0)
}

await installPackages(["__test__/observing"])
const folder = mkdtempSync(join(tmpdir(), "observing-"))
const url = positionals[0] ?? `file:${join(folder, "bench.db")}`
const program = fileURLToPath(import.meta.url)
const taken = Object.fromEntries(Object.keys(ways).map((way) => [way, []]))
for (let round = 0; round < Number(values.rounds); round++)
  for (const way of Object.keys(ways)) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [program, url, "--way", way, "--ms", values.ms])
    if (status !== 0) throw new Error(`${way}: ${stderr}`)
    taken[way].push(Number(stdout))
  }
for (const [way, times] of Object.entries(taken)) {
  const sorted = times.sort((one, other) => one - other)
  const [median, least] = [sorted[Math.floor(sorted.length / 2)], sorted[0]].map((time) => time.toFixed(2))
  console.log(`${way.padEnd(22)} ${median.padStart(8)} µs   quickest ${least.padStart(8)} µs`)
}
rmSync(folder, { recursive: true })
