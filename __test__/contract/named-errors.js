// An error of the database names the table and field that it is about, as callers know them, and the column where that has
// another name. Never a value.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newAccount, newSession, newUser, newVerificationToken } from "./rows.js"

const refuses = "no secret may do that"

/** A rule that a name must not be "forbidden". */
const check = {
  sqlite: (rows) =>
    recreate(rows, "user", [/"name" text/, `"name" text CONSTRAINT "polite" CHECK ("name" <> 'forbidden')`]),
  postgres: (rows) => rows(`ALTER TABLE "user" ADD CONSTRAINT "polite" CHECK ("name" <> 'forbidden')`),
  mysql: (rows) => rows(`ALTER TABLE "user" ADD CONSTRAINT "polite" CHECK ("name" <> 'forbidden')`),
}

/** A trigger that refuses each session. */
const trigger = {
  sqlite: [
    `CREATE TRIGGER "refusing" BEFORE INSERT ON "session" BEGIN SELECT RAISE(ABORT, '${refuses}'); END`,
    `DROP TRIGGER "refusing"`,
  ],
  postgres: [
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${refuses}'; END $$;
     CREATE TRIGGER "refusing" BEFORE INSERT ON "session" FOR EACH ROW EXECUTE FUNCTION refuse()`,
    `DROP TRIGGER "refusing" ON "session"`,
  ],
  mysql: [
    `CREATE TRIGGER "refusing" BEFORE INSERT ON "session" FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${refuses}'`,
    `DROP TRIGGER "refusing"`,
  ],
}

/** A trigger of the user's table that writes the same row elsewhere each time. */
const elsewhere = {
  sqlite: `CREATE TRIGGER "logging" AFTER INSERT ON "user" BEGIN INSERT INTO "log" VALUES (1); END`,
  postgres: `CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "log" VALUES (1); RETURN NEW; END $$;
    CREATE TRIGGER "logging" AFTER INSERT ON "user" FOR EACH ROW EXECUTE FUNCTION log()`,
  mysql: `CREATE TRIGGER "logging" AFTER INSERT ON "user" FOR EACH ROW INSERT INTO "log" VALUES (1)`,
}

