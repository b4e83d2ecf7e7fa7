// Better Auth on this adapter and on its own ones for Kysely, Drizzle and Prisma, side by side.
import { startMariaDb } from "../../__test__/servers/mariadb.js"
import { startPostgres } from "../../__test__/servers/postgres.js"
import { describeMachine } from "../machine.js"
import { startProgress } from "../progress.js"
import { measureAll } from "../rounds.js"
import * as settingsOf from "../settings.js"
import { databaseTitles, workTitles } from "../table.js"
import { isAble, limit } from "./targets.js"
import { works } from "./works.js"

const ours = "rust-auth-adapter"
const all = Object.keys(databaseTitles)
const names = { [ours]: "rust", Kysely: "kysely", Drizzle: "drizzle", Prisma: "prisma", [limit]: "memory" }
const servers = {
  postgres: {
    variable: "TEST_POSTGRES_URL",
    start: () => startPostgres({ settings: { timezone: "UTC", shared_buffers: "256MB" } }),
  },
  mysql: {
    variable: "TEST_MYSQL_URL",
    start: () => startMariaDb({ args: ["--default-time-zone=+00:00", "--innodb-buffer-pool-size=256M"] }),
  },
  sqlite: {},
}

export async function compareBetterAuth({ quick = false, only }) {
  const settings = quick ? settingsOf.quick : settingsOf.full
  const pattern = new RegExp(only ?? ".")
  const contestants = Object.fromEntries(
    all.map((database) => [
      database,
      Object.entries(names).map(([name, module]) => ({
        name,
        database,
        module,
        layout: "own",
        kind: name === limit ? "limit" : "adapter",
        child: "better-auth/child.js",
      })),
    ]),
  )
  const plans = all
    .map((database) => ({
      database,
      cells: Object.entries(works)
        .flatMap(([work, { callers }]) =>
          callers.map((count) => ({
            database,
            work,
            title: workTitles[work],
            callers: count,
            contestants: contestants[database].filter(
              ({ name }) => isAble(database, work, name) && pattern.test(`${database} ${work} ${name}`),
            ),
          })),
        )
        .filter(({ contestants }) => contestants.length),
    }))
    .filter(({ cells }) => cells.length)
  if (plans.length === 0) throw new Error(`nothing matches --only ${only}`)

  const ticks = ({ cells }) =>
    new Set(cells.flatMap(({ contestants }) => contestants)).size + cells.length * settings.rounds
  const progress = startProgress(plans.reduce((sum, plan) => sum + ticks(plan), 0))
  const measurements = []
  for (const { database, cells } of plans) {
    progress.begin(databaseTitles[database])
    const { variable, start } = servers[database]
    const server = await start?.()
    if (server) process.env[variable] = server.url
    process.env.TEST_DATABASES = database
    measurements.push(...(await measureAll(cells, { urls: {}, data: {} }, settings, progress.tick)))
    await server?.stop()
  }
  progress.end()
  return {
    date: new Date().toISOString(),
    quick,
    settings,
    machine: describeMachine(),
    measurements,
    startUp: [],
    memory: [],
    sizes: [],
  }
}
