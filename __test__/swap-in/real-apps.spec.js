// Layouts that applications have, as their ORMs make them: each is used as it is, for a whole round of the adapter's methods, and goes
// on with the rows that the ORM has written.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { makeAccount, makeSession, makeToken, makeUser } from "./rows.js"

const types = {
  sqlite: {
    counted: "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    date: "DATETIME",
    integer: "INTEGER",
    bool: "BOOLEAN",
  },
  postgres: { counted: "serial PRIMARY KEY", date: "timestamp(3)", integer: "bigint", bool: "boolean" },
  mysql: {
    counted: "int NOT NULL AUTO_INCREMENT PRIMARY KEY",
    date: "datetime(3)",
    integer: "bigint",
    bool: "boolean",
  },
}
const key = "varchar(191) NOT NULL PRIMARY KEY"
const text = "varchar(191)"

/** The statements of a layout. Columns are Auth.js's unless they are said to be others; `more`: further ones, by table. */
function layout(
  { date },
  {
    names = ["User", "Account", "Session", "VerificationToken"],
    ids = key,
    reference = text,
    dates = date,
    keys = true,
    more = {},
  },
) {
  const [user, account, session, token] = names
  const table = (name, columns) => `CREATE TABLE "${name}" (${columns.flat().join(", ")})`
  const owner = keys ? [`FOREIGN KEY ("userId") REFERENCES "${user}" ("id") ON DELETE CASCADE`] : []
  return [
    table(user, [
      `"id" ${ids}`,
      `"name" ${text}`,
      `"email" ${text} UNIQUE`,
      `"emailVerified" ${dates}`,
      `"image" ${text}`,
      more.user ?? [],
    ]),
    table(account, [
      `"id" ${key}`,
      `"userId" ${reference} NOT NULL`,
      ["type", "provider", "providerAccountId"].map((name) => `"${name}" ${text} NOT NULL`),
      ["refresh_token", "access_token"].map((name) => `"${name}" text`),
      `"expires_at" int`,
      ["token_type", "scope"].map((name) => `"${name}" ${text}`),
      `"id_token" text`,
      `"session_state" ${text}`,
      more.account ?? [],
      `UNIQUE ("provider", "providerAccountId")`,
      owner,
    ]),
    table(session, [
      `"id" ${key}`,
      `"sessionToken" ${text} NOT NULL UNIQUE`,
      `"userId" ${reference} NOT NULL`,
      `"expires" ${dates} NOT NULL`,
      more.session ?? [],
      owner,
    ]),
    table(token, [
      more.tokenId ?? [],
      `"identifier" ${text} NOT NULL`,
      `"token" ${text} NOT NULL UNIQUE`,
      `"expires" ${dates} NOT NULL`,
      more.token ?? [],
    ]),
  ]
}

/** What an application's tables are, in words; `statements(types)`; what `createUser` answers besides Auth.js's fields. */
const applications = [
  {
    name: "a Prisma app with counted users, in tables that are spelled in two ways, and counted tokens",
    statements: (types) =>
      layout(types, {
        names: ["users", "Account", "Session", "VerificationToken"],
        ids: types.counted,
        reference: "int",
        more: {
          user: [
            `"username" ${text}`,
            `"timeZone" ${text} NOT NULL DEFAULT 'Europe/London'`,
            `"role" ${text} NOT NULL DEFAULT 'USER'`,
            `UNIQUE ("email", "username")`,
          ],
          account: [`"providerEmail" ${text}`],
          tokenId: [`"id" ${types.counted}`],
          token: [`"expiresInDays" int`, `"updatedAt" ${types.date} NOT NULL`],
        },
      }),
    user: { username: null, timeZone: "Europe/London", role: "USER" },
    tokens: "VerificationToken",
  },
  {
    name: "a Prisma app that maps its models to names of its own, tied by foreign keys",
    statements: (types) =>
      layout(types, { names: ["users", "oauth_accounts", "user_sessions", "email_verification_tokens"] }),
    user: {},
    tokens: "email_verification_tokens",
  },
  {
    name: "a Prisma app whose sessions alone have another name",
    statements: (types) => layout(types, { names: ["users", "accounts", "user_sessions", "verification_tokens"] }),
    user: {},
    tokens: "verification_tokens",
  },
  {
    name: "an app whose users have a public id, a flag and a soft deletion besides",
    statements: (types) =>
      layout(types, {
        more: {
          user: [
            `"userId" ${text}`,
            `"provider" ${text} NOT NULL DEFAULT 'credentials'`,
            `"banned" ${types.bool} NOT NULL DEFAULT false`,
            `"deletedAt" ${types.date}`,
            `CHECK ("email" LIKE '%@%')`,
          ],
        },
      }),
    user: { userId: null, provider: "credentials", banned: false, deletedAt: null },
    tokens: "VerificationToken",
  },
  {
    name: "an app without foreign keys, in tables with a prefix",
    statements: (types) =>
      layout(types, {
        names: ["proj_user", "proj_account", "proj_session", "proj_verification_token"],
        keys: false,
      }),
    user: {},
    tokens: "proj_verification_token",
  },
]

