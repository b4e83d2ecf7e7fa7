// Tables where something besides the statement has a say in what becomes of a row: their writes share no statements.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession } from "../contract/rows.js"
import { databases } from "../databases.js"
import { blockReads } from "../lookup/blocked.js"

const HOUR = 3_600_000
/** Whole seconds, so that columns of any precision keep them. */
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
const instant = (index) => new Date(BEGIN + index * 1000)

/** What guards the sessions, and by how much later the stored date then is. */
const GUARDS = {
  postgres: {
    nothing: { statements: [] },
    "row-level security": {
      statements: [
        `ALTER TABLE "session" ENABLE ROW LEVEL SECURITY`,
        `ALTER TABLE "session" FORCE ROW LEVEL SECURITY`,
        `CREATE POLICY "everyone" ON "session" USING (true)`,
      ],
    },
    "a constraint that is looked at later": {
      statements: [`ALTER TABLE "session" ADD UNIQUE ("sessionToken", "expires") DEFERRABLE INITIALLY DEFERRED`],
    },
    "an exclusion constraint": { statements: [`ALTER TABLE "session" ADD EXCLUDE ("sessionToken" WITH =)`] },
    "a trigger": {
      later: HOUR,
      statements: [
        `CREATE FUNCTION "later"() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN NEW."expires" = NEW."expires" + interval ''1 hour''; RETURN NEW; END'`,
        `CREATE TRIGGER "later" BEFORE UPDATE ON "session" FOR EACH ROW EXECUTE FUNCTION "later"()`,
      ],
    },
    "a rule": {
      statements: [
        `CREATE TABLE "noted" ("token" text)`,
        `CREATE RULE "noting" AS ON UPDATE TO "session" DO ALSO INSERT INTO "noted" VALUES (OLD."sessionToken")`,
      ],
      check: async ({ rows }, count) =>
        assert.equal((await rows(`SELECT DISTINCT "token" FROM "noted"`)).length, count, "the rule has seen each row"),
    },
  },
  mysql: {
    nothing: { statements: [] },
    "a trigger": {
      later: HOUR,
      statements: [
        `CREATE TRIGGER "later" BEFORE UPDATE ON "session" FOR EACH ROW SET NEW."expires" = NEW."expires" + INTERVAL 1 HOUR`,
      ],
    },
  },
}

for (const database of databases.filter(({ name }) => name !== "sqlite"))
  for (const [guard, { statements, later = 0, check }] of Object.entries(GUARDS[database.name]))
    describe(`sessions guarded by ${guard} on ${database.name}`, () => {
      let user, adapter
      const lane = openLane(database, {
        prepare: async (lane) => {
          user = await lane.user()
          for (const statement of statements) await lane.rows(statement)
        },
      })

      test("writes are right, and share statements where nothing guards", { timeout: 60_000 }, async (t) => {
        // It has looked at the tables after they have been guarded.
        adapter = RustAdapter(lane.database.url, { ...database.options, pool: { max: 4 } })
        t.after(() => adapter.close())
        const callers = Array.from({ length: 40 }, (_, index) => index)
        const given = callers.map((index) => newSession(user.id, { expires: instant(index) }))
        await adapter.createSession(newSession(user.id))
        const shared = () => adapter.stats().batches.writes.statements
        /** Whether so many calls at once, which wait for the table for a while, have shared statements, as they should or not. */
        const share = async (should, calls, expected) => {
          const before = shared()
          const unblock = await blockReads(lane, "session")
          const outcomes = Promise.all(callers.map(calls))
          // On a busy machine they take a while to get there.
          if (should) await eventually("they share", () => shared() > before, 10_000).catch(() => {})
          await sleep(300)
          await unblock()
          if (expected) assert.deepEqual(await outcomes, expected)
          else await outcomes
          return shared() > before
        }
        const [isInsertShared, isDeleteShared] = [database.name === "postgres", database.flavour !== "mysql"]
        const isFree = guard === "nothing"

        const insert = (index) => adapter.createSession(given[index])
        const isInserted = isFree && isInsertShared
        assert.equal(await share(isInserted, insert, given), isInserted)
        const moved = given.map((session, index) => ({ ...session, expires: instant(1_000 + index) }))
        const answers = moved.map((session) => ({ ...session, expires: new Date(session.expires.getTime() + later) }))
        const update = (index) => {
          const { sessionToken, expires } = moved[index]
          return adapter.updateSession({ sessionToken, expires })
        }
        assert.equal(await share(isFree, update, answers), isFree)
        await check?.(lane, callers.length)
        const stored = new Map((await lane.stored("session")).map((row) => [row.sessionToken, row.expires]))
        for (const { sessionToken, expires } of answers) assert.equal(stored.get(sessionToken), expires.getTime())
        const remove = (index) => adapter.deleteSession(given[index].sessionToken)
        const isRemoved = isFree && isDeleteShared
        assert.equal(await share(isRemoved, remove), isRemoved)
        assert.equal((await lane.stored("session")).length, 1)
      })
    })
