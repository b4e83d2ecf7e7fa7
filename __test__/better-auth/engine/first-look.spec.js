// Applications start while other connections make, alter and drop tables, theirs among them: no first look at the tables fails.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../../index.js"
import { newUser } from "../../contract/rows.js"
import { databases } from "../../databases.js"
import { openAdapter, reference } from "../adapter.js"
import { base } from "../stage.js"
import { migrate } from "../tables.js"

const timeout = 120_000
const LOOKS = Number(process.env.FIRST_LOOKS ?? 40)
const ROUNDS = 10
/** Each call is made again while the tables change, but not for ever. */
const PAUSE = 15
const STARTERS = 4

const clients = {
  postgres: async (url) => {
    const client = new pg.Client(url)
    await client.connect()
    return client
  },
  mysql: async (url) => {
    const client = await mysql.createConnection(url)
    await client.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')")
    return client
  },
}

/** What two other connections do, again and again: to tables that are no matter of ours, and to one of ours. */
const changes = {
  postgres: [
    [
      `CREATE TABLE "other" (id integer PRIMARY KEY, at timestamptz DEFAULT now(), owner text)`,
      `CREATE VIEW "shown" AS SELECT id, at FROM "other"`,
      `ALTER TABLE "other" ADD COLUMN "more" jsonb`,
      `CREATE INDEX "other_owner" ON "other" (owner)`,
      `ALTER TABLE "other" ALTER "more" TYPE text`,
      `DROP VIEW "shown"`,
      `ALTER TABLE "other" RENAME TO "another"`,
      `DROP TABLE "another"`,
    ],
    [
      `ALTER TABLE "user" ADD COLUMN "extra" integer DEFAULT 3`,
      `CREATE UNIQUE INDEX "user_extra" ON "user" (id, "extra")`,
      `ALTER TABLE "user" ALTER "extra" TYPE bigint`,
      `ALTER TABLE "user" DROP COLUMN "extra"`,
    ],
  ],
  mysql: [
    [
      `CREATE TABLE "other" (id integer PRIMARY KEY, at datetime DEFAULT now(), owner varchar(20))`,
      `CREATE VIEW "shown" AS SELECT id, at FROM "other"`,
      `ALTER TABLE "other" ADD COLUMN "more" json`,
      `CREATE INDEX "other_owner" ON "other" (owner)`,
      `ALTER TABLE "other" MODIFY "more" text, ALGORITHM = COPY`,
      `ALTER TABLE "other" RENAME TO "another"`,
      `DROP TABLE "another"`,
      `DROP VIEW "shown"`,
    ],
    [
      `ALTER TABLE "user" ADD COLUMN "extra" integer DEFAULT 3, ALGORITHM = COPY`,
      `CREATE UNIQUE INDEX "user_extra" ON "user" (id, "extra")`,
      `ALTER TABLE "user" MODIFY "extra" bigint, ALGORITHM = COPY`,
      `DROP INDEX "user_extra" ON "user"`,
      `ALTER TABLE "user" DROP COLUMN "extra"`,
    ],
  ],
}

/** Each opens an adapter that has not seen the tables yet, asks it for the row, and closes it. */
const starters = {
  "Auth.js's": {
    make: async ({ url }) => {
      const adapter = RustAdapter(url, { migrate: true })
      const { id } = await adapter.createUser(newUser())
      await adapter.close()
      return id
    },
    start: async ({ url }, id, number) => {
      const adapter = RustAdapter(url, { pool: { max: 2 + number } })
      return { find: () => adapter.getUser(id), close: () => adapter.close() }
    },
  },
  "Better Auth's": {
    make: async (database) => {
      await migrate(database, base)
      const opened = await openAdapter(database)
      const data = { name: "A", email: "a@example.com", emailVerified: true }
      const { id } = await opened.database(base).create({ model: "user", data })
      await opened.close()
      return id
    },
    start: async (database, id, number) => {
      const opened = await openAdapter(database, { pool: { max: 2 + number } })
      const adapter = opened.database(base)
      const where = [{ field: "id", value: id }]
      return { find: () => adapter.findOne({ model: "user", where }), close: () => opened.close() }
    },
  },
}

for (const database of reference ? [] : databases.filter(({ name }) => name !== "sqlite")) {
  const { name, flavour } = database
  describe(`first looks beside DDL on ${flavour ?? name}`, () => {
    for (const [whose, { make, start }] of Object.entries(starters))
      test(`${whose} applications that start`, { timeout }, async () => {
        const own = await database.create()
        const connections = []
        let over = false
        try {
          const id = await make(own)
          const failed = []
          let [looks, rounds] = [0, 0]
          const alter = async (statements) => {
            const client = await clients[name](own.url)
            connections.push(client)
            for (; !(over && rounds >= ROUNDS); rounds++)
              for (const statement of statements) {
                await client.query(statement)
                await sleep(PAUSE)
              }
          }
          const starter = async (_, number) => {
            for (; looks < LOOKS; looks++) {
              const { find, close } = await start(own, id, number)
              try {
                assert.equal((await find())?.id, id)
              } catch (error) {
                failed.push(`${error.code} ${JSON.stringify(error.details)}: ${error.message}: ${error.cause?.message}`)
              } finally {
                await close()
              }
            }
          }
          const all = [...changes[name].map(alter), ...Array.from({ length: STARTERS }, starter)]
          await Promise.all(all.map((each) => each.finally(() => (over = true))))
          assert.deepEqual([...new Set(failed)], [], `${failed.length} of ${looks} looks beside ${rounds} rounds`)
        } finally {
          await Promise.allSettled(connections.map((client) => client.end()))
          await own.close()
        }
      })
  })
}
