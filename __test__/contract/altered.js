// Our tables as an application has altered them since: what a method returns is what the database then holds, not what it was given.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newSession, newUser } from "./rows.js"

const defaults = {
  sqlite: (rows) => recreate(rows, "user", [/"name" text/, `"name" text DEFAULT 'Nobody'`]),
  postgres: (rows) => rows(`ALTER TABLE "user" ALTER "name" SET DEFAULT 'Nobody'`),
  mysql: (rows) => rows(`ALTER TABLE "user" MODIFY "name" varchar(255) DEFAULT 'Nobody'`),
}

/** The type's own default: no column says anything of it. */
const domains = {
  postgres: async (rows) => {
    await rows(`CREATE DOMAIN person AS text DEFAULT 'Nobody'`)
    await rows(`ALTER TABLE "user" ALTER "name" TYPE person`)
  },
}

/** SQLite's triggers cannot change what is about to be stored. */
const triggers = {
  postgres: async (rows) => {
    await rows(`CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW."name" = coalesce(upper(NEW."name"), 'NOBODY'); RETURN NEW; END $$`)
    await rows(`CREATE TRIGGER shouting BEFORE INSERT ON "user" FOR EACH ROW EXECUTE FUNCTION shout()`)
  },
  mysql: (rows) =>
    rows(
      `CREATE TRIGGER shouting BEFORE INSERT ON "user" FOR EACH ROW SET NEW."name" = coalesce(upper(NEW."name"), 'NOBODY')`,
    ),
}

/** Whole seconds; in SQLite a text's affinity, which makes texts of numbers. */
const types = {
  sqlite: (rows) => recreate(rows, "session", [/"expires" integer/, `"expires" text`]),
  postgres: (rows) => rows(`ALTER TABLE "session" ALTER "expires" TYPE timestamptz(0)`),
  mysql: (rows) => rows(`ALTER TABLE "session" MODIFY "expires" datetime(0) NOT NULL`),
}

/** A type that holds no text. */
const binary = {
  sqlite: (rows) => recreate(rows, "session", [/"sessionToken" text/, `"sessionToken" blob`]),
  postgres: (rows) => rows(`ALTER TABLE "session" ALTER "sessionToken" TYPE bytea USING "sessionToken"::bytea`),
  mysql: (rows) => rows(`ALTER TABLE "session" MODIFY "sessionToken" varbinary(512) NOT NULL`),
}

/** Whose triggers are none of the table's. */
const partitions = {
  postgres: async (rows) => {
    await rows(`ALTER TABLE "session" RENAME TO "session_before"`)
    await rows(
      `CREATE TABLE "session" (LIKE "session_before", PRIMARY KEY ("sessionToken")) PARTITION BY HASH ("sessionToken")`,
    )
    await rows(`CREATE TABLE "session_only" PARTITION OF "session" FOR VALUES WITH (MODULUS 1, REMAINDER 0)`)
    await rows(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW."expires" = date_trunc('second', NEW."expires"); RETURN NEW; END $$`)
    await rows(`CREATE TRIGGER cutting BEFORE INSERT ON "session_only" FOR EACH ROW EXECUTE FUNCTION cut()`)
  },
}

export function altered(database) {
  for (const migrate of [false, true]) {
    /** `define(lane)` where `alter` knows how to alter this database's tables. */
    const where = (what, alter, define) =>
      alter[database.name] &&
      describe(`${what}${migrate ? ", migrate: true" : ""}`, () => {
        // The adapter that made the tables has looked at them already.
        define(openLane(database, {
          prepare: async (lane) => {
            await lane.adapter.close()
            await alter[database.name](lane.rows)
            lane.adapter = RustAdapter(lane.database.url, { migrate, ...database.options })
          },
        }))
      })

    const namesNobody = (named) => (lane) =>
      test("createUser returns the name that was stored", async () => {
        for (const given of [newUser(), newUser({ name: undefined }), newUser({ name: null })]) {
          const created = await lane.adapter.createUser(given)
          assert.deepEqual(created, { ...given, name: named(given) })
          await lane.holds("user", { id: given.id }, created)
          assert.deepEqual(await lane.adapter.getUser(given.id), created)
        }
      })
    const filled = namesNobody(({ name }) => (name === undefined ? "Nobody" : name))
    where("a default", defaults, filled)
    where("a domain's default", domains, filled)
    where(
      "a trigger",
      triggers,
      namesNobody(({ name }) => name?.toUpperCase() ?? "NOBODY"),
    )

    const wholeSeconds = (lane) =>
      test("createSession returns the moment that was stored", async () => {
        const user = await lane.user()
        const given = newSession(user.id, { expires: new Date("2099-01-02T03:04:05.250Z") })
        const created = await lane.adapter.createSession(given)
        const { session } = await lane.adapter.getSessionAndUser(given.sessionToken)
        assert.deepEqual(created, session)
        const milliseconds = database.name === "sqlite" ? "250" : "000"
        assert.equal(created.expires.toISOString(), `2099-01-02T03:04:05.${milliseconds}Z`)
      })
    where("another type", types, wholeSeconds)
    where("a partition's trigger", partitions, wholeSeconds)

    where("a type that cannot be read", binary, (lane) =>
      test("every call says which column it is", async () => {
        for (const call of [
          () => lane.adapter.getUser("x"),
          () => lane.adapter.getSessionAndUser("x"),
          () => lane.adapter.createUser(newUser()),
        ]) {
          await assert.rejects(call, failure("ERR_SCHEMA", { table: "session", field: "sessionToken" }))
        }
      }),
    )
  }
}
