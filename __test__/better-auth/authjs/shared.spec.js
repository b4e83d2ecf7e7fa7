// Both at once on one database, and what is asked of Auth.js's tables besides signing in.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { RustAdapter } from "../../../index.js"
import { before, test } from "node:test"
import { databases } from "../../databases.js"
import { newKey } from "../../contract/encryption.js"
import { base } from "../base.js"
import supabase from "../../swap-in/peers/supabase.js"
import { layouts, migrate, more, onEveryLayout, signInByAuthjs, signInByBetterAuth, Visitor } from "./stage.js"

const { check, continueAuthjsSessions, password, rustAdapter } = more

const peers = layouts.filter(({ name }) => ["our own tables", "drizzle", "pg", "prisma, snake_case"].includes(name))

const person = () => {
  const id = crypto.randomUUID()
  return { id, name: "Ada", email: `${id}@example.com` }
}
const options = {
  session: { freshAge: 0 },
  account: { accountLinking: { enabled: true, trustedProviders: ["fake", "other"] } },
}

/** What both suites begin with. */
function both(stage) {
  const auth = () => stage.auth({ plugins: [...stage.options().plugins, continueAuthjsSessions()] })
  const app = () =>
    stage.app({
      providers: ["fake", "other"].map((id) =>
        stage.server.provider({ id, account: ({ token_type, scope }) => ({ token_type, scope }) }),
      ),
    })
  const visit = async (browser) => {
    const visitor = new Visitor(auth())
    visitor.cookies.set("authjs.session-token", browser.sessionCookie.value)
    const { user } = await visitor.session()
    return { visitor, user }
  }
  before(() => migrate(stage.auth().options))
  return { auth, app, visit }
}

// Prisma's documented tables of MySQL have room for one account of a user.
const linkable = layouts.filter(({ oneAccountPerUser }) => !oneAccountPerUser)

onEveryLayout(
  "linked by either",
  (stage) => {
    const { auth, app, visit } = both(stage)

    test("an account that Better Auth links signs in by Auth.js, until it is unlinked", async () => {
      const ada = person()
      const { visitor, user } = await visit(await signInByAuthjs(stage, ada, app()))
      const other = { ...person(), email: ada.email }
      const { location } = await signInByBetterAuth(stage, visitor, other, "other", true)
      assert.match(location ?? "", /\/welcome$/)
      const known = await stage.adapter.getUserByAccount({ provider: "other", providerAccountId: other.id })
      assert.equal(String(known.id), user.id)
      const listed = await visitor.must("/list-accounts")
      assert.deepEqual(listed.map(({ providerId }) => providerId).sort(), ["fake", "other"])
      assert.equal(new Set(listed.map(({ id }) => id)).size, 2)
      await visitor.must("/unlink-account", { accountId: listed.find(({ providerId }) => providerId === "other").id })
      assert.equal(
        (await stage.adapter.getUserByAccount({ provider: "other", providerAccountId: other.id })) ?? null,
        null,
      )
      assert.ok(await stage.adapter.getUserByAccount({ provider: "fake", providerAccountId: ada.id }))
    })

    test("an account that Auth.js links signs in by Better Auth", async () => {
      const ada = person()
      const browser = await signInByAuthjs(stage, ada, app())
      const { user } = await visit(browser)
      const other = person()
      const begun = await browser.submit("signin/other", { callbackUrl: "/welcome" })
      await browser.open(await stage.server.agree(begun.headers.get("location"), other))
      const elsewhere = new Visitor(auth())
      await signInByBetterAuth(stage, elsewhere, other, "other")
      assert.equal((await elsewhere.session()).user.id, user.id)
    })
  },
  { peers: linkable, options },
)

