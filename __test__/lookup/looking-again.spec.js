// No application has to say that the tables have changed: an adapter that is called looks at them again in the background, an idle one does not.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { eventually } from "../boundary/program.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { otherConnections } from "../databases/mysql.js"
import { databases } from "../databases.js"

const timeout = 150_000

/** How long a column may take to show up, if a call is made from time to time. */
const latest = { sqlite: 5_000, postgres: 75_000, mysql: 75_000 }

/** The connections to the lane's database that have done something in the last seconds. */
const busy = {
  postgres: (rows) =>
    rows(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND query_start > now() - interval '8 seconds'`),
  mysql: async (rows) => (await otherConnections(rows)).filter(({ time }) => time < 8),
}

describe("looking at the tables again", { concurrency: true }, () => {
  for (const database of databases) {
    describe(database.name, () => {
      const lane = openLane(database)

      test("a column that another client adds shows up by itself, where calls go on", { timeout }, async () => {
        const { adapter, rows } = lane
        const user = await adapter.createUser(newUser())
        const session = await adapter.createSession(newSession(user.id))
        assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { session, user })
        await rows(`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'user' NOT NULL`)
        await eventually(
          "the new column",
          async () => {
            await pause(200)
            return (await adapter.getUser(user.id)).role === "user"
          },
          latest[database.name],
        )
        const found = { ...user, role: "user" }
        assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).user, found)
        assert.deepEqual(await adapter.getUserByEmail(user.email), found)
        const created = await adapter.createUser(newUser())
        assert.equal(created.role, "user")
      })
    })

    if (busy[database.name])
      describe(`${database.name}, idle`, () => {
        const lane = openLane(database)
        test("an adapter without calls does not look", { timeout }, async () => {
          await lane.adapter.getUser("nobody")
          assert.equal((await busy[database.name](lane.rows)).length > 0, true)
          await pause(65_000)
          assert.deepEqual(await busy[database.name](lane.rows), [])
        })
      })
  }
})
