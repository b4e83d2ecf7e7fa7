// Tables and columns that no name gives away: the options that name them, and the errors that ask for them.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases, enabled } from "../databases.js"
import { createTables } from "./tables.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const counted = {
  sqlite: "integer PRIMARY KEY",
  postgres: "serial PRIMARY KEY",
  mysql: "int AUTO_INCREMENT PRIMARY KEY",
}

const mapping = {
  tables: { user: "Mit glieder", session: "logins", account: "links", verificationToken: "codes" },
  columns: {
    user: { id: "nr", email: "mail", name: "full-name", emailVerified: "verified", image: "pic", nickName: "nick" },
    session: { sessionToken: "tok", userId: "member", expires: "until" },
    account: { userId: "member", type: "kind", provider: "who", providerAccountId: "sub" },
    verificationToken: { identifier: "whom", token: "code", expires: "until" },
  },
}

async function strangeTables(own, name) {
  await own.rows(`CREATE TABLE "Mit glieder" ("nr" ${counted[name]}, "mail" varchar(191), "full-name" varchar(100), "verified" varchar(40),
    "pic" varchar(200), "nick" varchar(20))`)
  await own.rows(
    `CREATE TABLE "logins" ("tok" varchar(100) NOT NULL PRIMARY KEY, "member" integer, "until" varchar(40) NOT NULL)`,
  )
  await own.rows(`CREATE TABLE "links" ("member" integer, "kind" varchar(20), "who" varchar(40), "sub" varchar(100))`)
  await own.rows(`CREATE TABLE "codes" ("whom" varchar(191), "code" varchar(100), "until" varchar(40) NOT NULL)`)
}

