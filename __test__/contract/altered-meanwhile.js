// A column gets another type after the adapter has looked at the tables, and before it sends a method's statement for the first
// time: the method answers what it wrote or removed all the same, and does it once.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { inDays, newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

/** `[table, column, type, how values become it, how they become what they were]`. */
const postgres = [
  ["user", "name", "varchar(300)"],
  ["user", "name", "name"],
  ["user", "emailVerified", "timestamp", `"emailVerified" AT TIME ZONE 'UTC'`, `"emailVerified" AT TIME ZONE 'UTC'`],
  [
    "user",
    "emailVerified",
    "bigint",
    `extract(epoch FROM "emailVerified") * 1000`,
    `to_timestamp("emailVerified" / 1000.0)`,
  ],
  ["account", "expires_at", "integer"],
  ["account", "expires_at", "numeric"],
  ["account", "expires_at", "text", `"expires_at"::text`, `"expires_at"::bigint`],
  ["session", "expires", "timestamp", `"expires" AT TIME ZONE 'UTC'`, `"expires" AT TIME ZONE 'UTC'`],
  ["session", "expires", "bigint", `extract(epoch FROM "expires") * 1000`, `to_timestamp("expires" / 1000.0)`],
  ["session", "expires", "text", `"expires"::text`, `"expires"::timestamptz`],
  ["session", "sessionToken", "varchar(512)"],
  ["verificationToken", "expires", "timestamp", `"expires" AT TIME ZONE 'UTC'`, `"expires" AT TIME ZONE 'UTC'`],
  [
    "verificationToken",
    "expires",
    "bigint",
    `extract(epoch FROM "expires") * 1000`,
    `to_timestamp("expires" / 1000.0)`,
  ],
  ["authenticator", "counter", "integer"],
  ["authenticator", "counter", "numeric"],
  ["authenticator", "counter", "text", `"counter"::text`, `"counter"::bigint`],
  ["authenticator", "credentialBackedUp", "integer", `"credentialBackedUp"::integer`, `"credentialBackedUp"::boolean`],
]

const mysql = [
  ["user", "name", "varchar(300)"],
  ["user", "emailVerified", "timestamp(3) NULL"],
  ["user", "emailVerified", "varchar(40)"],
  ["account", "expires_at", "int"],
  ["account", "expires_at", "int unsigned"],
  ["account", "expires_at", "bigint unsigned"],
  ["account", "expires_at", "varchar(30)"],
  ["account", "expires_at", "decimal(20,0)"],
  ["account", "expires_at", "double"],
  ["session", "expires", "timestamp(3)"],
  ["session", "expires", "varchar(40)"],
  ["session", "sessionToken", "varchar(300)"],
  ["verificationToken", "expires", "datetime(6)"],
  ["verificationToken", "expires", "varchar(40)"],
  ["authenticator", "counter", "int"],
  ["authenticator", "counter", "varchar(30)"],
  ["authenticator", "counter", "decimal(20,2)"],
  ["authenticator", "counter", "double"],
  ["authenticator", "credentialBackedUp", "int"],
  ["authenticator", "credentialBackedUp", "varchar(5)"],
]

const sqlite = [
  ["user", "emailVerified", "text"],
  ["user", "emailVerified", "real"],
  ["account", "expires_at", "text"],
  ["account", "expires_at", "real"],
  ["session", "expires", "text"],
  ["session", "expires", "real"],
  ["verificationToken", "expires", "datetime"],
  ["verificationToken", "expires", "text"],
  ["authenticator", "counter", "text"],
  ["authenticator", "credentialBackedUp", "text"],
]

const alterations = { postgres, mysql, sqlite }

/** What the columns are that the tables above make something else of. */
const own = {
  postgres: {
    name: "text",
    emailVerified: "timestamptz(3)",
    expires_at: "bigint",
    expires: "timestamptz(3)",
    sessionToken: "text",
    counter: "bigint",
    credentialBackedUp: "boolean",
  },
  mysql: {
    name: "mediumtext",
    emailVerified: "datetime(3)",
    expires_at: "bigint",
    expires: "datetime(3)",
    sessionToken: "varchar(512)",
    counter: "bigint",
    credentialBackedUp: "boolean",
  },
  sqlite: {
    emailVerified: "integer",
    expires_at: "integer",
    expires: "integer",
    counter: "integer",
    credentialBackedUp: "integer",
  },
}

const isRequired = (column) => ["expires", "sessionToken", "counter", "credentialBackedUp"].includes(column)

const alter = {
  postgres: (rows, table, column, _, type, using) =>
    rows(`ALTER TABLE "${table}" ALTER "${column}" TYPE ${type}${using ? ` USING ${using}` : ""}`),
  mysql: (rows, table, column, _, type) =>
    rows(`ALTER TABLE "${table}" MODIFY "${column}" ${type}${isRequired(column) ? " NOT NULL" : ""}`),
  sqlite: async (rows, table, column, before, type) => {
    await rows(`CREATE TABLE "kept" AS SELECT * FROM "${table}"`)
    await recreate(rows, table, [new RegExp(`"${column}" ${before}`), `"${column}" ${type}`])
    await rows(`INSERT INTO "${table}" SELECT * FROM "kept"`)
    await rows(`DROP TABLE "kept"`)
  },
}