async function opened(t, lane, statements) {
  const database = await lane.create()
  t.after(() => database.close())
  for (const statement of statements) await database.rows(statement)
  const open = (options) => {
    const adapter = RustAdapter(database.url, options)
    t.after(() => adapter.close())
    return adapter
  }
  return { database, open }
}

async function round(adapter, { user: further, tokens }, database) {
  const given = makeUser({ emailVerified: null })
  const user = await adapter.createUser(given)
  assert.deepEqual(user, { ...given, id: user.id, ...further })
  assert.deepEqual(await adapter.getUser(user.id), user)
  assert.deepEqual(await adapter.getUserByEmail(user.email), user)

  const account = makeAccount(user)
  await adapter.linkAccount(account)
  const { provider, providerAccountId } = account
  assert.deepEqual(await adapter.getUserByAccount({ provider, providerAccountId }), user)
  const linked = await adapter.getAccount(providerAccountId, provider)
  assert.deepEqual({ ...linked, ...account }, linked)

  const session = makeSession(user)
  await adapter.createSession(session)
  const found = await adapter.getSessionAndUser(session.sessionToken)
  assert.deepEqual(found.user, user)
  assert.deepEqual({ ...found.session, ...session }, found.session)
  const later = new Date(session.expires.getTime() + 60_000)
  assert.deepEqual((await adapter.updateSession({ ...session, expires: later })).expires, later)

  const token = makeToken()
  assert.deepEqual(await adapter.createVerificationToken(token), token)
  assert.equal((await database.rows(`SELECT * FROM "${tokens}"`)).length, 1)
  assert.deepEqual(await adapter.useVerificationToken(token), token)
  assert.equal(await adapter.useVerificationToken(token), null)

  const emailVerified = new Date("2029-01-02T03:04:05.678Z")
  assert.deepEqual(await adapter.updateUser({ id: user.id, emailVerified }), { ...user, emailVerified })
  await adapter.unlinkAccount({ provider, providerAccountId })
  assert.equal(await adapter.getUserByAccount({ provider, providerAccountId }), null)
  await adapter.deleteUser(user.id)
  assert.equal(await adapter.getUser(user.id), null)
  assert.equal(await adapter.getSessionAndUser(session.sessionToken), null)
}

