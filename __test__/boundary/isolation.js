// Servers and databases whose default isolation level is another one: no call is refused for that, keys that the tables lack are kept,
// and no session outlives its user.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { dropForeignKeys } from "../contract/foreign-keys.js"
import { failure } from "../contract/failure.js"
import { inDays, newAccount, newSession, newUser } from "../contract/rows.js"
import { isolated } from "./isolated.js"

const timeout = 120_000
const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)))

/** Tables without any key, as a dump without its indexes leaves them. */
const keyless = [
  `CREATE TABLE "users" ("id" varchar(36), "name" varchar(100), "email" varchar(191), "emailVerified" bigint, "image" varchar(200))`,
  `CREATE TABLE "accounts" ("userId" varchar(36) NOT NULL, "type" varchar(30) NOT NULL, "provider" varchar(30) NOT NULL,
     "providerAccountId" varchar(100) NOT NULL, "access_token" varchar(255))`,
  `CREATE TABLE "sessions" ("sessionToken" varchar(100) NOT NULL, "userId" varchar(36) NOT NULL, "expires" bigint NOT NULL)`,
]

const tables = {
  "our tables": async ({ url }, options) => {
    const adapter = RustAdapter(url, { ...options, migrate: true })
    await adapter.getUser("nobody")
    await adapter.close()
    return ["user", "account", "session"]
  },
  "our tables without foreign keys": async (database, options) => {
    const names = await tables["our tables"](database, options)
    await dropForeignKeys(database)
    return names
  },
  "tables without keys": async ({ rows }) => {
    for (const statement of keyless) await rows(statement)
    return ["users", "accounts", "sessions"]
  },
}

/** The tests for the lanes of the database `name`, on tables of each kind. */
export async function isolation(name) {
  for (const lane of await isolated(name)) {
    for (const [kind, make] of Object.entries(tables)) describe(`${lane.title}: ${kind}`, () => define(lane, make))
  }
}

function define(lane, make) {
  let database, names, adapters
  before(async () => {
    database = await lane.create()
    names = await make({ ...database, name: lane.name }, lane.options)
    adapters = [10, 12].map((max) =>
      RustAdapter(database.url, { ...lane.options, pool: { max, connectTimeoutMs: 30_000 } }),
    )
    for (const adapter of adapters) await adapter.getUser("nobody")
  })
  after(async () => {
    for (const adapter of adapters ?? []) await adapter.close()
    await database?.close()
  })
  const count = async (table, column, value) =>
    Number((await database.rows(`SELECT count(*) AS "n" FROM "${names[table]}" WHERE "${column}" = ?`, value))[0].n)
  const [user, account, session] = [0, 1, 2]
  const any = (i) => adapters[Math.trunc(i) % 2]

  test("20 callers of createUser with one address make one user", { timeout }, async () => {
    for (let round = 0; round < 3; round++) {
      const { email } = newUser()
      const made = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => any(i).createUser({ email })))
      const refused = made.filter(({ status }) => status === "rejected")
      for (const { reason } of refused) failure("ERR_UNIQUE")(reason)
      assert.equal(refused.length, 19)
      assert.equal(await count(user, "email", email), 1)
    }
  })

  test("20 callers of updateUser and createUser with one address: one has it", { timeout }, async () => {
    for (let round = 0; round < 3; round++) {
      const { email } = newUser()
      const others = await times(14, (i) => any(i).createUser({ email: newUser().email }))
      const calls = others.map(({ id }, i) => any(i).updateUser({ id, email }))
      const made = await Promise.allSettled([
        ...calls,
        ...Array.from({ length: 6 }, (_, i) => any(i).createUser({ email })),
      ])
      const refused = made.filter(({ status }) => status === "rejected")
      for (const { reason } of refused) failure("ERR_UNIQUE")(reason)
      assert.equal(refused.length, 19)
      assert.equal(await count(user, "email", email), 1)
    }
  })

  test("20 callers of linkAccount with one account make one row, and all succeed", { timeout }, async () => {
    for (let round = 0; round < 3; round++) {
      const { id } = await any(round).createUser({ email: newUser().email })
      const { userId, type, provider, providerAccountId } = newAccount(id)
      await times(20, (i) => any(i).linkAccount({ userId, type, provider, providerAccountId }))
      assert.equal(await count(account, "providerAccountId", providerAccountId), 1)
    }
  })

  test("updates and revocations of the same rows all succeed", { timeout }, async () => {
    for (let round = 0; round < 4; round++) {
      const { id } = await any(round).createUser({ email: newUser().email })
      const made = await times(6, (i) => any(i).createSession(newSession(id)))
      await times(36, (i) => {
        const { sessionToken } = made[i % 3]
        switch (i % 6) {
          case 0:
            return any(i / 6).updateUser({ id, name: `name ${i}` })
          case 1:
            return any(i / 6).updateSession({ sessionToken, expires: inDays(i) })
          case 2:
            return any(i / 6).revokeOtherSessions(id, made[0].sessionToken)
          case 3:
            return any(i / 6).deleteSession(made[i % 6].sessionToken)
          case 4:
            return any(i / 6).createSession(newSession(id, { sessionToken: randomUUID() }))
          default:
            return i > 30 ? any(i / 6).revokeAllSessions(id) : any(i / 6).listSessions(id)
        }
      })
      await any(round).revokeAllSessions(id)
      assert.equal(await count(session, "userId", id), 0)
    }
  })

  test("60 updates of one user and one session all succeed", { timeout }, async () => {
    const { id } = await any(0).createUser({ email: newUser().email })
    const { sessionToken } = await any(1).createSession(newSession(id))
    for (let round = 0; round < 3; round++) {
      await times(60, (i) =>
        i % 2
          ? any(i / 2).updateUser({ id, name: `name ${i}` })
          : any(i / 2).updateSession({ sessionToken, expires: inDays(i + 1) }),
      )
    }
  })

  test("users are deleted while they sign in and change: no conflict, and nothing is left", { timeout }, async () => {
    const gone = failure("ERR_FOREIGN_KEY")
    for (let round = 0; round < 8; round++) {
      const { id } = await any(round).createUser({ email: newUser().email })
      const first = await any(round).createSession(newSession(id))
      await Promise.all([
        ...Array.from({ length: 6 }, (_, i) => any(i).createSession(newSession(id)).catch(gone)),
        ...Array.from({ length: 3 }, (_, i) => any(i).linkAccount(newAccount(id)).catch(gone)),
        ...Array.from({ length: 3 }, (_, i) =>
          any(i)
            .updateUser({ id, name: `n ${i}` })
            .catch(failure("ERR_NOT_FOUND")),
        ),
        any(round).updateSession({ sessionToken: first.sessionToken, expires: inDays(3) }),
        ...Array.from({ length: 2 }, (_, i) => any(i).deleteUser(id)),
        any(round).revokeAllSessions(id),
      ])
      assert.equal(await count(user, "id", id), 0)
      assert.equal(await count(account, "userId", id), 0)
      assert.equal(await count(session, "userId", id), 0)
    }
  })

  test("many first calls at once make our tables once", { timeout }, async () => {
    const fresh = await lane.create()
    const callers = Array.from({ length: 6 }, (_, i) =>
      RustAdapter(fresh.url, { ...lane.options, migrate: true, pool: { max: i + 1, connectTimeoutMs: 30_000 } }),
    )
    try {
      await Promise.all(callers.map((adapter) => adapter.getUser("nobody")))
    } finally {
      await Promise.all(callers.map((adapter) => adapter.close()))
      await fresh.close()
    }
  })
}