onEveryLayout(
  "both at once",
  (stage) => {
    const { auth, app, visit } = both(stage)

    test("whom Auth.js deletes leaves nothing", async () => {
      const ada = person()
      const { visitor, user } = await visit(await signInByAuthjs(stage, ada, app()))
      await stage.adapter.deleteUser(user.id)
      assert.equal(await visitor.session(), null)
      const { internalAdapter } = await visitor.auth.$context
      assert.equal(await internalAdapter.findUserById(user.id), null)
      assert.deepEqual(await internalAdapter.findAccounts(user.id), [])
      assert.equal(await internalAdapter.findUserByEmail(ada.email), null)
    })

    test("an account is found and changed by its id, also by one that is made of its key", async () => {
      const ada = { ...person(), id: "urn:a:b%3A%25" }
      const { visitor, user } = await visit(await signInByAuthjs(stage, ada, app()))
      const { adapter } = await visitor.auth.$context
      const accounts = { model: "account", where: [{ field: "userId", value: user.id }] }
      const [account] = await adapter.findMany(accounts)
      assert.equal(account.accountId, ada.id)
      const byId = { model: "account", where: [{ field: "id", value: account.id }] }
      assert.deepEqual(await adapter.findOne(byId), account)
      assert.deepEqual((await adapter.findOne({ ...byId, select: ["id", "userId"] })).id, account.id)
      assert.equal(await adapter.count(byId), 1)
      const expires = new Date(1_900_000_000_000)
      const update = { providerId: "fake", accessTokenExpiresAt: expires, scope: "a,b" }
      const changed = await adapter.update({ ...byId, update })
      assert.deepEqual([changed.id, changed.accessTokenExpiresAt, changed.scope], [account.id, expires, "a,b"])
      assert.equal(await adapter.updateMany({ ...byId, update: { scope: "c" } }), 1)
      const none = { model: "account", where: [{ field: "id", value: "fake:another" }] }
      if (account.id.startsWith("fake:")) {
        assert.equal(await adapter.findOne(none), null)
        assert.equal(await adapter.findOne({ ...none, where: [{ field: "id", value: "no colon" }] }), null)
        const list = { model: "account", where: [{ field: "id", operator: "in", value: [account.id] }] }
        await assert.rejects(adapter.findMany(list), { code: "ERR_INVALID_VALUE" })
        const data = {
          id: "mine",
          providerId: "fake",
          accountId: "1",
          userId: user.id,
          createdAt: expires,
          updatedAt: expires,
        }
        await assert.rejects(adapter.create({ model: "account", data, forceAllowId: true }), {
          code: "ERR_INVALID_VALUE",
        })
      }
      await adapter.delete(byId)
      assert.deepEqual(await adapter.findMany(accounts), [])
    })

    test("users are found by whether their address is proved", async () => {
      const { adapter, internalAdapter } = await auth().$context
      const [ada, bob] = [person(), person()]
      const ids = []
      for (const [{ name, email }, emailVerified] of [
        [ada, true],
        [bob, false],
      ])
        ids.push((await internalAdapter.createUser({ name, email, emailVerified })).id)
      const found = async (operator, value) => {
        const where = [
          { field: "id", operator: "in", value: ids },
          { field: "emailVerified", operator, value },
        ]
        return (await adapter.findMany({ model: "user", where })).map(({ id }) => ids.indexOf(id))
      }
      assert.deepEqual(await found("eq", true), [0])
      assert.deepEqual(await found("eq", false), [1])
      assert.deepEqual(await found("ne", true), [1])
      assert.deepEqual(await found("ne", false), [0])
      await assert.rejects(found("gt", true), { code: "ERR_INVALID_ARGUMENT" })
    })

    test("an address is looked for in any case by an index", async () => {
      const { rows } = stage.database
      const table = ["pg", "prisma, snake_case"].includes(stage.peer.name) ? "users" : "user"
      const isSame = `lower("email") = lower('ada@example.com')`
      if (stage.lane.name === "postgres") {
        await rows("SET enable_seqscan = off")
        const plan = await rows(`EXPLAIN SELECT * FROM "${table}" WHERE ${isSame}`)
        assert.match(JSON.stringify(plan), new RegExp(`Index Scan.*${table}_email_lower_idx`))
      }
      // SQLite refuses this where the index does not serve the condition.
      if (stage.lane.name === "sqlite")
        assert.deepEqual(
          await rows(`SELECT * FROM "${table}" INDEXED BY "${table}_email_lower_idx" WHERE ${isSame}`),
          [],
        )
    })

    test("check tells what stands for what", async () => {
      const report = await check(stage.auth().options)
      assert.equal(report.usable, true, report.text)
      const { tables } = JSON.parse(report.json)
      const user = tables.find(({ table }) => table === "user")
      assert.ok(user.columns.length >= 5, report.json)
    })
  },
  { peers, options },
)

