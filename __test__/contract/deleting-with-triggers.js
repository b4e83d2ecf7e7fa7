// Users are deleted in one statement with all that is theirs, where the database allows it. Rules and triggers of an application's own
// do not: they keep working.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { openLane } from "./lane.js"
import { newAccount, newSession } from "./rows.js"

const acting = {
  "a rule that does something besides a session's deletion": [
    `CREATE TABLE "heard" ("what" text)`,
    `CREATE RULE also AS ON DELETE TO "session" DO ALSO INSERT INTO "heard" VALUES (OLD."userId")`,
  ],
  "a rule that does something besides a user's deletion": [
    `CREATE TABLE "heard" ("what" text)`,
    `CREATE RULE also AS ON DELETE TO "user" DO ALSO INSERT INTO "heard" VALUES (OLD."id")`,
  ],
  "a trigger that deletes a user's sessions before the user": [
    `CREATE TABLE "heard" ("what" text)`,
    `CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       DELETE FROM "session" WHERE "userId" = OLD."id"; INSERT INTO "heard" VALUES (OLD."id"); RETURN OLD; END $$`,
    `CREATE TRIGGER before_user BEFORE DELETE ON "user" FOR EACH ROW EXECUTE FUNCTION clear()`,
  ],
}

export function deletingWithTriggers(database) {
  if (database.name !== "postgres") return
  for (const [what, statements] of Object.entries(acting)) {
    describe(what, () => {
      const lane = openLane(database, {
        prepare: async (lane) => {
          for (const statement of statements) await lane.rows(statement)
        },
      })
      test("deleteUser deletes the user with all that is theirs, and what acts is heard", async () => {
        const [gone, stays] = [await lane.user(), await lane.user()]
        for (const { id } of [gone, stays]) {
          await lane.adapter.createSession(newSession(id))
          await lane.adapter.linkAccount(newAccount(id))
        }
        assert.deepEqual(await lane.adapter.deleteUser(gone.id), gone)
        for (const table of ["session", "account"]) {
          assert.deepEqual(await lane.storedWhere(table, { userId: gone.id }), [])
          assert.equal((await lane.storedWhere(table, { userId: stays.id })).length, 1)
        }
        assert.ok((await lane.rows(`SELECT "what" FROM "heard"`)).some(({ what }) => what === gone.id))
        assert.equal(await lane.adapter.deleteUser(gone.id), null)
      })
    })
  }
}
