// Columns that must not be null, have no default, and are filled by a BEFORE INSERT trigger: they are left to it, and rows are answered as
// they are stored. What nothing fills is the database's to refuse. SQLite refuses such a row before its triggers can help.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"
import { fillingTrigger } from "./filling-triggers.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const text = "varchar(200)"
const keys = {
  users: `NEW."email"`,
  accounts: `NEW."providerAccountId"`,
  sessions: `NEW."sessionToken"`,
  verification_tokens: `NEW."token"`,
  authenticators: `NEW."credentialID"`,
}

for (const database of databases) {
  const { name } = database
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]

  /** Auth.js's tables, each with a slug and a tenant that must not be null, whose users have a picture. */
  async function tables(own, { tied = true, id = `${text} NOT NULL` } = {}) {
    const user = tied ? `, FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE` : ""
    const owner = `"userId" ${id}`
    const further = `"slug" ${text} NOT NULL, "tenant" integer NOT NULL`
    for (const [table, columns] of Object.entries({
      users: `"id" ${id} PRIMARY KEY, "name" ${text}, "email" ${text} UNIQUE, "emailVerified" ${date}, "image" ${text} NOT NULL, ${further}`,
      accounts: `${owner}, "type" ${text}, "provider" ${text}, "providerAccountId" ${text}, ${further}, UNIQUE ("provider", "providerAccountId")${user}`,
      sessions: `"sessionToken" ${text} NOT NULL PRIMARY KEY, ${owner}, "expires" ${date} NOT NULL, ${further}${user}`,
      verification_tokens: `"identifier" ${text}, "token" ${text}, "expires" ${date} NOT NULL, ${further}, PRIMARY KEY ("identifier", "token")`,
      authenticators: `"credentialID" ${text} NOT NULL PRIMARY KEY, ${owner}, "providerAccountId" ${text}, "credentialPublicKey" ${text},
        "counter" integer, "credentialDeviceType" ${text}, "credentialBackedUp" boolean, "transports" ${text}, ${further}${user}`,
    }))
      await own.rows(`CREATE TABLE "${table}" (${columns})`)
  }
  const slug = (table) => (name === "mysql" ? `CONCAT('s-', ${keys[table]})` : `'s-' || ${keys[table]}`)
  /** Triggers that fill all of them, but for what is said otherwise. */
  async function triggers(own, otherwise = {}) {
    for (const table of Object.keys(keys)) {
      const usual = { slug: slug(table), tenant: "7", ...(table === "users" ? { image: "'none.png'" } : {}) }
      for (const statement of fillingTrigger(name, table, otherwise[table] ?? usual)) await own.rows(statement)
    }
  }

  const lane = (title, make, work) =>
    test(title, { timeout }, async () => {
      const own = await database.create()
      let adapter
      try {
        await make(own)
        adapter = RustAdapter(own.url)
        await work(adapter, own)
      } finally {
        await adapter?.close()
        await own.close()
      }
    })
  const times = (n, call) => Promise.all(Array.from({ length: n }, (_, i) => call(i)))
  const ada = { name: "Ada", email: "ada@example.com", emailVerified: null }
  const authenticator = {
    credentialID: "c",
    providerAccountId: "c",
    credentialPublicKey: "k",
    counter: 0,
    credentialDeviceType: "singleDevice",
    credentialBackedUp: false,
    transports: null,
  }

  describe(`columns that triggers fill on ${name}`, () => {
    if (name === "sqlite") {
      lane("are required: the file itself asks for them first", tables, async (adapter, own) => {
        await own.rows(`CREATE TRIGGER "fills" BEFORE INSERT ON "users" BEGIN SELECT 1; END`)
        await assert.rejects(adapter.createUser({ ...ada, image: "a.png" }), {
          code: "ERR_INVALID_VALUE",
          table: "user",
          field: "slug",
        })
      })
      return
    }

    for (const tied of [true, false])
      lane(
        `are filled, ${tied ? "with" : "without"} foreign keys`,
        async (own) => {
          await tables(own, { tied })
          await triggers(own)
        },
        async (adapter, own) => {
          const user = await adapter.createUser(ada)
          assert.deepEqual([user.slug, user.tenant, user.image], ["s-ada@example.com", 7, "none.png"])
          assert.deepEqual(await adapter.getUser(user.id), user)
          const given = await adapter.createUser({ email: "b@example.com", slug: "mine", tenant: 8, image: null })
          assert.deepEqual([given.slug, given.tenant, given.image], ["mine", 8, "none.png"])
          const link = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
          const account = await adapter.linkAccount(link)
          assert.deepEqual([account.slug, account.tenant], ["s-1", 7])
          assert.deepEqual(await adapter.getAccount("1", "p"), account)
          await times(20, async (i) => {
            const session = await adapter.createSession({ sessionToken: `t${i}`, userId: user.id, expires })
            assert.deepEqual([session.slug, session.tenant], [`s-t${i}`, 7])
            assert.deepEqual(await adapter.getSessionAndUser(`t${i}`), { session, user })
          })
          const token = { identifier: "i", token: "t", expires }
          assert.deepEqual(await adapter.createVerificationToken(token), token)
          assert.deepEqual(await own.rows(`SELECT "slug", "tenant" FROM "verification_tokens"`), [
            { slug: "s-t", tenant: 7 },
          ])
          const passkey = await adapter.createAuthenticator({ ...authenticator, userId: user.id })
          assert.deepEqual([passkey.slug, passkey.tenant], ["s-c", 7])
          assert.deepEqual(await adapter.getAuthenticator("c"), passkey)
          await assert.rejects(adapter.createSession({ sessionToken: "x", userId: "none", expires }), {
            code: "ERR_FOREIGN_KEY",
          })
        },
      )

    for (const tied of [true, false])
      lane(
        `that no trigger fills are the database's to refuse, ${tied ? "with" : "without"} foreign keys`,
        async (own) => {
          await tables(own, { tied })
          await triggers(own, Object.fromEntries(Object.keys(keys).map((table) => [table, { slug: slug(table) }])))
        },
        async (adapter, own) => {
          const lacks = (field, table) => ({ code: "ERR_NOT_NULL", table, field })
          await assert.rejects(adapter.createUser({ ...ada, tenant: 7 }), lacks("image", "user"))
          await assert.rejects(adapter.createUser({ ...ada, image: "a.png" }), lacks("tenant", "user"))
          const user = await adapter.createUser({ ...ada, image: "a.png", tenant: 7 })
          assert.equal(user.slug, "s-ada@example.com")
          const session = { sessionToken: "t", userId: user.id, expires }
          await assert.rejects(adapter.createSession(session), lacks("tenant", "session"))
          assert.equal((await adapter.createSession({ ...session, tenant: 9 })).slug, "s-t")
          const link = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
          await assert.rejects(adapter.linkAccount(link), lacks("tenant", "account"))
          assert.equal((await adapter.linkAccount({ ...link, tenant: 9 })).slug, "s-1")
          const { stdout } = await cli(["check", own.url, "--json"])
          const { warnings, recommendations } = JSON.parse(stdout)
          const says = (notes) => notes.filter(({ message }) => message.startsWith("users.tenant must not be null"))
          assert.equal(says(warnings).length, 0, stdout)
          assert.match(
            says(recommendations)[0].message,
            /left to the table's triggers, and creating a row fails unless/,
          )
        },
      )

    lane(
      "are required where the table has no trigger",
      (own) => tables(own),
      async (adapter) => {
        await assert.rejects(adapter.createUser({ ...ada, image: "a.png" }), {
          code: "ERR_INVALID_VALUE",
          table: "user",
          field: "slug",
        })
      },
    )

    // MySQL answers an INSERT by a look-up, which needs the id.
    lane(
      "may be the id, where an INSERT can return it",
      async (own) => {
        await tables(own, { id: "integer NOT NULL" })
        await own.rows(`CREATE TABLE "counted" ("next" integer)`)
        await own.rows(`INSERT INTO "counted" VALUES (41)`)
        const id = `(SELECT "next" + 1 FROM "counted")`
        await triggers(own, { users: { id, slug: slug("users"), tenant: "7", image: "'none.png'" } })
      },
      async (adapter) => {
        if (database.flavour === "mysql") {
          await assert.rejects(adapter.createUser(ada), { code: "ERR_INVALID_VALUE", table: "user", field: "id" })
          return
        }
        const user = await adapter.createUser(ada)
        assert.deepEqual([user.id, user.slug], ["42", "s-ada@example.com"])
        assert.deepEqual(await adapter.getUser("42"), user)
      },
    )
  })
}