for (const lane of databases) {
  const its = types[lane.name]
  describe(`${lane.name}: the tables of applications`, () => {
    for (const application of applications) {
      test(`${application.name}: a whole round`, async (t) => {
        const { database, open } = await opened(t, lane, application.statements(its))
        await round(open(), application, database)
      })
    }

    test("when a row was made or changed is filled in under the names that ORMs' users give these columns", async (t) => {
      const now = () => Date.now()
      const statements = layout(its, {
        more: {
          user: [
            `"date_created" ${its.date} NOT NULL`,
            `"modifiedAt" ${its.date} NOT NULL`,
            `"lastModified" ${its.date} NOT NULL`,
            `"modified" ${its.date}`,
            `"updated_at" ${its.date}`,
          ],
          account: [`"modified_at" ${its.date} NOT NULL`],
          session: [`"created" ${its.date} NOT NULL`, `"updated_on" ${its.date} NOT NULL`],
          token: [`"updated" ${its.date} NOT NULL`],
        },
      })
      const { open, database } = await opened(t, lane, statements)
      const adapter = open()
      const isRecent = (date, since) =>
        assert.ok(date instanceof Date && date.getTime() >= since - 1000 && date.getTime() <= now() + 1000, `${date}`)
      const begin = now()
      const user = await adapter.createUser(makeUser())
      isRecent(user.date_created, begin)
      isRecent(user.modifiedAt, begin)
      isRecent(user.lastModified, begin)
      assert.deepEqual([user.modified, user.updated_at], [null, null])
      await adapter.linkAccount(makeAccount(user))
      isRecent((await adapter.createSession(makeSession(user))).updated_on, begin)
      await adapter.createVerificationToken(makeToken())
      const old = lane.name === "sqlite" ? "2020-01-01T00:00:00.000+00:00" : "2020-01-01 00:00:00"
      await database.rows(`UPDATE "User" SET "date_created" = ?, "modifiedAt" = ?, "lastModified" = ?`, old, old, old)
      await database.rows(`UPDATE "User" SET "modified" = ?, "updated_at" = ?`, old, old)
      const updated = await adapter.updateUser({ id: user.id, name: "Ada" })
      assert.equal(updated.date_created.getTime(), Date.UTC(2020, 0, 1))
      isRecent(updated.modifiedAt, begin)
      isRecent(updated.lastModified, begin)
      isRecent(updated.updated_at, begin)
      // A date that may be missing may mean something else.
      assert.equal(updated.modified.getTime(), Date.UTC(2020, 0, 1))
    })

    test("a number or a text that is named so is the application's", async (t) => {
      const { open } = await opened(
        t,
        lane,
        layout(its, { more: { user: [`"modified" ${its.integer}`, `"created" ${text}`, `"updated" ${its.bool}`] } }),
      )
      const adapter = open()
      const user = await adapter.createUser(makeUser({ modified: 7, created: "by hand", updated: true }))
      const { modified, created, updated } = await adapter.updateUser({ id: user.id, name: "Ada" })
      assert.deepEqual({ modified, created, updated }, { modified: 7, created: "by hand", updated: true })
    })

    test("Auth.js's dates are written alike beside an application's own in another unit", async (t) => {
      const { open, database } = await opened(
        t,
        lane,
        layout(its, { dates: its.integer, more: { user: [`"createdAt" ${its.integer} NOT NULL`] } }),
      )
      const seconds = 1_700_000_000
      const milliseconds = 2_524_608_000_000
      await database.rows(`INSERT INTO "User" ("id", "email", "createdAt") VALUES ('u1', 'a@example.com', ${seconds})`)
      await database.rows(
        `INSERT INTO "Session" ("id", "sessionToken", "userId", "expires") VALUES ('s1', 't1', 'u1', ${milliseconds})`,
      )
      const adapter = open()
      const token = makeToken()
      await adapter.createVerificationToken(token)
      await adapter.updateUser({ id: "u1", emailVerified: token.expires })
      const user = await adapter.createUser(makeUser({ emailVerified: token.expires }))
      const number = ([row], name) => Number(row[name])
      assert.equal(
        number(await database.rows(`SELECT "expires" FROM "VerificationToken"`), "expires"),
        token.expires.getTime(),
      )
      for (const id of ["u1", user.id]) {
        const rows = await database.rows(`SELECT "emailVerified", "createdAt" FROM "User" WHERE "id" = ?`, id)
        assert.equal(number(rows, "emailVerified"), token.expires.getTime())
        assert.ok(number(rows, "createdAt") < 10_000_000_000, "createdAt stays in seconds")
      }
    })

    test("a column of tokens that must be given and is not fails these alone, by its name", async (t) => {
      const { open } = await opened(t, lane, layout(its, { more: { token: [`"userId" ${text} NOT NULL`] } }))
      const adapter = open()
      const user = await adapter.createUser(makeUser())
      const session = makeSession(user)
      await adapter.createSession(session)
      assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.email, user.email)
      await assert.rejects(adapter.createVerificationToken(makeToken()), {
        code: "ERR_INVALID_VALUE",
        table: "verificationToken",
        field: "userId",
      })
    })

    test("of two tables of sessions, tied to the users alike, none is guessed", async (t) => {
      const statements = layout(its, {
        names: ["users", "oauth_accounts", "web_sessions", "email_verification_tokens"],
      })
      const { open } = await opened(t, lane, [...statements, statements[2].replace("web_sessions", "app_sessions")])
      await assert.rejects(open().getUser("u"), (error) => {
        assert.equal(error.code, "ERR_SCHEMA")
        assert.match(error.message, /more than one table for session: (web|app)_sessions, (web|app)_sessions/)
        assert.match(error.message, /tables\.session/)
        return true
      })
      await round(
        open({ tables: { session: "app_sessions" } }),
        { user: {}, tokens: "email_verification_tokens" },
        { rows: async () => [{}] },
      )
    })

    test("tables of other names without foreign keys are named by the error, with the option", async (t) => {
      const names = ["users", "oauth_accounts", "user_sessions", "email_verification_tokens"]
      const { database, open } = await opened(t, lane, layout(its, { names, keys: false }))
      await assert.rejects(open().getUser("u"), (error) => {
        assert.equal(error.code, "ERR_SCHEMA")
        for (const [kind, name] of [
          ["account", names[1]],
          ["session", names[2]],
          ["verificationToken", names[3]],
        ]) {
          assert.ok(error.message.includes(`tables: { ${kind}: "${name}" }`), error.message)
        }
        return true
      })
      const tables = { user: names[0], account: names[1], session: names[2], verificationToken: names[3] }
      await round(open({ tables }), { user: {}, tokens: names[3] }, database)
    })
  })
}