/**
 * By table: what is there before (`make`), the call, what it answers, and how many rows there are afterwards that have the
 * `key`'s value.
 */
const methods = {
  user: {
    createUser: { call: (adapter, user) => adapter.createUser(user), left: 1 },
    updateUser: {
      make: (adapter, user) => adapter.createUser(user),
      call: (adapter, { id }) => adapter.updateUser({ id, image: "new" }),
      answers: (user) => ({ ...user, image: "new" }),
      left: 1,
    },
    deleteUser: {
      make: (adapter, user) => adapter.createUser(user),
      call: (adapter, { id }) => adapter.deleteUser(id),
      left: 0,
    },
  },
  account: {
    linkAccount: { call: (adapter, account) => adapter.linkAccount(account), left: 1 },
    unlinkAccount: {
      make: (adapter, account) => adapter.linkAccount(account),
      call: (adapter, { provider, providerAccountId }) => adapter.unlinkAccount({ provider, providerAccountId }),
      left: 0,
    },
  },
  session: {
    createSession: { call: (adapter, session) => adapter.createSession(session), left: 1 },
    updateSession: {
      make: (adapter, session) => adapter.createSession(session),
      call: (adapter, { sessionToken, userId }) => adapter.updateSession({ sessionToken, userId }),
      left: 1,
    },
    "updateSession with a date": {
      make: (adapter, session) => adapter.createSession({ ...session, expires: inDays(3) }),
      call: (adapter, { sessionToken, expires }) => adapter.updateSession({ sessionToken, expires }),
      left: 1,
    },
    deleteSession: {
      make: (adapter, session) => adapter.createSession(session),
      call: (adapter, { sessionToken }) => adapter.deleteSession(sessionToken),
      left: 0,
    },
    revokeAllSessions: {
      make: (adapter, session) => adapter.createSession(session),
      call: (adapter, { userId }) => adapter.revokeAllSessions(userId),
      answers: () => 1,
      left: 0,
    },
    revokeOtherSessions: {
      make: (adapter, session) => adapter.createSession(session),
      call: (adapter, { userId }) => adapter.revokeOtherSessions(userId, "another"),
      answers: () => 1,
      left: 0,
    },
  },
  verificationToken: {
    createVerificationToken: { call: (adapter, token) => adapter.createVerificationToken(token), left: 1 },
    useVerificationToken: {
      make: (adapter, token) => adapter.createVerificationToken(token),
      call: (adapter, { identifier, token }) => adapter.useVerificationToken({ identifier, token }),
      left: 0,
    },
  },
  authenticator: {
    createAuthenticator: { call: (adapter, authenticator) => adapter.createAuthenticator(authenticator), left: 1 },
    updateAuthenticatorCounter: {
      make: (adapter, authenticator) => adapter.createAuthenticator(authenticator),
      call: (adapter, { credentialID }) => adapter.updateAuthenticatorCounter(credentialID, 7),
      answers: (authenticator) => ({ ...authenticator, counter: 7 }),
      left: 1,
    },
  },
}

const given = {
  user: ["id", () => newUser()],
  account: ["providerAccountId", (userId) => newAccount(userId)],
  session: ["sessionToken", (userId) => newSession(userId)],
  verificationToken: ["token", () => newVerificationToken()],
  authenticator: ["credentialID", (userId) => newAuthenticator(userId, { counter: 3 })],
}

export function alteredMeanwhile(database) {
  const lane = openLane(database)
  let limit = 20_000
  for (const [table, column, type, there, back] of alterations[database.name]) {
    describe(`${table}.${column}, ${type} meanwhile`, () => {
      for (const [method, { make, call, answers = (record) => record, left }] of Object.entries(methods[table])) {
        test(`${method} answers, and happens once`, async () => {
          const { rows } = lane
          const [key, record] = given[table]
          const made = record((await lane.user()).id)
          await make?.(lane.adapter, made)
          // With an option of its own it shares nothing with the other adapter.
          const adapter = RustAdapter(lane.database.url, { ...database.options, pool: { operationTimeoutMs: limit++ } })
          try {
            await adapter.getUser("nobody")
            await alter[database.name](rows, table, column, own[database.name][column], type, there)
            assert.deepEqual(await call(adapter, made), answers(made))
            const [{ count }] = await rows(`SELECT count(*) AS "count" FROM "${table}" WHERE "${key}" = '${made[key]}'`)
            assert.equal(Number(count), left)
          } finally {
            await adapter.close()
            await rows(`DELETE FROM "${table}"`)
            await alter[database.name](rows, table, column, type, own[database.name][column], back)
          }
        })
      }
    })
  }
}