for (const database of databases) {
  describe(`naming tables and columns on ${database.name}`, () => {
    const withTables = (name, create, work) =>
      test(name, { timeout }, async () => {
        const own = await database.create()
        try {
          await create(own)
          await work(own)
        } finally {
          await own.close()
        }
      })

    withTables(
      "everything under other names",
      (own) => strangeTables(own, database.name),
      async (own) => {
        const adapter = RustAdapter(own.url, { ...mapping, ids: "number", dates: "iso" })
        const user = await adapter.createUser({
          id: "x",
          email: "a@example.com",
          name: "A",
          emailVerified: expires,
          nickName: "al",
        })
        assert.deepEqual(user, {
          id: 1,
          name: "A",
          email: "a@example.com",
          emailVerified: expires,
          image: null,
          nickName: "al",
        })
        assert.deepEqual(await adapter.getUser(1), user)
        assert.deepEqual(await adapter.getUserByEmail("a@example.com"), user)
        const session = await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
        assert.deepEqual(session, { sessionToken: "t", userId: 1, expires })
        assert.deepEqual(await adapter.getSessionAndUser("t"), { session, user })
        const account = { userId: 1, type: "oauth", provider: "p", providerAccountId: "s" }
        assert.deepEqual(await adapter.linkAccount(account), account)
        assert.deepEqual(await adapter.getUserByAccount(account), user)
        await assert.rejects(adapter.createUser({ email: "a@example.com" }), { code: "ERR_UNIQUE" })
        const token = { identifier: "a@example.com", token: "c", expires }
        await adapter.createVerificationToken(token)
        assert.deepEqual(await own.rows(`SELECT "until" FROM "codes"`), [{ until: "2040-01-02T03:04:05.678Z" }])
        assert.deepEqual(await adapter.useVerificationToken(token), token)
        await assert.rejects(adapter.getAuthenticator("x"), { code: "ERR_SCHEMA", table: "authenticator" })

        const asText = RustAdapter(own.url, { ...mapping, dates: "iso" })
        assert.equal((await asText.getUser("1")).id, "1")
        assert.equal(await asText.getUser("01"), null)
        assert.deepEqual(await adapter.deleteUser(1), user)
        for (const table of ["Mit glieder", "logins", "links"])
          assert.deepEqual(await own.rows(`SELECT * FROM "${table}"`), [])
        await Promise.all([adapter.close(), asText.close()])
      },
    )

    withTables(
      "the command line names them, too",
      (own) => strangeTables(own, database.name),
      async (own) => {
        const names = [
          ...Object.entries(mapping.tables).map(([model, table]) => ["--table", `${model}=${table}`]),
          ...Object.entries(mapping.columns).flatMap(([model, columns]) =>
            Object.entries(columns).map(([field, column]) => ["--column", `${model}.${field}=${column}`]),
          ),
        ].flat()
        const plain = RustAdapter(own.url, { ...mapping, dates: "iso" })
        const hashed = RustAdapter(own.url, { ...mapping, dates: "iso", sessionTokens: "hashed" })
        const { id: userId } = await plain.createUser({ email: "a@example.com" })
        const [first, second, over] = [randomUUID(), randomUUID(), randomUUID()]
        await plain.createSession({ sessionToken: first, userId, expires })
        await plain.createSession({ sessionToken: over, userId, expires: new Date("2020-01-01") })
        await hashed.createSession({ sessionToken: second, userId, expires })

        assert.match((await cli(["secure", own.url])).stderr, /^ERR_SCHEMA/)
        const secured = await cli(["secure", own.url, ...names, "--json"])
        assert.deepEqual([secured.code, secured.stderr], [0, ""], secured.stdout)
        const stored = async () => (await own.rows(`SELECT "tok" FROM "logins"`)).map(({ tok }) => tok)
        assert.deepEqual(
          (await stored()).map((token) => token.slice(0, 7)),
          Array(3).fill("sha256:"),
        )
        assert.equal((await hashed.getSessionAndUser(first)).user.id, userId)
        const pruned = await cli(["prune", own.url, ...names])
        assert.equal(pruned.code, 0, pruned.stderr)
        assert.equal((await stored()).length, 2)
        const checked = await cli(["check", own.url, ...names])
        assert.notEqual(checked.code, 2, checked.stderr)
        assert.match(checked.stdout, /logins/)
        for (const wrong of [
          ["--table", "users=x"],
          ["--table", "user"],
          ["--column", "user=x"],
          ["--column", "user.email="],
        ]) {
          assert.equal((await cli(["check", own.url, ...wrong])).code, 2)
        }
        await Promise.all([plain.close(), hashed.close()])
      },
    )

    withTables(
      "keys that the tables do not have are kept by us, also when ten come at once",
      (own) => strangeTables(own, database.name),
      async (own) => {
        const options = { ...mapping, dates: "iso" }
        // Two pools: nothing in this process is what keeps them apart.
        const adapters = [RustAdapter(own.url, options), RustAdapter(own.url, { ...options, pool: { max: 3 } })]
        const ten = (call) => Promise.allSettled(Array.from({ length: 10 }, (_, index) => call(adapters[index % 2])))
        const outcomes = (settled) => settled.map(({ status, reason }) => reason?.code ?? status).sort()
        const oneWins = [...Array(9).fill("ERR_UNIQUE"), "fulfilled"]

        assert.deepEqual(outcomes(await ten((adapter) => adapter.createUser({ email: "race@example.com" }))), oneWins)
        const users = await own.rows(`SELECT "nr" FROM "Mit glieder"`)
        assert.equal(users.length, 1)
        const userId = String(users[0].nr)
        const account = { userId, type: "oauth", provider: "p", providerAccountId: "s" }
        assert.deepEqual(outcomes(await ten((adapter) => adapter.linkAccount(account))), Array(10).fill("fulfilled"))
        assert.equal((await own.rows(`SELECT * FROM "links"`)).length, 1)
        const session = { sessionToken: "t", userId, expires }
        assert.deepEqual(outcomes(await ten((adapter) => adapter.createSession(session))), oneWins)
        await Promise.all(adapters.map((adapter) => adapter.close()))
      },
    )

    withTables(
      "without the options: what is missing, and the command",
      (own) => strangeTables(own, database.name),
      async (own) => {
        await assert.rejects(RustAdapter(own.url).getUser("1"), { code: "ERR_SCHEMA", message: /migrate/ })
        const wrong = {
          ...mapping,
          columns: { ...mapping.columns, user: { ...mapping.columns.user, email: "e-mail" } },
        }
        await assert.rejects(RustAdapter(own.url, wrong).getUser("1"), {
          code: "ERR_SCHEMA",
          message: /no column for email.*mail.*columns\.user/,
          field: "email",
        })
        const nobody = { tables: { ...mapping.tables, user: "nobody" } }
        await assert.rejects(RustAdapter(own.url, nobody).getUser("1"), {
          code: "ERR_SCHEMA",
          message: /nobody.*Mit glieder/,
        })
      },
    )

    withTables(
      "two sets of tables: the error names both, the option settles it",
      async (own) => {
        await createTables(own, { prefix: "old_" })
        await createTables(own, { prefix: "new_" })
      },
      async (own) => {
        await assert.rejects(RustAdapter(own.url).getUser("1"), {
          code: "ERR_SCHEMA",
          message: /more than one set.*(old_users.*new_users|new_users.*old_users).*option tables/,
        })
        const tables = { user: "new_users", account: "new_accounts", session: "new_sessions" }
        const adapter = RustAdapter(own.url, { tables })
        const { id } = await adapter.createUser({ email: "a@example.com" })
        assert.deepEqual(
          (await own.rows(`SELECT "id" FROM "new_users"`)).map((row) => row.id),
          [id],
        )
        assert.deepEqual(await own.rows(`SELECT * FROM "old_users"`), [])
        await adapter.close()
      },
    )

    withTables(
      "two columns for one field: the error names both, the option settles it",
      async (own) => {
        await createTables(own)
        await own.rows(`ALTER TABLE "users" ADD COLUMN "email_verified" varchar(40)`)
        await own.rows(`ALTER TABLE "users" RENAME COLUMN "emailVerified" TO "emailverified"`)
      },
      async (own) => {
        await assert.rejects(RustAdapter(own.url).getUser("1"), {
          code: "ERR_SCHEMA",
          table: "users",
          field: "emailVerified",
          message:
            /users has more than one column for emailVerified: emailverified, email_verified; the option columns\.user/,
        })
        const adapter = RustAdapter(own.url, { columns: { user: { emailVerified: "email_verified" } }, dates: "iso" })
        const user = await adapter.createUser({ email: "a@example.com", emailVerified: expires })
        assert.deepEqual(await adapter.getUser(user.id), user)
        const [row] = await own.rows(`SELECT "email_verified", "emailverified" FROM "users"`)
        assert.deepEqual({ ...row }, { email_verified: expires.toISOString(), emailverified: null })
        await adapter.close()
      },
    )

    withTables(
      "a set without a prefix does not come before one with it: the option says which",
      async (own) => {
        await createTables(own, { prefix: "app_" })
        await createTables(own)
      },
      async (own) => {
        await assert.rejects(RustAdapter(own.url).getUser("1"), {
          code: "ERR_SCHEMA",
          message: /more than one set.*option tables/,
        })
        const adapter = RustAdapter(own.url, { tables: { user: "users" } })
        const { id } = await adapter.createUser({ email: "a@example.com" })
        assert.deepEqual(
          (await own.rows(`SELECT "id" FROM "users"`)).map((row) => row.id),
          [id],
        )
        await adapter.close()
      },
    )
  })
}

