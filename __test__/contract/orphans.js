// Rows whose user is gone: where ids are used again, the next user would be signed in by them. None is ever made, under any
// foreign keys.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { changeForeignKeys, dropForeignKeys, takesOrphans } from "./foreign-keys.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession } from "./rows.js"

const children = ["account", "session", "authenticator"]

/** How the foreign keys are; a kind that a database does not have is left out. */
const kinds = {
  ours: { sqlite: () => {}, postgres: () => {}, mysql: () => {} },
  none: { sqlite: dropForeignKeys, postgres: dropForeignKeys, mysql: dropForeignKeys },
  "without CASCADE": Object.fromEntries(
    ["sqlite", "postgres", "mysql"].map((name) => [name, (lane) => changeForeignKeys(lane, "ON DELETE NO ACTION")]),
  ),
  "not validated": { postgres: (lane) => changeForeignKeys(lane, "ON DELETE CASCADE", "NOT VALID") },
  disabled: {
    postgres: async (lane) => {
      for (const table of ["user", ...children]) await lane.rows(`ALTER TABLE "${table}" DISABLE TRIGGER ALL`)
      await takesOrphans(lane)
    },
  },
  "ignored by MyISAM": {
    mysql: async (lane) => {
      await dropForeignKeys(lane)
      // MyISAM's keys are shorter than InnoDB's.
      const shorter = {
        user: { id: 100, email: 190 },
        session: { sessionToken: 100, userId: 100 },
        account: { provider: 50, providerAccountId: 100, userId: 100 },
        authenticator: { credentialID: 100, userId: 100 },
      }
      for (const [table, columns] of Object.entries(shorter)) {
        const changes = Object.entries(columns).map(
          ([column, length]) => `MODIFY "${column}" varchar(${length}) ${column === "email" ? "" : "NOT NULL"}`,
        )
        await lane.rows(`ALTER TABLE "${table}" ${changes.join(", ")}`)
        await lane.rows(`ALTER TABLE "${table}" ENGINE = MyISAM`)
      }
      await lane.rows(`ALTER TABLE "session" ADD FOREIGN KEY ("userId") REFERENCES "user" ("id")`)
      await takesOrphans(lane)
    },
  },
}

export function orphans(database) {
  for (const [kind, prepare] of Object.entries(kinds)) {
    // Group Replication writes to no table of MyISAM's.
    if (prepare[database.name] && !(database.wantsKeys && kind === "ignored by MyISAM"))
      describe(`foreign keys: ${kind}`, () => define(database, prepare[database.name]))
  }
}

function define(database, prepare) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.adapter.close()
      await prepare(lane)
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })
  const gone = failure("ERR_FOREIGN_KEY")
  const make = {
    account: (id) => lane.adapter.linkAccount(newAccount(id)),
    session: (id) => lane.adapter.createSession(newSession(id)),
    authenticator: (id) => lane.adapter.createAuthenticator(newAuthenticator(id)),
  }
  const nothingOf = async (id) => {
    for (const table of children) assert.deepEqual(await lane.storedWhere(table, { userId: id }), [], table)
  }

  test("what belongs to a user who is not there is refused, and what belongs to one who is there is stored", async () => {
    const user = await lane.user()
    for (const table of children) {
      for (const id of ["nobody", user.id.toUpperCase(), `${user.id} `]) {
        await assert.rejects(make[table](id), failure("ERR_FOREIGN_KEY"), `${table} of ${id}`)
      }
      const made = await make[table](user.id)
      await lane.holds(table, { userId: user.id }, made)
    }
    await nothingOf("nobody")
  })

  test("what belongs to a user who has been deleted is refused", async () => {
    const user = await lane.user()
    assert.deepEqual(await lane.adapter.deleteUser(user.id), user)
    for (const table of children) await assert.rejects(make[table](user.id), gone, table)
    await nothingOf(user.id)
  })

  test("a user is deleted while others sign in, link and register: 25 rounds, nothing is left", async (t) => {
    const other = RustAdapter(lane.database.url, { ...database.options, pool: { max: 4 } })
    t.after(() => other.close())
    await other.getUser("nobody")
    for (let round = 0; round < 25; round++) {
      const { id } = await lane.user()
      await make.session(id)
      const sign = (adapter) => [
        adapter.createSession(newSession(id)).catch(gone),
        adapter.linkAccount(newAccount(id)).catch(gone),
        adapter.createAuthenticator(newAuthenticator(id)).catch(gone),
      ]
      const [deleted] = await Promise.all([
        new Promise((resolve) => setTimeout(resolve, round % 4)).then(() => lane.adapter.deleteUser(id)),
        ...sign(other),
        ...sign(lane.adapter),
        ...sign(other),
      ])
      assert.equal(deleted.id, id)
      await nothingOf(id)
    }
  })
}
