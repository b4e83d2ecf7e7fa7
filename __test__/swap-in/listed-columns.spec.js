// What lists show of columns that Auth.js does not know, and tables of unusual make: tokens as keys under other names, no
// numbers of rows, no keys at all, dates in several forms.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { createTables } from "./tables.js"

const timeout = 60_000
const HOUR = 3_600_000
const inHours = (hours) => new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR)

for (const database of databases) {
  describe(`lists and pruning on ${database.name}`, () => {
    const withTables = (name, create, work, options) =>
      test(name, { timeout }, async () => {
        const own = await database.create()
        try {
          await create(own)
          const adapter = RustAdapter(own.url, options)
          await work(adapter, own)
          await adapter.close()
        } finally {
          await own.close()
        }
      })

    const text = (name) => `"${name}" varchar(100)`
    const further = {
      session: ["id", "userAgent", "accessToken", "pin_hash"].map(text).concat(`"createdAt" bigint NOT NULL`),
    }
    withTables(
      "further columns are shown, but for secrets and the row's own id; the newest is the one begun last",
      (own) => createTables(own, further),
      async (adapter) => {
        const { id: userId } = await adapter.createUser({ email: "a@example.com" })
        const begin = (sessionToken, hours, createdAt) =>
          adapter.createSession({
            sessionToken,
            userId,
            expires: inHours(hours),
            createdAt: inHours(createdAt),
            userAgent: `${sessionToken}'s`,
            id: "row",
            accessToken: "secret",
            pin_hash: "secret",
          })
        await begin("early", 9, -3)
        await begin("late", 1, -1)
        const listed = await adapter.listSessions(userId, { currentToken: "early" })
        assert.deepEqual(
          listed.map(({ userAgent, createdAt, expires, current }) => ({ userAgent, createdAt, expires, current })),
          [
            { userAgent: "late's", createdAt: inHours(-1), expires: inHours(1), current: false },
            { userAgent: "early's", createdAt: inHours(-3), expires: inHours(9), current: true },
          ],
        )
        assert.deepEqual(Object.keys(listed[0]).sort(), [
          "createdAt",
          "current",
          "expires",
          "id",
          "userAgent",
          "userId",
        ])
        assert.match(listed[0].id, /^[0-9a-f]{32}$/)
        assert.equal(await adapter.revokeSession(userId, "row"), false)
        assert.equal(await adapter.revokeSession(userId, listed[0].id), true)
      },
    )

    const mapping = {
      tables: { session: "logins" },
      columns: { session: { sessionToken: "id", userId: "member", expires: "until" } },
    }
    withTables(
      "a token that is the table's id is listed under another",
      async (own) => {
        await createTables(own)
        await own.rows(
          `CREATE TABLE "logins" ("id" varchar(100) NOT NULL PRIMARY KEY, "member" varchar(36) NOT NULL, "until" varchar(40) NOT NULL)`,
        )
      },
      async (adapter, own) => {
        const { id: userId } = await adapter.createUser({ email: "a@example.com" })
        for (const [sessionToken, hours] of [
          ["mine", 1],
          ["other", 2],
          ["gone", -1],
        ]) {
          await adapter.createSession({ sessionToken, userId, expires: inHours(hours) })
        }
        const listed = await adapter.listSessions(userId, { currentToken: "mine" })
        assert.deepEqual(
          listed.map(({ current }) => current),
          [false, true],
        )
        assert.ok(!/mine|other|gone/.test(JSON.stringify(listed)))
        assert.deepEqual(await adapter.pruneExpired(), { sessions: 1, verificationTokens: 0 })
        assert.equal(await adapter.revokeOtherSessions(userId, "mine"), 1)
        assert.deepEqual(
          (await own.rows(`SELECT "id" FROM "logins"`)).map(({ id }) => id),
          ["mine"],
        )
      },
      mapping,
    )

    /** Rows as different writers left them: the hours until each, and how it is written. */
    const forms = {
      iso: (date) => date.toISOString(),
      offset: (date) => new Date(date.valueOf() + 2 * HOUR).toISOString().replace("Z", "+02:00"),
      spaced: (date) => date.toISOString().slice(0, 19).replace("T", " "),
      milliseconds: (date) => String(date.valueOf()),
    }
    withTables(
      "texts of several forms are each read; what is no date stays",
      async (own) => {
        await createTables(own)
        await own.rows(`DROP TABLE "sessions"`)
        await own.rows(
          `CREATE TABLE "sessions" ("sessionToken" varchar(100) NOT NULL, "userId" varchar(36) NOT NULL, "expires" varchar(40) NOT NULL)`,
        )
        for (const [form, write] of Object.entries(forms)) {
          for (const hours of [-1000, -1, 1, 1000]) {
            await own.rows(`INSERT INTO "sessions" VALUES (?, ?, ?)`, `${form} ${hours}`, "u", write(inHours(hours)))
          }
        }
        for (const no of ["", "1999", "soon", "2020-13-45"])
          await own.rows(`INSERT INTO "sessions" VALUES (?, ?, ?)`, `no ${no}`, "u", no)
      },
      async (adapter, own) => {
        // "1999" is a number, and so 33 minutes after midnight in 1970.
        assert.deepEqual(await adapter.pruneExpired({ batchSize: 3 }), { sessions: 9, verificationTokens: 0 })
        const left = (await own.rows(`SELECT "sessionToken" AS t FROM "sessions"`)).map(({ t }) => t)
        const expected = Object.keys(forms).flatMap((form) => [`${form} 1`, `${form} 1000`])
        assert.deepEqual(left.sort(), [...expected, "no ", "no soon", "no 2020-13-45"].sort())
      },
      { dates: "iso" },
    )

    if (database.name === "sqlite") {
      withTables(
        "a table without numbers of rows, where numbers and texts stand for dates",
        async (own) => {
          await createTables(own)
          await own.rows(`DROP TABLE "sessions"`)
          await own.rows(
            `CREATE TABLE "sessions" ("sessionToken" text NOT NULL PRIMARY KEY, "userId" text NOT NULL, "expires" datetime NOT NULL) WITHOUT ROWID`,
          )
          for (const hours of [-1000, -1, 1, 1000]) {
            const date = inHours(hours)
            for (const value of [date.valueOf(), date.valueOf() / 1000, date.toISOString()]) {
              await own.rows(`INSERT INTO "sessions" VALUES (?, 'u', ?)`, `${typeof value} ${value}`, value)
            }
          }
        },
        async (adapter, own) => {
          const alive = `SELECT count(*) AS n FROM "sessions"`
          assert.deepEqual(await adapter.pruneExpired({ batchSize: 1 }), { sessions: 6, verificationTokens: 0 })
          assert.equal((await own.rows(alive))[0].n, 6)
          assert.deepEqual(await adapter.pruneExpired({ now: inHours(2000) }), { sessions: 6, verificationTokens: 0 })
        },
        { dates: "iso" },
      )
    }
  })
}
