// Sets a test up on every database: tables as `auth migrate` makes them, an adapter on them, and empty tables for each test.
import { after, before, beforeEach, describe } from "node:test"
import { betterAuth } from "better-auth"
import { databases } from "../databases.js"
import { openAdapter, ours, reference } from "./adapter.js"
import { base, origin } from "./base.js"
import { migrate } from "./tables.js"

export { base, origin }

/** For tests that are not about passwords: Better Auth takes a tenth of a second for each. */
export const quickPasswords = {
  hash: async (password) => `quick ${password}`,
  verify: async ({ hash, password }) => hash === `quick ${password}`,
}

/** For what a test asks of every kind of column, beside Better Auth's own tables. */
export const things = {
  id: "things",
  schema: {
    thing: {
      fields: {
        label: { type: "string", required: true },
        note: { type: "string", required: false },
        count: { type: "number", required: false },
        big: { type: "number", bigint: true, required: false },
        flag: { type: "boolean", required: false },
        at: { type: "date", required: false },
        data: { type: "json", required: false },
        words: { type: "string[]", required: false },
        numbers: { type: "number[]", required: false },
        kind: { type: ["small", "large"], required: false },
      },
    },
    part: {
      fields: {
        thingId: { type: "string", required: true, references: { model: "thing", field: "id" } },
        place: { type: "number", required: true },
      },
    },
  },
}

/**
 * `define(stage)` holds the tests. `options`: Better Auth's. `own`: tables as this package's `migrate` makes them. `prepare(stage)` runs once they
 * are there. While the tests run, `stage` has:
 * - `lane`; `database`, the independent view of the tables; `opened`, what `betterAuth` takes;
 * - `adapter`, as core uses it; `auth(more)`, a Better Auth with these options and more; `count(table)`.
 */
export function onEveryDatabase(
  title,
  { options = {}, adapterOptions, own = false, lanes = databases, prepare } = {},
  define,
) {
  for (const lane of lanes) {
    describe(`${title}: ${lane.name}`, () => {
      const stage = { lane }
      const config = { ...base, ...options }
      before(async () => {
        stage.database = await lane.create()
        stage.opened = await openAdapter(stage.database, adapterOptions)
        if (own && !reference) await (await ours()).migrate({ ...config, database: stage.opened.database })
        else await migrate(stage.database, config)
        await prepare?.(stage)
        stage.adapter = stage.opened.database(config)
        stage.auth = (more) => betterAuth({ ...config, ...more, database: stage.opened.database })
        stage.count = async (table) =>
          Number((await stage.database.rows(`SELECT COUNT(*) AS "n" FROM "${table}"`))[0].n)
        stage.tables = await tablesOf(stage)
      })
      beforeEach(async () => {
        for (let left = stage.tables, failed; left.length; left = failed) {
          failed = []
          for (const table of left) await stage.database.rows(`DELETE FROM "${table}"`).catch(() => failed.push(table)) // its children first
        }
      })
      after(async () => {
        await stage.opened?.close()
        await stage.database?.close()
      })
      define(stage)
    })
  }
}

const lists = {
  sqlite: `SELECT name AS "name" FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
  postgres: `SELECT tablename AS "name" FROM pg_tables WHERE schemaname = current_schema()`,
  mysql: `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE()`,
}
const tablesOf = async ({ lane, database }) => (await database.rows(lists[lane.name])).map(({ name }) => name)
