// A trigger that passes a row over without an error: a write that has no row to show for it is a rejection that says so, and what
// may find nothing finds nothing.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken, tables } from "./rows.js"

/** MySQL's triggers can fail, but not pass a row over. */
const triggers = {
  sqlite: (rows, table, verb) =>
    rows(`CREATE TRIGGER "drop ${table} ${verb}" BEFORE ${verb} ON "${table}" BEGIN SELECT RAISE(IGNORE); END`),
  postgres: async (rows, table, verb) => {
    await rows(`CREATE OR REPLACE FUNCTION dropping() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`)
    await rows(
      `CREATE TRIGGER "drop ${table} ${verb}" BEFORE ${verb} ON "${table}" FOR EACH ROW EXECUTE FUNCTION dropping()`,
    )
  },
}

export function droppedRows(database) {
  const trigger = triggers[database.name]
  if (!trigger) return

  const withTriggers = (title, verbs, define) =>
    describe(title, () => {
      const made = {}
      define(
        openLane(database, {
          prepare: async (lane) => {
            made.user = await lane.user()
            const { id } = made.user
            made.account = await lane.adapter.linkAccount(newAccount(id))
            made.session = await lane.adapter.createSession(newSession(id))
            made.authenticator = await lane.adapter.createAuthenticator(newAuthenticator(id))
            made.token = await lane.adapter.createVerificationToken(newVerificationToken())
            for (const table of tables) for (const verb of verbs) await trigger(lane.rows, table, verb)
          },
        }),
        made,
      )
    })

  /** Forty at once, with others that have nothing to do with it. */
  const each = async (lane, made, call, check) => {
    await check(call())
    const calls = Array.from({ length: 40 }, () => [
      check(call()),
      lane.adapter.getUser(made.user.id).then((user) => assert.deepEqual(user, made.user)),
      lane.adapter
        .getSessionAndUser(made.session.sessionToken)
        .then(({ session }) => assert.deepEqual(session, made.session)),
    ])
    await Promise.all(calls.flat())
  }
  const isNotStored = (method, table) => (answer) =>
    assert.rejects(answer, failure("ERR_NOT_STORED", { method, table }))
  const isNull = async (answer) => assert.equal(await answer, null)

  withTriggers("on INSERT", ["INSERT"], (lane, made) => {
    const inserts = {
      createUser: ["user", () => lane.adapter.createUser(newUser({ unknown: 1 }))],
      createSession: ["session", () => lane.adapter.createSession(newSession(made.user.id))],
      linkAccount: ["account", () => lane.adapter.linkAccount(newAccount(made.user.id))],
      createVerificationToken: [
        "verificationToken",
        () => lane.adapter.createVerificationToken(newVerificationToken()),
      ],
      createAuthenticator: ["authenticator", () => lane.adapter.createAuthenticator(newAuthenticator(made.user.id))],
    }
    for (const [method, [table, call]] of Object.entries(inserts)) {
      test(`${method} is ERR_NOT_STORED`, () =>
        lane.unchangedBy(() => each(lane, made, call, isNotStored(method, table))))
    }
  })

  withTriggers("on UPDATE", ["UPDATE"], (lane, made) => {
    const updates = {
      updateUser: ["user", () => lane.adapter.updateUser({ id: made.user.id, name: "changed", unknown: 1 })],
      updateSession: [
        "session",
        () => lane.adapter.updateSession({ sessionToken: made.session.sessionToken, expires: new Date() }),
      ],
      updateAuthenticatorCounter: [
        "authenticator",
        () => lane.adapter.updateAuthenticatorCounter(made.authenticator.credentialID, 7),
      ],
    }
    for (const [method, [table, call]] of Object.entries(updates)) {
      test(`${method} is ERR_NOT_STORED`, () =>
        lane.unchangedBy(() => each(lane, made, call, isNotStored(method, table))))
    }
    test("what is not there is not there", async () => {
      await assert.rejects(
        lane.adapter.updateUser({ id: "nobody", name: "x" }),
        failure("ERR_NOT_FOUND", { method: "updateUser" }),
      )
      assert.equal(await lane.adapter.updateSession({ sessionToken: "none", expires: new Date() }), null)
    })
  })

  withTriggers("on DELETE", ["DELETE"], (lane, made) => {
    const deletions = {
      deleteUser: () => lane.adapter.deleteUser(made.user.id),
      unlinkAccount: () => lane.adapter.unlinkAccount(made.account),
      deleteSession: () => lane.adapter.deleteSession(made.session.sessionToken),
      useVerificationToken: () => lane.adapter.useVerificationToken(made.token),
    }
    for (const [method, call] of Object.entries(deletions)) {
      test(`${method} is null: nothing was deleted`, () => lane.unchangedBy(() => each(lane, made, call, isNull)))
    }
    test("devices that stay are not counted as revoked", async () => {
      const [{ id }] = await lane.adapter.listSessions(made.user.id)
      assert.equal(await lane.adapter.revokeSession(made.user.id, id), false)
      assert.equal(await lane.adapter.revokeAllSessions(made.user.id), 0)
    })
  })
}