test("wrong options are refused at once, by name", () => {
  const wrong = [
    [{ tables: { users: "x" } }, /tables\.users/],
    [{ tables: { user: "" } }, /tables\.user/],
    [{ tables: "users" }, /tables/],
    [{ columns: { user: { email: 5 } } }, /columns\.user\.email/],
    [{ ids: "bigint" }, /ids/],
    [{ dates: "roman" }, /dates/],
    [{ timeZone: "Mars" }, /timeZone/],
    [{ schema: "a\0" }, /schema/],
  ]
  for (const [options, message] of wrong) {
    assert.throws(() => RustAdapter(":memory:", options), { code: "ERR_CONFIG", message }, JSON.stringify(options))
  }
})

test("migrate and named tables do not go together", async () => {
  await assert.rejects(RustAdapter(":memory:", { migrate: true, tables: { user: "members" } }).getUser("1"), {
    code: "ERR_CONFIG",
  })
})

if (enabled("postgres")) {
  test("the option schema, and the URL's", { timeout }, async () => {
    const own = await databases.find(({ name }) => name === "postgres").create()
    try {
      for (const schema of ["one", "two"]) {
        await own.rows(`CREATE SCHEMA ${schema}`)
        await own.rows(`SET search_path TO ${schema}`)
        await createTables(own)
      }
      const [one, two] = [RustAdapter(`${own.url}?schema=one`), RustAdapter(own.url, { schema: "two" })]
      const { id } = await one.createUser({ email: "a@example.com" })
      assert.equal(await two.getUser(id), null)
      assert.equal((await own.rows(`SELECT * FROM one.users`)).length, 1)
      await Promise.all([one.close(), two.close()])
    } finally {
      await own.close()
    }
  })

  test("tables in several schemas, of which none is in the search path", { timeout }, async () => {
    const own = await databases.find(({ name }) => name === "postgres").create()
    try {
      await own.rows(`CREATE SCHEMA app`)
      await own.rows(`CREATE SCHEMA auth`)
      await own.rows(`SET search_path TO auth`)
      await createTables(own)
      await own.rows(`ALTER TABLE auth.users SET SCHEMA app`)
      const tables = { user: "app.users", account: "auth.accounts", session: "auth.sessions" }
      const adapter = RustAdapter(own.url, { tables })
      const { id } = await adapter.createUser({ email: "a@example.com" })
      await adapter.createSession({ sessionToken: "token", userId: id, expires: new Date("2040-01-01") })
      assert.equal((await adapter.getSessionAndUser("token")).user.id, id)
      assert.deepEqual(
        (await own.rows(`SELECT id FROM app.users`)).map((row) => row.id),
        [id],
      )
      assert.equal((await own.rows(`SELECT * FROM auth.sessions`)).length, 1)
      await adapter.close()
    } finally {
      await own.close()
    }
  })
}