export function namedErrors(database) {
  const { name } = database

  const rejects = async (call, code, details, ...secrets) =>
    assert.rejects(call, (error) => {
      failure(code, details)(error)
      const said = [error.message, error.cause?.message, error.table, error.field, error.column, error.constraint].join(
        "\n",
      )
      for (const secret of [refuses, "forbidden", ...secrets]) {
        // A check without a name of its own would be shown, and holds what its author wrote.
        assert.equal(said.includes(secret), false, said)
      }
      return true
    })

  for (const [title, prepare, column] of [
    ["our own tables", undefined, undefined],
    [
      "a column of another name",
      async (lane) => {
        await lane.adapter.close()
        await lane.rows(`ALTER TABLE "user" RENAME COLUMN "email" TO "mail"`)
        const columns = { user: { email: "mail" } }
        lane.adapter = RustAdapter(lane.database.url, { ...database.options, columns })
      },
      "mail",
    ],
  ]) {
    describe(title, () => {
      const lane = openLane(database, { prepare })

      test("a key that is taken", async () => {
        const { adapter } = lane
        const user = await lane.user()
        const other = await lane.user()
        const taken = { table: "user", field: "email", column }
        await rejects(adapter.createUser(newUser({ email: user.email })), "ERR_UNIQUE", taken, user.email)
        await rejects(adapter.updateUser({ id: other.id, email: user.email }), "ERR_UNIQUE", taken, user.email)
        await rejects(
          adapter.createUser(newUser({ id: user.id })),
          "ERR_UNIQUE",
          { table: "user", field: "id" },
          user.id,
        )
        const session = await adapter.createSession(newSession(user.id))
        const token = { table: "session", field: "sessionToken" }
        await rejects(adapter.createSession(session), "ERR_UNIQUE", token, session.sessionToken)
        const account = await adapter.linkAccount(newAccount(user.id))
        await rejects(
          adapter.linkAccount({ ...account, userId: other.id }),
          "ERR_UNIQUE",
          { table: "account", field: "provider, providerAccountId" },
          account.providerAccountId,
        )
        const verification = await adapter.createVerificationToken(newVerificationToken())
        await rejects(
          adapter.createVerificationToken(verification),
          "ERR_UNIQUE",
          { table: "verificationToken", field: "identifier, token" },
          verification.token,
        )
      })

      test("a user who is not there", async () => {
        const { adapter } = lane
        const field = "userId"
        const session = newSession("nobody at all")
        await rejects(adapter.createSession(session), "ERR_FOREIGN_KEY", { table: "session", field }, session.userId)
        const account = newAccount("nobody at all")
        await rejects(adapter.linkAccount(account), "ERR_FOREIGN_KEY", { table: "account", field }, account.userId)
      })
    })
  }

  describe("a check", () => {
    const lane = openLane(database, { prepare: ({ rows }) => check[name](rows) })
    test("is named with its table", async () => {
      const { adapter } = lane
      const user = await lane.user()
      const details = { table: "user", constraint: "polite" }
      await rejects(adapter.createUser(newUser({ name: "forbidden" })), "ERR_DATABASE", details)
      await rejects(adapter.updateUser({ id: user.id, name: "forbidden" }), "ERR_DATABASE", details)
    })
  })

  describe("a trigger", () => {
    const lane = openLane(database)
    test("that objects is of the table that was to be written", async () => {
      const user = await lane.user()
      const [create, drop] = trigger[name]
      await lane.rows(create)
      await rejects(lane.adapter.createSession(newSession(user.id)), "ERR_DATABASE", { table: "session" })
      await lane.rows(drop)
    })

    test("that writes elsewhere is not blamed on the table that was to be written", async () => {
      await lane.rows(`CREATE TABLE "log" ("entry" integer NOT NULL, CONSTRAINT "once" UNIQUE ("entry"))`)
      await lane.rows(`INSERT INTO "log" VALUES (1)`)
      await lane.rows(elsewhere[name])
      const table = name === "mysql" ? undefined : "log"
      await rejects(lane.adapter.createUser(newUser()), "ERR_UNIQUE", { table })
    })
  })

  // Where there are no users, or but one, no privilege is missing.
  if (name === "sqlite" || database.oneUser) return
  describe("a privilege that is missing", () => {
    const role = `reader_${Date.now().toString(36)}`
    let adapter
    // Before the lane's own end.
    after(async () => {
      await adapter?.close()
      if (name === "postgres") await lane.rows(`DROP OWNED BY ${role}`)
      await lane.rows(`DROP ${name === "postgres" ? "ROLE" : "USER"} ${role}`)
    })
    const lane = openLane(database)
    before(async () => {
      // Past the pooler, where there is one: it does not know the role.
      const url = new URL(lane.database.direct ?? lane.database.url)
      if (name === "postgres") {
        await lane.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
        await lane.rows(`GRANT USAGE ON SCHEMA public TO ${role}`)
        await lane.rows(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`)
      } else {
        await lane.rows(`CREATE USER ${role} IDENTIFIED BY 'secret'`)
        await lane.rows(`GRANT SELECT ON ${url.pathname.slice(1)}.* TO ${role}`)
      }
      ;[url.username, url.password] = [role, "secret"]
      adapter = RustAdapter(url.href)
    })
    test("is of the table", async () => {
      const { id } = await lane.user()
      await rejects(adapter.createSession(newSession(id)), "ERR_DATABASE", { table: "session" })
      await rejects(adapter.updateUser({ id, name: "Bill" }), "ERR_DATABASE", { table: "user" })
    })

    if (name !== "postgres") return
    test("so is a policy", async () => {
      const { id } = await lane.user()
      await lane.rows(`GRANT INSERT ON "session" TO ${role}`)
      await lane.rows(`ALTER TABLE "session" ENABLE ROW LEVEL SECURITY`)
      await rejects(adapter.createSession(newSession(id)), "ERR_DATABASE", { table: "session", sqlState: "42501" })
      await lane.rows(`ALTER TABLE "session" DISABLE ROW LEVEL SECURITY`)
    })
  })
}