for (const lane of databases) {
  test(`without Auth.js's tables, an error says so: ${lane.name}`, async () => {
    const database = await lane.create()
    const opened = rustAdapter(database.url, { tables: "authjs" })
    try {
      const { options, $context } = betterAuth({ ...base, database: opened })
      await assert.rejects(migrate(options), { code: "ERR_SCHEMA" })
      const { internalAdapter } = await $context
      await assert.rejects(internalAdapter.findUserById("1"), { code: "ERR_SCHEMA" })
    } finally {
      await opened.close()
      await database.close()
    }
  })
}

for (const lane of databases) {
  test(`tokens that Auth.js's adapter encrypts are read, and the other way round: ${lane.name}`, async () => {
    const database = await lane.create()
    const encryption = { keys: [newKey("2026")] }
    const authjs = RustAdapter(database.url, { migrate: true, encryption })
    const opened = rustAdapter(database.url, { tables: "authjs", encryption })
    try {
      const user = await authjs.createUser({ email: "ada@example.com", emailVerified: null })
      const auth = betterAuth({ ...base, database: opened })
      await migrate(auth.options)
      const { internalAdapter } = await auth.$context
      for (const [provider, providerId] of [
        ["google", "google"],
        ["microsoft-entra-id", "microsoft"],
      ]) {
        const account = { type: "oidc", provider, providerAccountId: "7", userId: user.id }
        await authjs.linkAccount({ ...account, access_token: "access", refresh_token: "refresh", id_token: "id" })
        const find = async () =>
          (await internalAdapter.findAccounts(user.id)).find((each) => each.providerId === providerId)
        const { id, accessToken, refreshToken, idToken } = await find()
        assert.deepEqual([accessToken, refreshToken, idToken], ["access", "refresh", "id"], provider)
        const changed = await internalAdapter.updateAccount(id, { providerId, accessToken: "access 2" })
        assert.equal(changed.accessToken, "access 2")
        assert.equal((await find()).refreshToken, "refresh")
        assert.equal((await authjs.getAccount("7", provider)).access_token, "access 2")
        await internalAdapter.createAccount({ providerId, accountId: "8", userId: user.id, accessToken: "access 8" })
        const made = await authjs.getAccount("8", provider)
        assert.deepEqual([made.access_token, made.provider], ["access 8", provider])
      }
      const stored = await database.rows(`SELECT "access_token", "refresh_token" FROM "account"`)
      assert.equal(stored.length, 4)
      assert.doesNotMatch(JSON.stringify(stored), /:"(access|refresh)/)
    } finally {
      await opened.close()
      await authjs.close()
      await database.close()
    }
  })
}

for (const lane of databases) {
  test(`tokens of one account of several are written, and cleared of all: ${lane.name}`, async () => {
    const database = await lane.create()
    const encryption = { keys: [newKey("2026")], plain: "refused" }
    const authjs = RustAdapter(database.url, { migrate: true, encryption })
    const opened = rustAdapter(database.url, { tables: "authjs", encryption })
    try {
      const auth = betterAuth({ ...base, database: opened })
      const ids = []
      for (const name of ["ada", "bob", "eve"])
        ids.push((await authjs.createUser({ email: `${name}@example.com`, emailVerified: null })).id)
      await migrate(auth.options)
      const { internalAdapter, adapter } = await auth.$context
      const providers = { google: "google", "microsoft-entra-id": "microsoft" }
      for (const [provider, providerId] of Object.entries(providers)) {
        for (const [place, userId] of ids.entries())
          await internalAdapter.createAccount({
            providerId,
            accountId: `${place}`,
            userId,
            accessToken: "1",
            idToken: "1",
          })
        for (const [place, userId] of ids.entries()) {
          const { id } = (await internalAdapter.findAccounts(userId)).find((each) => each.providerId === providerId)
          assert.equal(
            (await internalAdapter.updateAccount(id, { accessToken: `2 of ${place}` })).accessToken,
            `2 of ${place}`,
          )
          const where = [{ field: "id", value: id }]
          assert.equal(
            await adapter.updateMany({ model: "account", where, update: { refreshToken: `3 of ${place}` } }),
            1,
          )
        }
        for (const place of ids.keys()) {
          const { access_token, refresh_token, id_token } = await authjs.getAccount(`${place}`, provider)
          assert.deepEqual([access_token, refresh_token, id_token], [`2 of ${place}`, `3 of ${place}`, "1"])
        }
        // Null is the same for every account, and a token is not.
        const where = [{ field: "providerId", value: providerId }]
        await assert.rejects(adapter.updateMany({ model: "account", where, update: { accessToken: "4" } }), {
          code: "ERR_INVALID_ARGUMENT",
        })
        const update = { accessToken: null, refreshToken: null }
        assert.equal(await adapter.updateMany({ model: "account", where, update }), 3)
        for (const place of ids.keys()) {
          const { access_token, refresh_token, id_token } = await authjs.getAccount(`${place}`, provider)
          assert.deepEqual([access_token ?? null, refresh_token ?? null, id_token], [null, null, "1"])
        }
      }
    } finally {
      await opened.close()
      await authjs.close()
      await database.close()
    }
  })
}

/** The statement of docs/from-authjs-to-better-auth.md. */
const page = readFileSync(new URL("../../../docs/from-authjs-to-better-auth.md", import.meta.url), "utf8")
const fill = /```sql\n\s*(UPDATE "user" SET "password"[^;]*);/.exec(page)[1]

for (const lane of databases) {
  test(`a column for passwords that comes after Better Auth is filled: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true })
    const opened = rustAdapter(database.url, { tables: "authjs" })
    const later = RustAdapter(database.url)
    try {
      await authjs.getUser("nobody")
      const auth = betterAuth({ ...base, database: opened, emailAndPassword: { enabled: true, password } })
      await migrate(auth.options)
      const ada = new Visitor(auth)
      const { user } = await ada.signUp("ada")
      await authjs.createUser({ email: "bob@example.com", emailVerified: null })
      await database.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255)`)
      const isGood = async (given) => (await later.passwords.verify({ email: "ada@example.com", password: given }))?.id
      assert.equal(await isGood(ada.password), undefined)
      await database.rows(fill)
      assert.equal(await isGood(ada.password), user.id)
      assert.equal(await isGood("wrong horse battery"), undefined)
      assert.equal((await ada.signIn()).status, 200)
    } finally {
      await Promise.all([opened.close(), authjs.close(), later.close()])
      await database.close()
    }
  })
}

for (const lane of databases.filter(({ name }) => name === "postgres")) {
  test("on Supabase's tables, a schema in the URL keeps the new table where its Data API does not show it", async () => {
    const database = await lane.create()
    const { adapter, close } = await supabase.open(database)
    const url = new URL(database.url)
    url.searchParams.set("schema", "next_auth")
    const opened = rustAdapter(url.href, { tables: "authjs" })
    try {
      const user = await adapter.createUser({ email: "Ada@example.com", emailVerified: null })
      const auth = betterAuth({ ...base, database: opened })
      await migrate(auth.options)
      const where = `table_name = 'verification'`
      const made = await database.rows(`SELECT table_schema AS "s" FROM information_schema.tables WHERE ${where}`)
      assert.deepEqual(made, [{ s: "next_auth" }])
      const { internalAdapter } = await auth.$context
      assert.equal((await internalAdapter.findUserByEmail("ada@example.com")).user.id, user.id)
      const expiresAt = new Date(Date.now() + 60_000)
      await internalAdapter.createVerificationValue({ identifier: "a", value: "b", expiresAt })
      assert.equal((await internalAdapter.findVerificationValue("a")).value, "b")
    } finally {
      await opened.close()
      await close()
      await database.close()
    }
  })
}

const leftIssuers = {
  "must not be null is filled": {
    type: "varchar(255) NOT NULL",
    issuers: ["local:oauth:github", "local:credential", "local:oauth:my%20company"],
  },
  "may be null is left alone": { type: "varchar(255)", issuers: [null, null, null] },
}

// SQLite adds no column that must not be null without a default.
for (const lane of databases.filter(({ name }) => name !== "sqlite")) {
  for (const [what, { type, issuers }] of Object.entries(leftIssuers)) {
    test(`a column issuer that ${what}: ${lane.name}`, async () => {
      const database = await lane.create()
      const authjs = RustAdapter(database.url, { migrate: true })
      const opened = rustAdapter(database.url, { tables: "authjs" })
      try {
        const { id: userId } = await authjs.createUser({ email: "ada@example.com", emailVerified: null })
        const auth = betterAuth({ ...base, database: opened })
        await migrate(auth.options)
        await database.rows(`ALTER TABLE "account" ADD COLUMN "issuer" ${type}`)
        const { internalAdapter } = await auth.$context
        const stored = []
        for (const providerId of ["github", "credential", "my company"]) {
          await internalAdapter.createAccount({ providerId, accountId: "7", userId })
          const [{ issuer }] = await database.rows(`SELECT "issuer" FROM "account" WHERE "provider" = ?`, providerId)
          stored.push(issuer)
        }
        assert.deepEqual(stored, issuers)
        const { warnings } = JSON.parse((await check(auth.options)).json)
        assert.deepEqual(
          warnings.filter(({ message }) => /issuer/.test(message)),
          [],
        )
      } finally {
        await opened.close()
        await authjs.close()
        await database.close()
      }
    })
  }
}

for (const lane of databases) {
  test(`the option providers says what each calls a provider: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true })
    const opened = rustAdapter(database.url, { tables: "authjs", authjs: { providers: { "azure-ad": "microsoft" } } })
    try {
      const user = await authjs.createUser({ email: "ada@example.com", emailVerified: null })
      await authjs.linkAccount({ type: "oidc", provider: "azure-ad", providerAccountId: "7", userId: user.id })
      const auth = betterAuth({ ...base, database: opened })
      await migrate(auth.options)
      const { internalAdapter } = await auth.$context
      const [account] = await internalAdapter.findAccounts(user.id)
      assert.deepEqual([account.providerId, account.accountId], ["microsoft", "7"])
      await internalAdapter.createAccount({ providerId: "microsoft", accountId: "8", userId: user.id })
      assert.equal((await authjs.getAccount("8", "azure-ad"))?.userId, user.id)
      // It takes the place of the usual name.
      await authjs.linkAccount({
        type: "oidc",
        provider: "microsoft-entra-id",
        providerAccountId: "9",
        userId: user.id,
      })
      const names = (await internalAdapter.findAccounts(user.id)).map(({ providerId }) => providerId)
      assert.deepEqual(names.sort(), ["microsoft", "microsoft", "microsoft-entra-id"])
    } finally {
      await opened.close()
      await authjs.close()
      await database.close()
    }
  })
}

test("options that are wrong are refused", () => {
  for (const wrong of [
    { tables: "prisma" },
    { tables: { user: "users" } },
    { authjs: {} },
    { tables: "authjs", authjs: "prisma" },
    { tables: "authjs", authjs: { table: {} } },
    { tables: "authjs", authjs: { providers: [] } },
    { tables: "authjs", authjs: { providers: { "azure-ad": 5 } } },
    { tables: "authjs", authjs: { providers: { "azure-ad": "microsoft", "microsoft-entra-id": "microsoft" } } },
    { tables: "authjs", authjs: { tables: { users: "people" } } },
    { tables: "authjs", authjs: { passkeys: true } },
  ])
    assert.throws(() => rustAdapter("sqlite::memory:", wrong), { code: "ERR_CONFIG" }, JSON.stringify(wrong))
})
