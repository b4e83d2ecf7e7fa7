// Tables that another client changes while the adapter is in use: no call fails that could have succeeded, and what is new is used.
import assert from "node:assert/strict"
import { once } from "node:events"
import { describe, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { runProgram } from "../boundary/program.js"
import { failure } from "./failure.js"
import { collations } from "../databases/collations.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken, inDays } from "./rows.js"

const timeout = 60_000
const CALLERS = 40

/** As many as `life` calls. */
const METHODS = 24

/**
 * Runs statements from outside. SQLite's in a process of its own: two builds of SQLite in one process (better-sqlite3's and ours)
 * do not see each other's locks.
 */
async function outside(lane, statements) {
  if (lane.name !== "sqlite") {
    for (const statement of statements) await lane.rows(statement)
    return
  }
  const { code, stderr } = await runProgram(
    `
    import Database from "better-sqlite3"
    const database = new Database(given.path, { timeout: 20_000 })
    for (const statement of given.statements) database.exec(statement)
    database.close()
  `,
    { path: lane.database.path, statements },
  )
  assert.deepEqual([code, stderr], [0, ""])
}

/** One person's whole life, by every method. */
async function life(adapter) {
  const user = await adapter.createUser(newUser())
  const { id, email } = user
  await adapter.getUser(id)
  await adapter.getUserByEmail(email)
  await adapter.updateUser({ id, name: "Bill", image: "x" })
  const account = await adapter.linkAccount(newAccount(id))
  await adapter.getUserByAccount(account)
  await adapter.getAccount(account.providerAccountId, account.provider)
  await adapter.listAccounts(id)
  const session = newSession(id)
  await adapter.createSession(session)
  await adapter.createSession(newSession(id))
  await adapter.getSessionAndUser(session.sessionToken)
  await adapter.updateSession({ sessionToken: session.sessionToken, expires: inDays(20) })
  const [listed] = await adapter.listSessions(id)
  if (listed) await adapter.revokeSession(id, listed.id)
  await adapter.revokeOtherSessions(id, session.sessionToken)
  await adapter.deleteSession(session.sessionToken)
  await adapter.revokeAllSessions(id)
  const token = newVerificationToken()
  await adapter.createVerificationToken(token)
  await adapter.useVerificationToken(token)
  const { credentialID } = await adapter.createAuthenticator(newAuthenticator(id))
  await adapter.getAuthenticator(credentialID)
  await adapter.listAuthenticatorsByUserId(id)
  await adapter.updateAuthenticatorCounter(credentialID, 1)
  await adapter.unlinkAccount(account)
  await adapter.deleteUser(id)
}

/** Lets callers live while `change` happens, and until each method has been called since by many. */
async function during(adapter, change) {
  const stopped = new Error("stopped")
  let changed = false
  const since = new Map()
  const isEnough = () => since.size === METHODS && Math.min(...since.values()) >= CALLERS / 4
  const watched = new Proxy(
    {},
    {
      get:
        (_, method) =>
        async (...given) => {
          if (changed && isEnough()) throw stopped
          const answer = await adapter[method](...given)
          if (changed) since.set(method, (since.get(method) ?? 0) + 1)
          return answer
        },
    },
  )
  const caller = async (_, number) => {
    await pause(number) // so that they are not all at the same point
    try {
      for (;;) await life(watched)
    } catch (error) {
      if (error !== stopped) throw error
    }
  }
  await Promise.all([
    ...Array.from({ length: CALLERS }, caller),
    pause(60)
      .then(change)
      .then(() => (changed = true)),
  ])
  assert.ok(isEnough())
}

const generated = { sqlite: "VIRTUAL", postgres: "STORED", mysql: "VIRTUAL" }

/** Statements, all of which leave what every method needs. */
const changes = (database) => {
  const everyTable = (change) =>
    ["user", "account", "session", "verificationToken", "authenticator"].map(
      (table) => `ALTER TABLE "${table}" ${change}`,
    )
  return {
    "ADD COLUMN": everyTable(`ADD COLUMN "note" text`),
    "ADD COLUMN NOT NULL DEFAULT": everyTable(`ADD COLUMN "level" integer DEFAULT 3 NOT NULL`),
    "ADD COLUMN GENERATED": [
      `ALTER TABLE "user" ADD COLUMN "loud" varchar(300) GENERATED ALWAYS AS (upper("name")) ${generated[database.name]}`,
    ],
    "DROP COLUMN": [
      `ALTER TABLE "user" DROP COLUMN "image"`,
      `ALTER TABLE "account" DROP COLUMN "scope"`,
      `ALTER TABLE "authenticator" DROP COLUMN "transports"`,
    ],
    "RENAME COLUMN": [
      `ALTER TABLE "user" RENAME COLUMN "name" TO "title"`,
      `ALTER TABLE "account" RENAME COLUMN "session_state" TO "state"`,
    ],
    "another type": {
      sqlite: [`ALTER TABLE "user" DROP COLUMN "image"`, `ALTER TABLE "user" ADD COLUMN "image" varchar(500)`],
      postgres: [
        `ALTER TABLE "user" ALTER "image" TYPE varchar(500)`,
        `ALTER TABLE "account" ALTER "expires_at" TYPE integer`,
        `ALTER TABLE "authenticator" ALTER "counter" TYPE integer`,
        `ALTER TABLE "session" ALTER "expires" TYPE timestamptz(6)`,
      ],
      mysql: [
        `ALTER TABLE "user" MODIFY "image" varchar(500)`,
        `ALTER TABLE "account" MODIFY "scope" varchar(500)`,
        `ALTER TABLE "account" MODIFY "expires_at" int`,
        `ALTER TABLE "authenticator" MODIFY "counter" int NOT NULL`,
        `ALTER TABLE "session" MODIFY "expires" datetime(6) NOT NULL`,
      ],
    }[database.name],
    // Each statement that a connection has prepared is refused once after each of these, on each connection.
    ...(database.name === "postgres" && {
      "types that change again and again": Array.from({ length: 12 }, (_, turn) => [
        `ALTER TABLE "user" ALTER "image" TYPE varchar(${500 + turn})`,
        "SELECT pg_sleep(0.02)",
        `ALTER TABLE "session" ALTER "expires" TYPE timestamptz(${turn % 2 ? 6 : 5})`,
        "SELECT pg_sleep(0.02)",
      ]).flat(),
    }),
    // While it copies a table that others refer to, MariaDB refuses some of their rows (1452), for every client.
    ...(database.name === "mysql" && {
      "a users' table that is copied": Array(40).fill(`ALTER TABLE "user" FORCE, ALGORITHM=COPY`),
    }),
    "a table made anew": {
      sqlite: [
        "BEGIN IMMEDIATE",
        `DROP TABLE "session"`,
        `CREATE TABLE "session" ("sessionToken" text NOT NULL PRIMARY KEY, "userId" text NOT NULL, "expires" integer NOT NULL, "note" text)`,
        "COMMIT",
      ],
      postgres: [
        "BEGIN",
        `DROP TABLE "session"`,
        `CREATE TABLE "session" ("sessionToken" varchar(512) PRIMARY KEY, "userId" text NOT NULL, "expires" timestamptz NOT NULL, "note" text)`,
        "COMMIT",
      ],
      mysql: [
        `CREATE TABLE "session_new" LIKE "session"`,
        `ALTER TABLE "session_new" ADD COLUMN "note" text`,
        `RENAME TABLE "session" TO "session_old", "session_new" TO "session"`,
      ],
    }[database.name],
  }
}

/** Where the server has such collations. */
function loosenOnPostgres(database) {
  const [first] = collations(database)
  if (!first) return undefined
  const [collation, give] = first
  return (rows) => give({ rows }, collation, { session: ["sessionToken"] })
}

export function changingTables(database) {
  for (const [what, statements] of Object.entries(changes(database))) {
    describe(`${what} while ${CALLERS} callers run`, () => {
      const lane = openLane(database)
      test("disturbs none of them", { timeout }, () => during(lane.adapter, () => outside(lane, statements)))
    })
  }

  const loosen = {
    sqlite: (rows) => recreate(rows, "session", [/"sessionToken" text/, `"sessionToken" text COLLATE NOCASE`]),
    mysql: (rows) =>
      rows(`ALTER TABLE "session" MODIFY "sessionToken" varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL`),
    postgres: loosenOnPostgres(database),
  }[database.name]
  if (loosen)
    describe("a key that takes capitals for the same from now on", () => {
      const lane = openLane(database)
      test("still finds the very session, alone and among others", { timeout }, async () => {
        const { adapter } = lane
        const user = await adapter.createUser(newUser())
        await adapter.getSessionAndUser("nothing")
        await loosen(lane.rows)
        const session = await adapter.createSession(newSession(user.id))
        const capitals = session.sessionToken.toUpperCase()
        assert.notEqual(capitals, session.sessionToken)
        assert.equal(await adapter.getSessionAndUser(capitals), null)
        assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { session, user })
        const found = await Promise.all(
          [capitals, session.sessionToken, capitals].map((token) => adapter.getSessionAndUser(token)),
        )
        assert.deepEqual(found, [null, { session, user }, null])
      })
    })

  describe("a column that is added while the process runs", () => {
    const lane = openLane(database)
    test("holds what is given for it, at once, for all who give it", { timeout }, async () => {
      const { adapter, rows } = lane
      const before = await adapter.createUser(newUser())
      await rows(`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'user' NOT NULL`)
      const users = await Promise.all(
        Array.from({ length: CALLERS }, () => adapter.createUser(newUser({ role: "admin" }))),
      )
      for (const user of users) {
        assert.equal(user.role, "admin")
        assert.deepEqual(await adapter.getUser(user.id), user)
      }
      assert.equal((await adapter.getUser(before.id)).role, "user")
      await rows(`ALTER TABLE "session" ADD COLUMN "userAgent" text`)
      const session = await adapter.createSession(newSession(before.id, { userAgent: "Lynx" }))
      assert.equal(session.userAgent, "Lynx")
      assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).session, session)
      await rows(`ALTER TABLE "user" ADD COLUMN "age" integer`)
      assert.equal((await adapter.updateUser({ id: before.id, age: 42 })).age, 42)
      await rows(`ALTER TABLE "account" ADD COLUMN "realm" text`)
      assert.equal((await adapter.linkAccount(newAccount(before.id, { realm: "r" }))).realm, "r")
    })

    test("holds it after a few seconds where the field had been given, and dropped, before", { timeout }, async () => {
      const { adapter, rows } = lane
      const field = `late_${database.name}`
      const warned = once(process, "warning")
      assert.equal(field in (await adapter.createUser(newUser({ [field]: "a" }))), false)
      assert.equal((await warned)[0].code, "RUST_ADAPTER_DROPPED_FIELD")
      await rows(`ALTER TABLE "user" ADD COLUMN "${field}" text`)
      let user
      for (let attempt = 0; attempt < 80 && !user?.[field]; attempt++) {
        if (attempt) await pause(100)
        user = await adapter.createUser(newUser({ [field]: "b" }))
        if (database.name === "sqlite") break // where it costs nothing to see that the tables have changed
      }
      assert.equal(user[field], "b")
      assert.deepEqual(await adapter.getUser(user.id), user)
      // Gone again, it is warned of again.
      await rows(`ALTER TABLE "user" DROP COLUMN "${field}"`)
      const again = once(process, "warning")
      assert.equal(field in (await adapter.createUser(newUser({ [field]: "c" }))), false)
      assert.match((await again)[0].message, new RegExp(field))
    })

    test("must be given if it has no default: the error says so, and given it is stored", { timeout }, async () => {
      const { adapter, rows } = lane
      await rows(`DELETE FROM "account"`)
      await rows(
        database.name === "sqlite"
          ? `ALTER TABLE "account" ADD COLUMN "tenant" text`
          : `ALTER TABLE "account" ADD COLUMN "tenant" varchar(20) NOT NULL`,
      )
      const { id } = await adapter.createUser(newUser())
      if (database.name !== "sqlite") {
        await assert.rejects(
          adapter.linkAccount(newAccount(id)),
          failure("ERR_INVALID_VALUE", { table: "account", field: "tenant" }),
        )
      }
      assert.equal((await adapter.linkAccount(newAccount(id, { tenant: "t" }))).tenant, "t")
    })
  })

  describe("a column that is added of another type", () => {
    const lane = openLane(database)
    test("takes what it can hold now", { timeout }, async () => {
      const { adapter, rows } = lane
      await rows(`ALTER TABLE "user" ADD COLUMN "age" integer`)
      assert.equal((await adapter.createUser(newUser({ age: 42 }))).age, 42)
      await rows(`ALTER TABLE "user" DROP COLUMN "age"`)
      await rows(`ALTER TABLE "user" ADD COLUMN "age" varchar(20)`)
      const user = await adapter.createUser(newUser({ age: "old" }))
      assert.equal(user.age, "old")
      assert.deepEqual(await adapter.getUser(user.id), user)
    })
  })

  describe("a table that goes", () => {
    const lane = openLane(database)
    test("fails the calls that need it, by name, until it is back; the others go on", { timeout }, async () => {
      const { adapter, rows } = lane
      const user = await adapter.createUser(newUser())
      const session = await adapter.createSession(newSession(user.id))
      const rename = (from, to) => rows(`ALTER TABLE "${from}" RENAME TO "${to}"`)
      await rename("session", "away")
      const needs = [
        () => adapter.getSessionAndUser(session.sessionToken),
        () => adapter.createSession(newSession(user.id)),
        () => adapter.updateSession(session),
        () => adapter.deleteSession(session.sessionToken),
        () => adapter.listSessions(user.id),
      ]
      for (const call of needs) {
        const outcomes = await Promise.allSettled(Array.from({ length: CALLERS }, call))
        for (const { reason } of outcomes) failure("ERR_SCHEMA", { table: "session" })(reason)
      }
      assert.deepEqual(await adapter.getUser(user.id), user)
      assert.equal((await adapter.createUser(newUser())).image, newUser().image)
      await rename("away", "session")
      assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { session, user })
      await rename("user", "away")
      await assert.rejects(adapter.getUser(user.id), failure("ERR_SCHEMA"))
      await assert.rejects(adapter.createUser(newUser()), failure("ERR_SCHEMA"))
      await rename("away", "user")
      assert.deepEqual(await adapter.getUser(user.id), user)
      assert.deepEqual(await adapter.updateSession(session), session)
    })
  })
}
