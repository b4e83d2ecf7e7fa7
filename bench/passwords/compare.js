// Passwords: how much of the crate's own speed is left, what sign-ins cost the look-ups beside them, and how many people sign in at the
// same time as with Better Auth's own.
import { availableParallelism } from "node:os"
import { startMariaDb } from "../../__test__/servers/mariadb.js"
import { startPostgres } from "../../__test__/servers/postgres.js"
import { command, mustRun } from "../../__test__/run/command.js"
import { describeMachine } from "../machine.js"
import { start } from "../process.js"
import { startProgress } from "../progress.js"
import { median } from "../statistics.js"
import { databaseTitles } from "../table.js"

const full = { rounds: 3, milliseconds: 1500 }
/** For a first look: too short to be quoted. */
const quick = { rounds: 1, milliseconds: 300 }
const servers = {
  postgres: ["TEST_POSTGRES_URL", () => startPostgres({ settings: { timezone: "UTC" } })],
  mysql: ["TEST_MYSQL_URL", () => startMariaDb({ args: ["--default-time-zone=+00:00"] })],
  sqlite: [],
}
/** As many as the core hashes on. */
const threads = Math.max(1, availableParallelism() - 1)
const folder = "bench/passwords/crate"
const target = "target/bench-passwords"

export async function comparePasswords({ only, quick: isQuick = false }) {
  const settings = isQuick ? quick : full
  const pattern = new RegExp(only ?? ".")
  const chosen = Object.keys(servers).filter((database) => pattern.test(database))
  await mustRun("cargo", [
    "build",
    "--release",
    "--quiet",
    "--manifest-path",
    `${folder}/Cargo.toml`,
    "--target-dir",
    target,
  ])
  const progress = startProgress(chosen.length * 3)
  const passwords = []
  for (const database of chosen) {
    progress.begin(databaseTitles[database])
    const [variable, startServer] = servers[database]
    const server = await startServer?.()
    if (server) process.env[variable] = server.url
    process.env.TEST_DATABASES = database
    passwords.push({ database, ...(await compareOn(database, settings, progress.tick)) })
    await server?.stop()
  }
  progress.end()
  return { passwords, passwordsRun: { date: new Date().toISOString(), machine: describeMachine() } }
}

async function compareOn(database, settings, tick) {
  const { milliseconds } = settings
  const open = (module) =>
    start({ name: module, database, module, child: "passwords/child.js" }, "", { of: "passwords" })
  const ours = await open("ours")
  tick("verifications")
  const verify = await rounds(settings.rounds, async () => ({
    one: (await ours.measure("verify", { callers: 4 * threads, milliseconds })).throughput,
    other: await alone(milliseconds),
  }))
  tick("look-ups beside sign-ins")
  const beside = { work: "signIn", callers: 50 }
  const lookUp = await rounds(settings.rounds, async () => ({
    other: (await ours.measure("lookUp", { callers: 8, milliseconds })).p99,
    one: (await ours.measure("lookUp", { callers: 8, milliseconds, beside })).p99,
  }))
  await ours.close()
  tick("sign-ins with Better Auth")
  const [rust, kysely] = [await open("rust"), await open("kysely")]
  const conditions = { callers: 16, milliseconds }
  const signIn = await rounds(settings.rounds, async () => ({
    one: (await rust.measure("signIn", conditions)).throughput,
    other: (await kysely.measure("signIn", conditions)).throughput,
  }))
  for (const process of [rust, kysely]) await process.close()
  return { verify, lookUp, signIn }
}

/** The medians, and that of the ratios taken round by round. The first round warms up. */
async function rounds(count, measureBoth) {
  await measureBoth()
  const found = []
  for (let round = 0; round < count; round++) found.push(await measureBoth())
  const of = (figure) => median(found.map(figure))
  return { one: of(({ one }) => one), other: of(({ other }) => other), ratio: of(({ one, other }) => one / other) }
}

/** Hashes per second of the crate by itself. */
async function alone(milliseconds) {
  const { status, output } = await command(`${target}/release/argon2-alone`, [threads, milliseconds].map(String))
  if (status !== 0) throw new Error(`argon2-alone ended with ${status}: ${output}`)
  return Number(output)
}
