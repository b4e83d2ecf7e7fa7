// PostgreSQL numbers the rows of each partition, and of each table that inherits, from the same start: what has expired is told from what
// has not by more than its number.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const timeout = 60_000
const dead = ["dead 1", "dead 2", "dead 3"]
const alive = ["alive 1", "alive 2", "alive 3", "alive 4", "alive 5"]

/** How the table `sessions` is split, with `expires` of the type `date`. */
const ways = {
  "partitions by range of the date": (date) => [
    `CREATE TABLE sessions ("sessionToken" text NOT NULL, "userId" text NOT NULL, expires ${date} NOT NULL) PARTITION BY RANGE (expires)`,
    `CREATE TABLE s_old PARTITION OF sessions FOR VALUES FROM (MINVALUE) TO ('2025-01-01')`,
    `CREATE TABLE s_new PARTITION OF sessions FOR VALUES FROM ('2025-01-01') TO (MAXVALUE)`,
  ],
  "partitions by hash of the token": (date) => [
    `CREATE TABLE sessions ("sessionToken" text PRIMARY KEY, "userId" text NOT NULL, expires ${date} NOT NULL) PARTITION BY HASH ("sessionToken")`,
    ...[0, 1, 2].map(
      (part) => `CREATE TABLE s_${part} PARTITION OF sessions FOR VALUES WITH (MODULUS 3, REMAINDER ${part})`,
    ),
  ],
  "a table that inherits": (date) => [
    `CREATE TABLE sessions ("sessionToken" text PRIMARY KEY, "userId" text NOT NULL, expires ${date} NOT NULL)`,
    `CREATE TABLE s_more () INHERITS (sessions)`,
    `INSERT INTO s_more VALUES ('alive 1', 'u', '2099-01-01')`,
  ],
}

for (const database of databases.filter(({ name }) => name === "postgres")) {
  describe(`what has expired in parts of a table, on ${database.name}`, () => {
    for (const [way, statements] of Object.entries(ways)) {
      for (const date of ["timestamptz", "text"]) {
        test(`${way}, dates as ${date}: it goes, and nothing else`, { timeout }, async (t) => {
          const lane = await database.create()
          t.after(lane.close)
          const { rows } = lane
          await rows(
            `CREATE TABLE users (id text PRIMARY KEY, name text, email text UNIQUE, "emailVerified" timestamptz, image text)`,
          )
          await rows(`CREATE TABLE accounts ("userId" text NOT NULL, type text NOT NULL, provider text NOT NULL,
            "providerAccountId" text NOT NULL, PRIMARY KEY (provider, "providerAccountId"))`)
          for (const statement of statements(date)) await rows(statement)
          await rows(`INSERT INTO users (id) VALUES ('u')`)
          const there = (await rows(`SELECT "sessionToken" AS token FROM sessions`)).map(({ token }) => token)
          for (const [tokens, expires] of [
            [dead, "2024-01-01T00:00:00.000Z"],
            [alive, "2099-01-01T00:00:00.000Z"],
          ]) {
            for (const token of tokens.filter((each) => !there.includes(each))) {
              await rows(`INSERT INTO sessions VALUES ('${token}', 'u', '${expires}')`)
            }
          }
          const adapter = RustAdapter(lane.url)
          t.after(() => adapter.close())
          const { sessions } = await adapter.pruneExpired({ batchSize: 2 })
          const left = await rows(`SELECT "sessionToken" AS token FROM sessions`)
          assert.deepEqual(left.map(({ token }) => token).sort(), alive)
          assert.equal(sessions, dead.length)
        })
      }
    }
  })
}
