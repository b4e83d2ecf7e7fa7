// Tables that another connection changes while the adapter is in use: no call fails that could succeed.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { runProgram } from "../../boundary/program.js"
import { openAdapter } from "../adapter.js"
import { base, onEveryDatabase, things } from "../stage.js"
import { dropTables, migrate } from "../tables.js"
import { getBetterAuthVersion } from "../newest/node_modules/@better-auth/core/dist/context/global.mjs"

const CALLERS = 20

// Better Auth expects from 1.7.8 on that a transaction is done again, and says which version it is each time that it is asked. Here,
// two versions are in one process: the newest one's answer counts.
const version = getBetterAuthVersion()
Object.defineProperty(globalThis[Symbol.for("better-auth:global")], "version", { get: () => version, set() {} })
const timeout = 60_000
const config = { ...base, plugins: [things] }
const at = new Date("2030-01-02T03:04:05.000Z")

/** Each method of the adapter, on rows that no other caller has. */
async function life(adapter) {
  const model = "thing"
  const label = crypto.randomUUID()
  const where = [{ field: "label", value: label }]
  const made = await adapter.create({ model, data: { label, count: 1, at } })
  const find = () => adapter.findOne({ model, where })
  assert.equal((await find()).count, 1)
  assert.equal((await adapter.findMany({ model, where })).length, 1)
  assert.equal(await adapter.count({ model, where }), 1)
  assert.equal((await adapter.update({ model, where, update: { flag: true } })).flag, true)
  assert.equal(await adapter.updateMany({ model, where, update: { count: 2 } }), 1)
  assert.equal((await adapter.incrementOne({ model, where, increment: { count: 1 } })).count, 3)
  await adapter.transaction(async (within) => {
    assert.deepEqual((await within.findOne({ model, where })).at, at)
    await within.update({ model, where, update: { count: 4 } })
  })
  assert.equal((await find()).count, 4)
  assert.equal((await adapter.consumeOne({ model, where })).id, made.id)
  await adapter.create({ model, data: { label } })
  await adapter.delete({ model, where })
  await adapter.create({ model, data: { label } })
  assert.equal(await adapter.deleteMany({ model, where }), 1)
  assert.equal(await find(), null)
}

/** Each leaves what the calls above need. */
const changes = {
  "a column that is added": () => [`ALTER TABLE "thing" ADD COLUMN "extra" integer DEFAULT 3 NOT NULL`],
  "an optional column that is dropped": () => [`ALTER TABLE "thing" DROP COLUMN "note"`],
  "an optional column that is renamed": () => [`ALTER TABLE "thing" RENAME COLUMN "kind" TO "sort"`],
  "a column that gets another type": (name) =>
    ({
      sqlite: [`ALTER TABLE "thing" DROP COLUMN "note"`, `ALTER TABLE "thing" ADD COLUMN "note" varchar(90)`],
      postgres: [`ALTER TABLE "thing" ALTER "count" TYPE bigint`, `ALTER TABLE "thing" ALTER "at" TYPE timestamptz(6)`],
      mysql: [`ALTER TABLE "thing" MODIFY "count" bigint`, `ALTER TABLE "thing" MODIFY "at" datetime(6)`],
    })[name],
  "types that change again and again": (name) =>
    Array.from({ length: 12 }, (_, turn) => `varchar(${500 + turn})`).flatMap(
      (type) =>
        ({
          sqlite: [`ALTER TABLE "thing" DROP COLUMN "note"`, `ALTER TABLE "thing" ADD COLUMN "note" ${type}`],
          postgres: [`ALTER TABLE "thing" ALTER "note" TYPE ${type}`, "SELECT pg_sleep(0.03)"],
          mysql: [`ALTER TABLE "thing" MODIFY "note" ${type}`, "DO SLEEP(0.03)"],
        })[name],
    ),
}

/** A process of its own changes a SQLite file: this one's other copy of SQLite takes away ours' locks. */
async function outside({ lane, database }, statements) {
  if (lane.name !== "sqlite") {
    for (const statement of statements) await database.rows(statement)
    return
  }
  const { code, stderr } = await runProgram(
    `
    import Database from "better-sqlite3"
    const database = new Database(given.path, { timeout: 20_000 })
    for (const statement of given.statements) database.exec(statement)
    database.close()
  `,
    { path: database.path, statements },
  )
  assert.deepEqual([code, stderr], [0, ""])
}

onEveryDatabase("changing tables", { options: { plugins: [things] } }, (stage) => {
  for (const [what, statements] of Object.entries(changes)) {
    test(`${what} disturbs none of ${CALLERS} callers`, { timeout }, async () => {
      const opened = await openAdapter(stage.database)
      try {
        await dropTables(stage.lane, stage.database)
        await migrate(stage.database, config)
        const adapter = opened.database(config)
        await life(adapter)
        let changed = false
        const caller = async (_, number) => {
          await pause(number)
          for (let since = 0; since < 2; since += changed) await life(adapter)
        }
        await Promise.all([
          ...Array.from({ length: CALLERS }, caller),
          pause(60)
            .then(() => outside(stage, statements(stage.lane.name)))
            .finally(() => (changed = true)),
        ])
      } finally {
        await opened.close()
      }
    })
  }
})
