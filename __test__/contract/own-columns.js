// Columns that an application has added to our own tables, or has changed: they come and go like those of any tables.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

const stored = { sqlite: "VIRTUAL", postgres: "STORED", mysql: "VIRTUAL" }

/** What the type of `session.expires` becomes, which has no rows. */
const numbers = {
  sqlite: (lane) => recreate(lane.rows, "session", [/"expires" integer/, `"expires" text`]),
  postgres: (lane) => lane.rows(`ALTER TABLE ${lane.table("session")} ALTER "expires" TYPE bigint USING 0`),
  mysql: (lane) => lane.rows(`ALTER TABLE "session" MODIFY "expires" bigint NOT NULL`),
}

export function ownColumns(database) {
  const variants = [
    ["", {}],
    [", migrate: true", { migrate: true }],
  ]
  if (database.name === "postgres") variants.push([", schema", { schema: "auth" }])

  for (const [variant, options] of variants) {
    /** The tables are altered by `alter(lane)` before the adapter looks at them. */
    const altered = (what, alter, define, more = {}) =>
      describe(`${what}${variant}`, () => {
        if (options.migrate && more.columns) return // does not go together, as the options say
        const lane = openLane(database, {
          prepare: async (lane) => {
            await lane.adapter.close()
            lane.table = (name) => (options.schema ? `"${options.schema}"."${name}"` : `"${name}"`)
            if (options.schema) {
              for (const table of [
                "account",
                "session",
                "authenticator",
                "verificationToken",
                "user",
                "rust_auth_adapter_migration",
              ]) {
                await lane.rows(`DROP TABLE "${table}"`)
              }
              const maker = RustAdapter(lane.database.url, {
                migrate: true,
                schema: options.schema,
                ...database.options,
              })
              await maker.getUser("nobody")
              await maker.close()
            }
            await alter(lane)
            lane.adapter = RustAdapter(lane.database.url, { ...options, ...more, ...database.options })
          },
        })
        define(lane)
      })
    const add =
      (table, ...columns) =>
      async (lane) => {
        for (const column of columns) await lane.rows(`ALTER TABLE ${lane.table(table)} ADD COLUMN ${column}`)
      }
    const rowOf = async (lane, table, key, value) =>
      (await lane.rows(`SELECT * FROM ${lane.table(table)} WHERE "${key}" = ?`, value))[0]

    altered(
      "columns that were added",
      async (lane) => {
        await add(
          "user",
          `"role" varchar(20) DEFAULT 'user' NOT NULL`,
          `"loud" varchar(300) GENERATED ALWAYS AS (upper("name")) ${stored[database.name]}`,
        )(lane)
        await add("session", `"userAgent" text`, `"hits" integer DEFAULT 7`)(lane)
        for (const table of ["account", "authenticator", "verificationToken"]) await add(table, `"label" text`)(lane)
      },
      (lane) => {
        test("of the user: one with a default is stored, returned, found, changed, and filled in", async () => {
          const { adapter } = lane
          const admin = await adapter.createUser(newUser({ role: "admin" }))
          assert.equal(admin.role, "admin")
          assert.equal((await rowOf(lane, "user", "id", admin.id)).role, "admin")
          assert.deepEqual(await adapter.getUser(admin.id), admin)
          assert.deepEqual(await adapter.getUserByEmail(admin.email), admin)
          const user = await adapter.createUser(newUser())
          assert.equal(user.role, "user")
          assert.deepEqual(await adapter.getUser(user.id), user)
          assert.equal((await adapter.updateUser({ id: user.id, role: "editor" })).role, "editor")
          const session = await adapter.createSession(newSession(user.id))
          assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.role, "editor")
          const account = await adapter.linkAccount(newAccount(user.id))
          assert.equal((await adapter.getUserByAccount(account)).role, "editor")
          assert.equal((await adapter.deleteUser(user.id)).role, "editor")
        })

        test("of the user: one that the database makes is read and never written", async () => {
          const user = await lane.adapter.createUser(newUser({ name: "Ada", loud: "quiet" }))
          assert.equal(user.loud, "ADA")
          assert.equal((await lane.adapter.updateUser({ id: user.id, name: "Bob", loud: "no" })).loud, "BOB")
          assert.equal((await lane.adapter.getUser(user.id)).loud, "BOB")
        })

        test("of the session: they come and go, and are listed", async () => {
          const { adapter } = lane
          const { id } = await adapter.createUser(newUser())
          const session = await adapter.createSession(newSession(id, { userAgent: "Lynx" }))
          assert.deepEqual([session.userAgent, session.hits], ["Lynx", 7])
          assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).session, session)
          const changed = await adapter.updateSession({
            sessionToken: session.sessionToken,
            userAgent: "Links",
            hits: 8,
          })
          assert.deepEqual(changed, { ...session, userAgent: "Links", hits: 8 })
          const [listed] = await adapter.listSessions(id)
          assert.deepEqual([listed.userAgent, listed.hits], ["Links", 8])
          assert.deepEqual(await adapter.deleteSession(session.sessionToken), changed)
        })

        test("of accounts, passkeys and tokens: they come and go, but what a token's row holds besides stays there", async () => {
          const { adapter } = lane
          const { id } = await adapter.createUser(newUser())
          const account = await adapter.linkAccount(newAccount(id, { label: "work" }))
          assert.equal(account.label, "work")
          assert.deepEqual(await adapter.getAccount(account.providerAccountId, account.provider), account)
          assert.equal((await adapter.listAccounts(id))[0].label, "work")
          const passkey = await adapter.createAuthenticator(newAuthenticator(id, { label: "phone" }))
          assert.equal(passkey.label, "phone")
          assert.deepEqual(await adapter.listAuthenticatorsByUserId(id), [passkey])
          const token = newVerificationToken()
          assert.deepEqual(await adapter.createVerificationToken({ ...token, label: "mail" }), token)
          assert.equal((await rowOf(lane, "verificationToken", "token", token.token)).label, "mail")
          assert.deepEqual(await adapter.useVerificationToken(token), token)
        })
      },
    )

    altered(
      "columns that were dropped, renamed, and given another type",
      async (lane) => {
        await lane.rows(`ALTER TABLE ${lane.table("user")} DROP COLUMN "image"`)
        await lane.rows(`ALTER TABLE ${lane.table("user")} RENAME COLUMN "name" TO "title"`)
        await lane.rows(`ALTER TABLE ${lane.table("authenticator")} RENAME COLUMN "counter" TO "count"`)
        await numbers[database.name](lane)
      },
      (lane) => {
        test("all else goes on", async () => {
          const user = await lane.adapter.createUser(newUser({ title: "Dr" }))
          assert.deepEqual(Object.keys(user).sort(), ["email", "emailVerified", "id", "title"])
          assert.equal(user.title, "Dr")
          assert.deepEqual(await lane.adapter.getUser(user.id), user)
        })

        test("one of another type is written and read as what it is", async () => {
          const { id } = await lane.adapter.createUser(newUser())
          const session = await lane.adapter.createSession(
            newSession(id, { expires: new Date("2099-01-02T03:04:05.250Z") }),
          )
          assert.deepEqual((await lane.adapter.getSessionAndUser(session.sessionToken)).session, session)
          assert.equal(session.expires.toISOString(), "2099-01-02T03:04:05.250Z")
          const { expires } = await rowOf(lane, "session", "sessionToken", lane.storedToken(session.sessionToken))
          assert.equal(typeof expires, database.name === "sqlite" ? "string" : "number")
        })

        test("a table that lacks what it must have is named with what it lacks", async () => {
          await assert.rejects(
            lane.adapter.getAuthenticator("x"),
            failure("ERR_SCHEMA", { table: "authenticator", message: /no column for counter/ }),
          )
        })
      },
    )

    const naming = { columns: { user: { name: "title", rank: "role" } } }
    altered(
      "the option columns beside our own tables",
      async (lane) => {
        await lane.rows(`ALTER TABLE ${lane.table("user")} RENAME COLUMN "name" TO "title"`)
        await add("user", `"role" text`)(lane)
      },
      (lane) => {
        test("names columns, and changes nothing else", async () => {
          const first = await lane.adapter.createUser(newUser({ name: "A", rank: "admin" }))
          assert.deepEqual([first.name, first.rank], ["A", "admin"])
          assert.equal((await rowOf(lane, "user", "id", first.id)).title, "A")
          // Our tables take any id, beside ids of another form.
          const given = newUser({ id: "V1StGXR8_Z5jdHi6B-myT" })
          assert.equal((await lane.adapter.createUser(given)).id, given.id)
        })
      },
      naming,
    )
  }

  describe("the option tables beside our own tables", () => {
    const lane = openLane(database, {
      prepare: async (lane) => {
        await lane.adapter.close()
        await lane.rows(
          `CREATE TABLE "visits" ("sessionToken" varchar(100) NOT NULL PRIMARY KEY, "userId" varchar(255) NOT NULL, "expires" bigint NOT NULL)`,
        )
        lane.adapter = RustAdapter(lane.database.url, { tables: { session: "visits" }, ...database.options })
      },
    })
    test("takes that one from elsewhere and leaves ours as they are", async () => {
      const first = await lane.user()
      const given = newUser({ id: "V1StGXR8_Z5jdHi6B-myT" })
      assert.equal((await lane.adapter.createUser(given)).id, given.id)
      const session = await lane.adapter.createSession(newSession(first.id))
      assert.deepEqual(await lane.adapter.getSessionAndUser(session.sessionToken), { session, user: first })
      assert.equal((await lane.rows(`SELECT * FROM "visits"`)).length, 1)
      assert.equal((await lane.stored("session")).length, 0)
    })
  })
}
