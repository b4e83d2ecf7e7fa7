// The process of one adapter: makes a database with that adapter's own tables, fills it, and does what its parent says.
import { betterAuth } from "../../__test__/better-auth/node_modules/better-auth/dist/index.mjs"
import { openAdapter } from "../../__test__/better-auth/adapter.js"
import { base, quickPasswords } from "../../__test__/better-auth/stage.js"
import { migrate, openKysely } from "../../__test__/better-auth/tables.js"
import { databases } from "../../__test__/databases.js"
import { measure } from "../measure.js"
import { openMemory } from "./memory.js"
import { fill, secret, works } from "./works.js"

const [, , name] = process.argv
const [lane] = databases // the parent has narrowed them

const options = (joins) => ({
  ...base,
  secret,
  emailAndPassword: { enabled: true, password: quickPasswords },
  advanced: { database: { joins } },
  rateLimit: { enabled: false },
})
const adapters = {
  memory: async () => openMemory(),
  async rust(database) {
    await migrate(database, options())
    return openAdapter(database)
  },
  async kysely(database) {
    await migrate(database, options())
    return openKysely(database)
  },
  drizzle: async (database) =>
    (await import("../../__test__/better-auth/layouts/drizzle.js")).open(lane, database, options()),
  prisma: async (database) =>
    (await import("../../__test__/better-auth/layouts/prisma.js")).open(lane, database, options()),
}

const database = await lane.create()
if (lane.name === "sqlite") await database.rows("PRAGMA journal_mode = WAL") // as ours would; for all alike
const opened = await adapters[name](database)
const instances = new Map(
  [true, false].map((joins) => [
    joins,
    {
      auth: betterAuth({ ...options(joins), database: opened.database }),
      adapter: opened.database(options(joins)),
    },
  ]),
)
const subject = { auth: (joins) => instances.get(joins).auth, adapter: (joins) => instances.get(joins).adapter }
await fill(subject.adapter(false))

const started = new Map()
const commands = {
  check: ({ work }) => works[work].check(subject),
  measure({ work, ...conditions }) {
    if (!started.has(work)) started.set(work, works[work].start(subject))
    return measure(started.get(work), conditions)
  },
  async close() {
    await opened.close()
    await database.close()
  },
}
process.on("message", async ({ command, ...more }) => {
  try {
    process.send({ result: (await commands[command](more)) ?? null })
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
})
process.on("disconnect", () => process.exit())
process.send({ result: "ready" })
