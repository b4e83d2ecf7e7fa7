// Triggers that change a row after it has been written, and after RETURNING has shown it: what a write returns is what is stored.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

/** MySQL's triggers cannot change the table that they are on. */
const makers = {
  async sqlite(rows, table, verb, then) {
    await rows(`CREATE TRIGGER "after ${table} ${verb}" AFTER ${verb} ON "${table}" BEGIN ${then}; END`)
  },
  async postgres(rows, table, verb, then, forEach = "ROW") {
    const name = `after_${table}_${verb}`
    await rows(`CREATE FUNCTION "${name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF pg_trigger_depth() = 1 THEN ${then}; END IF; RETURN NULL; END $$`)
    await rows(`CREATE TRIGGER "${name}" AFTER ${verb} ON "${table}" FOR EACH ${forEach} EXECUTE FUNCTION "${name}"()`)
  },
}
const far = { sqlite: Date.UTC(2045, 0, 1), postgres: "'2045-01-01 00:00:00+00'" }

/** What each table's triggers do to the row. Done twice, it is the same: on SQLite the change sets off the other trigger. */
const changes = (name) => ({
  user: `UPDATE "user" SET "name" = upper("name") WHERE "id" = NEW."id"`,
  account: `UPDATE "account" SET "access_token" = 'sealed ' || replace("access_token", 'sealed ', ''), "expires_at" = 7
    WHERE "provider" = NEW."provider" AND "providerAccountId" = NEW."providerAccountId"`,
  session: `UPDATE "session" SET "expires" = ${far[name]} WHERE "sessionToken" = NEW."sessionToken"`,
  verificationToken: `UPDATE "verificationToken" SET "expires" = ${far[name]}
    WHERE "identifier" = NEW."identifier" AND "token" = NEW."token"`,
  authenticator: `UPDATE "authenticator" SET "counter" = "counter" % 100 + 100 WHERE "credentialID" = NEW."credentialID"`,
})

const kinds = {
  "our tables": () => {},
  "other tables": async (rows) => {
    await rows(`DROP TABLE "rust_auth_adapter_migration"`)
    await rows(`ALTER TABLE "user" ADD "nick" varchar(40)`)
  },
}

export function afterTriggers(database) {
  const maker = makers[database.name]
  if (!maker) return
  for (const [kind, alter] of Object.entries(kinds)) describe(kind, () => define(database, maker, alter))
  if (database.name === "postgres") describe("for each statement", () => forEachStatement(database, maker))
  describe("that remove the row", () => removing(database, maker))
}

const opened = (database, prepare) =>
  openLane(database, {
    prepare: async (lane) => {
      await lane.adapter.close()
      await prepare(lane)
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })
const times = (n, call) => Promise.all(Array.from({ length: n }, (_, i) => call(i)))

function define(database, maker, alter) {
  const lane = opened(database, async ({ rows }) => {
    await alter(rows)
    for (const [table, then] of Object.entries(changes(database.name)))
      for (const verb of ["INSERT", "UPDATE"]) await maker(rows, table, verb, then)
  })

  test("users", () =>
    times(20, async (i) => {
      const created = await lane.adapter.createUser(newUser({ name: `name ${i}` }))
      assert.equal(created.name, `NAME ${i}`)
      assert.deepEqual(await lane.adapter.getUser(created.id), created)
      const updated = await lane.adapter.updateUser({ id: created.id, name: `other ${i}` })
      assert.deepEqual(updated, { ...created, name: `OTHER ${i}` })
      assert.deepEqual(await lane.adapter.getUser(created.id), updated)
    }))

  test("accounts", async () => {
    const { id } = await lane.user()
    await times(20, async (i) => {
      const given = newAccount(id, { access_token: `token ${i}`, expires_at: 4 })
      const linked = await lane.adapter.linkAccount(given)
      assert.deepEqual([linked.access_token, linked.expires_at], [`sealed token ${i}`, 7])
      assert.deepEqual(await lane.adapter.getAccount(given.providerAccountId, given.provider), linked)
    })
  })

  test("sessions", async () => {
    const { id } = await lane.user()
    await times(20, async (i) => {
      const created = await lane.adapter.createSession(newSession(id))
      assert.deepEqual(created.expires, new Date(Date.UTC(2045, 0, 1)))
      const { sessionToken } = created
      assert.deepEqual((await lane.adapter.getSessionAndUser(sessionToken)).session, created)
      const expires = new Date(Date.UTC(2040, 0, 1) + i)
      assert.deepEqual(await lane.adapter.updateSession({ sessionToken, expires }), created)
    })
  })

  test("verification tokens and authenticators", async () => {
    const token = await lane.adapter.createVerificationToken(newVerificationToken())
    assert.deepEqual(token.expires, new Date(Date.UTC(2045, 0, 1)))
    assert.deepEqual(await lane.adapter.useVerificationToken(token), token)
    const { id } = await lane.user()
    const authenticator = await lane.adapter.createAuthenticator(newAuthenticator(id, { counter: 1 }))
    const { credentialID } = authenticator
    assert.equal(authenticator.counter, 101)
    assert.deepEqual(await lane.adapter.getAuthenticator(credentialID), authenticator)
    const counted = await lane.adapter.updateAuthenticatorCounter(credentialID, 5)
    assert.deepEqual(counted, { ...authenticator, counter: 105 })
    assert.deepEqual(await lane.adapter.getAuthenticator(credentialID), counted)
  })

  test("what is not there is not there", async () => {
    await assert.rejects(lane.adapter.updateUser({ id: "nobody", name: "x" }), failure("ERR_NOT_FOUND"))
    assert.equal(await lane.adapter.updateSession({ sessionToken: "none", expires: new Date() }), null)
    await assert.rejects(lane.adapter.createSession(newSession("nobody")), failure("ERR_FOREIGN_KEY"))
  })
}

/** PostgreSQL's, and its rules: neither sees the row. */
function forEachStatement(database, maker) {
  const lane = opened(database, async ({ rows }) => {
    await maker(rows, "user", "UPDATE", `UPDATE "user" SET "name" = upper("name")`, "STATEMENT")
    await rows(`CREATE RULE "cut" AS ON INSERT TO "session" DO ALSO
      UPDATE "session" SET "expires" = ${far.postgres} WHERE "sessionToken" = NEW."sessionToken"`)
  })

  test("and rules", async () => {
    const { id } = await lane.user()
    assert.equal((await lane.adapter.updateUser({ id, name: "name" })).name, "NAME")
    const created = await lane.adapter.createSession(newSession(id))
    assert.deepEqual(created.expires, new Date(Date.UTC(2045, 0, 1)))
  })
}

function removing(database, maker) {
  const lane = opened(database, async ({ rows }) => {
    await maker(rows, "session", "INSERT", `DELETE FROM "session" WHERE "sessionToken" = NEW."sessionToken"`)
    await maker(rows, "user", "UPDATE", `DELETE FROM "user" WHERE "id" = NEW."id"`)
  })

  test("are ERR_NOT_STORED, and nothing has happened", async () => {
    const user = await lane.user()
    await lane.unchangedBy(async () => {
      await assert.rejects(
        lane.adapter.createSession(newSession(user.id)),
        failure("ERR_NOT_STORED", { method: "createSession", table: "session" }),
      )
      await assert.rejects(
        lane.adapter.updateUser({ id: user.id, name: "x" }),
        failure("ERR_NOT_STORED", { method: "updateUser", table: "user" }),
      )
    })
    assert.deepEqual(await lane.adapter.getUser(user.id), user)
  })
}
