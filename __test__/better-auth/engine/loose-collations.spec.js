// PostgreSQL's columns whose collation is not deterministic: to the database, a text in other capitals is the same. To callers of both
// contracts it is not, whether they look alone or many do at once; and a write by it concerns no row.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { collations } from "../../databases/collations.js"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { onEveryDatabase } from "../stage.js"

const now = new Date("2030-01-02T03:04:05.678Z")
const expiresAt = new Date("2040-01-02T03:04:05.678Z")
const dates = { createdAt: now, updatedAt: now }
/** The columns that rows are found by. */
const keys = {
  user: ["id", "email"],
  session: ["id", "token", "userId"],
  account: ["id", "accountId", "providerId", "userId"],
  verification: ["id", "identifier", "value"],
}
const values = {
  user: { id: "ada", name: "Ada", email: "ada@example.com", emailVerified: true, ...dates },
  session: { id: "visit", token: "token", userId: "ada", expiresAt, ...dates },
  account: { id: "link", accountId: "sub", providerId: "github", userId: "ada", ...dates },
  verification: { id: "proof", identifier: "who", value: "secret", expiresAt, ...dates },
}
const wordings = {
  alone: (look) => look().then((answer) => [answer]),
  "many at once": (look) => Promise.all(Array.from({ length: 20 }, look)),
}

const exact = (answers, expected) => answers.forEach((answer) => assert.deepEqual(answer, expected))

for (const lane of reference ? [] : databases) {
  for (const [collation, give] of collations(lane)) {
    const prepare = ({ database }) => give(database, collation, keys)
    onEveryDatabase(`Better Auth, ${collation}`, { lanes: [lane], prepare }, (stage) => {
      const make = async () => {
        for (const [model, data] of Object.entries(values))
          await stage.adapter.create({ model, data, forceAllowId: true })
      }
      for (const [model, columns] of Object.entries(keys)) {
        for (const field of columns) {
          for (const [number, ask] of Object.entries(wordings)) {
            test(`${model}.${field}, ${number}`, async () => {
              await make()
              const by = (value) => [{ field, value }]
              const text = values[model][field]
              const like = text.toUpperCase()
              const find = (value) => () => stage.adapter.findOne({ model, where: by(value) })
              const [row] = await ask(find(text))
              assert.equal(row[field], text)
              exact(await ask(find(text)), row)
              exact(await ask(find(like)), null)
              const list = { model, where: [{ field, operator: "in", value: [like, "other"] }] }
              exact(await ask(() => stage.adapter.findMany(list)), [])
              assert.equal(await stage.adapter.count({ model, where: by(like) }), 0)
              exact(await ask(() => stage.adapter.update({ model, where: by(like), update: { updatedAt: now } })), null)
              await ask(() => stage.adapter.delete({ model, where: by(like) }))
              assert.equal(await stage.adapter.deleteMany({ model, where: by(like) }), 0)
              exact(await ask(find(text)), row)
            })
          }
        }
      }

      test("a session is joined to its own user alone", async () => {
        await make()
        const find = () =>
          stage.adapter.findOne({ model: "session", where: [{ field: "token", value: "token" }], join: { user: true } })
        for (const ask of Object.values(wordings)) {
          for (const answer of await ask(find)) assert.equal(answer.user.id, "ada")
        }
        await stage.database.rows(`UPDATE "session" SET "userId" = 'ADA'`)
        for (const ask of Object.values(wordings)) {
          for (const answer of await ask(find)) assert.equal(answer?.user ?? null, null)
        }
      })
    })

    describe(`Auth.js, ${collation}`, () => {
      const calls = {
        getUser: (its, change) => its.getUser(change("ada")),
        getUserByEmail: (its, change) => its.getUserByEmail(change("ada@example.com")),
        getSessionAndUser: (its, change) => its.getSessionAndUser(change("token")),
        "getUserByAccount, of another provider": (its, change) =>
          its.getUserByAccount({ provider: change("github"), providerAccountId: "sub" }),
        "getUserByAccount, of another account": (its, change) =>
          its.getUserByAccount({ provider: "github", providerAccountId: change("sub") }),
        getAccount: (its, change) => its.getAccount(change("sub"), "github"),
        updateSession: (its, change) => its.updateSession({ sessionToken: change("token"), expires: expiresAt }),
      }
      const ends = {
        deleteSession: (its, change) => its.deleteSession(change("token")),
        unlinkAccount: (its, change) => its.unlinkAccount({ provider: "github", providerAccountId: change("sub") }),
        useVerificationToken: (its, change) => its.useVerificationToken({ identifier: "who", token: change("secret") }),
        deleteUser: (its, change) => its.deleteUser(change("ada")),
      }
      const shout = (text) => text.toUpperCase()
      const same = (text) => text

      for (const migrate of [true, false]) {
        test(`tables ${migrate ? "of ours" : "of another adapter's"}`, { timeout: 60_000 }, async (t) => {
          const database = await lane.create()
          t.after(() => database.close())
          const names = migrate
            ? {
                user: ["id", "email"],
                session: ["sessionToken", "userId"],
                account: ["provider", "providerAccountId", "userId"],
              }
            : {
                users: ["id", "email"],
                sessions: ["sessionToken", "userId"],
                accounts: ["provider", "providerAccountId", "userId"],
              }
          if (migrate) {
            const maker = RustAdapter(database.url, { migrate })
            await maker.getUser("nobody")
            await maker.close()
          } else {
            await database.rows(
              `CREATE TABLE "users" ("id" text PRIMARY KEY, "name" text, "email" text UNIQUE, "emailVerified" timestamptz, "image" text)`,
            )
            await database.rows(
              `CREATE TABLE "sessions" ("sessionToken" text PRIMARY KEY, "userId" text NOT NULL, "expires" timestamptz NOT NULL)`,
            )
            await database.rows(
              `CREATE TABLE "accounts" ("userId" text NOT NULL, "type" text, "provider" text, "providerAccountId" text, PRIMARY KEY ("provider", "providerAccountId"))`,
            )
            await database.rows(
              `CREATE TABLE "verification_token" ("identifier" text, "token" text, "expires" timestamptz NOT NULL, PRIMARY KEY ("identifier", "token"))`,
            )
          }
          await give(database, collation, {
            ...names,
            [migrate ? "verificationToken" : "verification_token"]: ["identifier", "token"],
          })
          const its = RustAdapter(database.url)
          t.after(() => its.close())
          await its.createUser({ id: "ada", email: "ada@example.com" })
          const user = await its.getUserByEmail("ada@example.com")
          const own = (text) => (text === "ada" ? user.id : text)
          await its.createSession({ sessionToken: "token", userId: user.id, expires: expiresAt })
          await its.linkAccount({ userId: user.id, type: "oauth", provider: "github", providerAccountId: "sub" })
          await its.createVerificationToken({ identifier: "who", token: "secret", expires: expiresAt })
          for (const [title, call] of Object.entries({ ...calls, ...ends })) {
            for (const [number, ask] of Object.entries(wordings)) {
              const answers = await ask(() => call(its, (text) => shout(own(text))))
              for (const answer of answers) assert.equal(answer ?? null, null, `${title}, ${number}`)
            }
          }
          for (const [title, call] of Object.entries({ ...calls, ...ends })) {
            assert.ok(await call(its, (text) => same(own(text))), title)
          }
          assert.equal(await its.getUserByEmail("ada@example.com"), null)
        })
      }
    })
  }
}
