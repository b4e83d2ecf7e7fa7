// What PostgreSQL's catalog says beside names and types, on tables of an application's own: indexes that are not valid, defaults that
// a domain has, columns that a role may not read.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { inDays } from "../contract/rows.js"
import { databases } from "../databases.js"

const timeout = 60_000

const tables = [
  `CREATE TABLE users (id text PRIMARY KEY, name text, email text, "emailVerified" timestamptz, image text)`,
  `CREATE TABLE accounts ("userId" text NOT NULL, type text NOT NULL, provider text NOT NULL, "providerAccountId" text NOT NULL,
    PRIMARY KEY (provider, "providerAccountId"))`,
  `CREATE TABLE sessions ("sessionToken" text PRIMARY KEY, "userId" text NOT NULL, expires timestamptz NOT NULL)`,
]

for (const database of databases.filter(({ name }) => name === "postgres")) {
  describe(`what the catalog of ${database.name} says`, () => {
    const opened = async (t, statements) => {
      const lane = await database.create()
      t.after(lane.close)
      for (const statement of [...tables, ...statements]) await lane.rows(statement)
      const open = (url = lane.url) => {
        const adapter = RustAdapter(url)
        t.after(() => adapter.close())
        return adapter
      }
      return { ...lane, open }
    }

    for (const [what, repairs] of [
      ["that could not be built", []],
      [
        "that is valid",
        [`DELETE FROM users WHERE id = 'b'`, `DROP INDEX emails`, `CREATE UNIQUE INDEX emails ON users (email)`],
      ],
    ]) {
      test(`a unique index ${what}: no address is given a second time`, { timeout }, async (t) => {
        const { rows, open } = await opened(t, [
          `INSERT INTO users (id, email) VALUES ('a', 'a@x.org'), ('b', 'a@x.org')`,
        ])
        await assert.rejects(rows(`CREATE UNIQUE INDEX CONCURRENTLY emails ON users (email)`), { code: "23505" })
        for (const statement of repairs) await rows(statement)
        const adapter = open()
        await assert.rejects(adapter.createUser({ email: "a@x.org" }), failure("ERR_UNIQUE"))
        assert.equal((await adapter.createUser({ email: "c@x.org" })).email, "c@x.org")
        const stored = await rows(`SELECT email FROM users WHERE email = 'a@x.org'`)
        assert.equal(stored.length, repairs.length ? 1 : 2)
      })
    }

    test("a domain's default fills a column, also of a domain over it", { timeout }, async (t) => {
      const { open } = await opened(t, [
        `CREATE DOMAIN user_role AS text DEFAULT 'user' CHECK (VALUE IN ('user', 'admin'))`,
        `CREATE DOMAIN first_role AS user_role`,
        `ALTER TABLE users ADD role user_role NOT NULL, ADD before first_role NOT NULL`,
      ])
      const { id, ...user } = await open().createUser({
        email: "a@x.org",
        name: null,
        emailVerified: null,
        image: null,
      })
      assert.deepEqual(user, {
        email: "a@x.org",
        name: null,
        emailVerified: null,
        image: null,
        role: "user",
        before: "user",
      })
      assert.ok(id)
    })

    test("columns that the role may not read are none of the application's", { timeout }, async (t) => {
      const role = `partly_${process.pid}`
      const { rows, open, url } = await opened(t, [
        `ALTER TABLE users ADD mfa_seed text`,
        `INSERT INTO users (id, email, mfa_seed) VALUES ('a', 'a@x.org', 'seed')`,
        `CREATE ROLE ${role} LOGIN PASSWORD 'partly'`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, accounts TO ${role}`,
        `GRANT SELECT (id, name, email, "emailVerified", image), INSERT (id, name, email, "emailVerified", image),
          UPDATE (name, email, "emailVerified", image), DELETE ON users TO ${role}`,
      ])
      const adapter = open(Object.assign(new URL(url), { username: role, password: "partly" }).href)
      const known = { id: "a", email: "a@x.org", name: null, emailVerified: null, image: null }
      assert.deepEqual(await adapter.getUser("a"), known)
      assert.deepEqual(await adapter.updateUser({ id: "a", name: "Ada" }), { ...known, name: "Ada" })
      const user = await adapter.createUser({ email: "b@x.org" })
      await adapter.createSession({ sessionToken: "token", userId: user.id, expires: inDays(1) })
      assert.deepEqual((await adapter.getSessionAndUser("token")).user, user)
      await adapter.deleteUser(user.id)
      assert.deepEqual(await rows(`SELECT id, mfa_seed FROM users`), [{ id: "a", mfa_seed: "seed" }])
      // A field of Auth.js's is not dropped for that: the database says what is not allowed.
      await rows(`ALTER TABLE accounts ADD access_token text`)
      await rows(`REVOKE ALL ON accounts FROM ${role}`)
      await rows(`GRANT SELECT ("userId", type, provider, "providerAccountId"), INSERT ("userId", type, provider, "providerAccountId")
        ON accounts TO ${role}`)
      const account = { userId: "a", type: "oauth", provider: "github", providerAccountId: "1", access_token: "secret" }
      await assert.rejects(adapter.linkAccount(account), failure("ERR_DATABASE", { sqlState: "42501" }))
      assert.deepEqual(await rows(`SELECT * FROM accounts`), [])
      await rows(`DROP OWNED BY ${role}`)
      await rows(`DROP ROLE ${role}`)
    })
  })
}
