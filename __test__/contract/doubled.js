// Tables without unique keys, as some adapters' documentation has them, that hold several rows under one key: the first answers,
// and no other caller hears of it.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { inDays } from "./rows.js"

const moment = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }
const kinds = { text: "varchar(255)", number: "integer" }

/** As @auth/pg-adapter's, but for `keyed`: without even the keys of rows. */
const tables = (name, id) => ({
  users: { id, name: "text", email: "text", emailVerified: moment[name], image: "text" },
  accounts: { id, userId: id, type: "text", provider: "text", providerAccountId: "text", access_token: "text" },
  sessions: { id, userId: id, expires: moment[name], sessionToken: "text" },
  verification_token: { identifier: "text", expires: moment[name], token: "text" },
  authenticators: {
    credentialID: "text",
    userId: id,
    providerAccountId: "text",
    credentialPublicKey: "text",
    counter: "number",
    credentialDeviceType: "text",
    credentialBackedUp: name === "postgres" ? "boolean" : name === "mysql" ? "tinyint(1)" : "boolean",
    transports: "text",
  },
})

const at = new Date(Math.floor(inDays(30) / 1000) * 1000)
const later = new Date(at.valueOf() + 60_000)

export function doubled(database) {
  // Rows are doubled in tables without a key only, to which Group Replication does not write.
  if (database.wantsKeys) return
  for (const id of ["text", "number"]) describe(`ids that are ${id}s`, () => onTables(database, id))
}

function onTables({ create, name, options }, idKind) {
  const columns = tables(name, idKind)
  const id = (number) => (idKind === "number" ? number : `id ${number}`)
  let own, adapter

  const stored = (value) => {
    if (!(value instanceof Date)) return typeof value === "boolean" && name === "sqlite" ? Number(value) : value
    return name === "sqlite"
      ? value.valueOf()
      : name === "mysql"
        ? value.toISOString().replace("T", " ").replace("Z", "")
        : value
  }
  const insert = async (table, ...rows) => {
    for (const row of rows) {
      const names = Object.keys(row)
      const sql = `INSERT INTO "${table}" (${names.map((each) => `"${each}"`)}) VALUES (${names.map(() => "?")})`
      await own.rows(sql, ...names.map((each) => stored(row[each])))
    }
  }
  const user = (number, more) => ({
    id: id(number),
    name: `N${number}`,
    email: `${number}@example.com`,
    emailVerified: null,
    image: null,
    ...more,
  })
  const account = (number, userNumber, more) => ({
    id: id(number),
    userId: id(userNumber),
    type: "oauth",
    provider: "p",
    providerAccountId: `a${number}`,
    access_token: null,
    ...more,
  })
  const session = (number, userNumber, more) => ({
    id: id(number),
    userId: id(userNumber),
    expires: at,
    sessionToken: `t${number}`,
    ...more,
  })
  const authenticator = (credentialID, userNumber, more) => ({
    credentialID,
    userId: id(userNumber),
    providerAccountId: "x",
    credentialPublicKey: "k",
    counter: 0,
    credentialDeviceType: "d",
    credentialBackedUp: true,
    transports: null,
    ...more,
  })
  const shown = (row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, /^(id|userId)$/.test(key) ? String(value) : value]),
    )

  before(async () => {
    own = await create({})
    for (const [table, its] of Object.entries(columns)) {
      const list = Object.entries(its).map(([column, kind]) => `"${column}" ${kinds[kind] ?? kind}`)
      await own.rows(`CREATE TABLE "${table}" (${list.join(", ")})`)
    }
    adapter = RustAdapter(own.url, options)
    // The later one comes first: what the database finds first is no order. 10 is more than 9, if ids are numbers.
    await insert(
      "users",
      user(90, { email: "two@example.com", name: "second" }),
      user(30, { email: "two@example.com", name: "first" }),
      user(1),
      user(5, { name: "b" }),
      user(5, { name: "a" }),
    )
    await insert(
      "accounts",
      account(90, 90, { providerAccountId: "two" }),
      account(30, 30, { providerAccountId: "two" }),
      account(1, 1),
      account(2, 5),
    )
    await insert(
      "sessions",
      session(90, 90, { sessionToken: "two" }),
      session(30, 30, { sessionToken: "two", expires: later }),
      session(1, 1),
      session(5, 5),
    )
    await insert(
      "authenticators",
      authenticator("two", 90, { counter: 9 }),
      authenticator("two", 1, { counter: 4 }),
      authenticator("one", 1),
    )
    await insert(
      "verification_token",
      { identifier: "i", token: "two", expires: later },
      { identifier: "i", token: "two", expires: at },
    )
    await adapter.getUser(String(id(1)))
  })
  after(async () => {
    await adapter?.close()
    await own?.close()
  })

  const firstUser = () => shown(user(30, { email: "two@example.com", name: "first" }))
  const alike = () => shown(user(5, { name: "a" }))
  const firstAccount = () => shown(account(30, 30, { providerAccountId: "two" }))
  const firstAuthenticator = () => shown(authenticator("two", 1, { counter: 4 }))
  const firstSession = () => shown(session(30, 30, { sessionToken: "two", expires: later }))
  const key = { provider: "p", providerAccountId: "two" }

  const lookups = {
    getUserByEmail: [() => adapter.getUserByEmail("two@example.com"), firstUser],
    "getUser, two with one id": [() => adapter.getUser(String(id(5))), alike],
    getUserByAccount: [() => adapter.getUserByAccount(key), firstUser],
    "getUserByAccount, of two with one id": [
      () => adapter.getUserByAccount({ provider: "p", providerAccountId: "a2" }),
      alike,
    ],
    getAccount: [() => adapter.getAccount("two", "p"), firstAccount],
    getSessionAndUser: [() => adapter.getSessionAndUser("two"), () => ({ session: firstSession(), user: firstUser() })],
    "getSessionAndUser, of two with one id": [
      () => adapter.getSessionAndUser("t5"),
      () => ({ session: shown(session(5, 5)), user: alike() }),
    ],
    getAuthenticator: [() => adapter.getAuthenticator("two"), firstAuthenticator],
    listAuthenticatorsByUserId: [
      async () => (await adapter.listAuthenticatorsByUserId(String(id(1)))).map(({ counter }) => counter).sort(),
      () => [0, 4],
    ],
    listAccounts: [async () => (await adapter.listAccounts(String(id(1)))).length, () => 1],
    listSessions: [
      async () => (await adapter.listSessions(String(id(30)), { currentToken: "two" })).map(({ current }) => current),
      () => [true],
    ],
  }
  const bystander = async () => assert.deepEqual(await adapter.getUser(String(id(1))), shown(user(1)))
  const others = () => [
    bystander(),
    adapter.getSessionAndUser("t1").then((found) => assert.equal(found.session.sessionToken, "t1")),
    adapter.getUserByEmail("nobody@example.com").then((found) => assert.equal(found, null)),
  ]

  for (const [title, [call, expected]] of Object.entries(lookups)) {
    test(`${title}: the first, alone and forty at once`, { timeout: 20_000 }, async () => {
      assert.deepEqual(await call(), expected())
      for (let round = 0; round < 3; round++) {
        const calls = Array.from({ length: 40 }, () => [
          call().then((found) => assert.deepEqual(found, expected())),
          ...others(),
        ])
        await Promise.all(calls.flat())
      }
    })
  }

  test("all look-ups at once, each its own", { timeout: 20_000 }, async () => {
    const calls = Array.from({ length: 20 }, () => Object.values(lookups)).flat()
    const answers = await Promise.all(calls.map(([call]) => call()))
    assert.deepEqual(
      answers,
      calls.map(([, expected]) => expected()),
    )
  })

  /** Changes concern all rows with the key; `left` is what is then there, in no order. */
  const changes = {
    "updateUser, two with one id": {
      call: () => adapter.updateUser({ id: String(id(5)), image: "i" }),
      expected: () => ({ ...alike(), image: "i" }),
      left: async () => (await own.rows(`SELECT "image" FROM "users" WHERE "id" = ?`, id(5))).map(({ image }) => image),
      is: ["i", "i"],
    },
    updateSession: {
      call: () => adapter.updateSession({ sessionToken: "two", expires: at }),
      expected: () => ({ ...firstSession(), expires: at }),
      left: async () =>
        (await own.rows(`SELECT "expires" FROM "sessions" WHERE "sessionToken" = 'two'`)).map(({ expires }) =>
          Number(expires),
        ),
      is: [at.valueOf(), at.valueOf()],
    },
    updateAuthenticatorCounter: {
      call: () => adapter.updateAuthenticatorCounter("two", 10),
      expected: () => ({ ...firstAuthenticator(), counter: 10 }),
      left: async () =>
        (await own.rows(`SELECT "counter" FROM "authenticators" WHERE "credentialID" = 'two'`)).map(
          ({ counter }) => counter,
        ),
      is: [10, 10],
    },
    "linkAccount of what is linked": {
      call: () => adapter.linkAccount({ ...key, userId: String(id(90)), type: "oauth" }),
      expected: () => shown(account(90, 90, { providerAccountId: "two" })),
      left: () => own.rows(`SELECT 1 AS "one" FROM "accounts" WHERE "providerAccountId" = 'two'`),
      is: [{ one: 1 }, { one: 1 }],
    },
    useVerificationToken: {
      call: () => adapter.useVerificationToken({ identifier: "i", token: "two" }),
      expected: () => ({ identifier: "i", token: "two", expires: at }),
      left: () => own.rows(`SELECT 1 AS "one" FROM "verification_token"`),
      is: [],
      once: true,
    },
    deleteSession: {
      call: () => adapter.deleteSession("two"),
      expected: () => ({ ...firstSession(), expires: at }),
      left: () => own.rows(`SELECT 1 AS "one" FROM "sessions" WHERE "sessionToken" = 'two'`),
      is: [],
      once: true,
    },
    unlinkAccount: {
      call: () => adapter.unlinkAccount(key),
      expected: firstAccount,
      left: () => own.rows(`SELECT 1 AS "one" FROM "accounts" WHERE "providerAccountId" = 'two'`),
      is: [],
      once: true,
    },
    "deleteUser, two with one id": {
      call: () => adapter.deleteUser(String(id(5))),
      expected: () => ({ ...alike(), image: "i" }),
      left: () => own.rows(`SELECT 1 AS "one" FROM "users" WHERE "id" = ?`, id(5)),
      is: [],
      once: true,
    },
  }
  for (const [title, { call, expected, left, is, once }] of Object.entries(changes)) {
    test(`${title}: all rows, and the first is returned`, { timeout: 20_000 }, async () => {
      const results = await Promise.all(Array.from({ length: 10 }, () => [call(), bystander()]).flat())
      const answers = results.filter((_, index) => index % 2 === 0)
      if (once) {
        assert.deepEqual(
          answers.filter((answer) => answer !== null),
          [expected()],
        )
      } else {
        for (const answer of answers) assert.deepEqual(answer, expected())
      }
      assert.deepEqual(await left(), is)
    })
  }

  test("revoking devices takes all rows with the token", { timeout: 20_000 }, async () => {
    const owner = String(id(1))
    const twice = (number) =>
      insert("sessions", session(number, 1, { sessionToken: "same" }), session(number + 1, 1, { sessionToken: "same" }))
    const tokens = async () =>
      (await own.rows(`SELECT "sessionToken" FROM "sessions" WHERE "userId" = ?`, id(1)))
        .map(({ sessionToken }) => sessionToken)
        .sort()
    await twice(200)
    const listed = await adapter.listSessions(owner, { currentToken: "t1" })
    assert.equal(listed.length, 3)
    const device = listed.find(({ current }) => !current)
    assert.deepEqual(await Promise.all([adapter.revokeSession(owner, device.id), bystander(), bystander()]), [
      true,
      undefined,
      undefined,
    ])
    assert.deepEqual(await tokens(), ["t1"])
    await twice(300)
    assert.equal(await adapter.revokeOtherSessions(owner, "same"), 1)
    assert.deepEqual(await tokens(), ["same", "same"])
    assert.equal(await adapter.revokeAllSessions(owner), 2)
  })

  test("nothing is added under a key that is there", async () => {
    await assert.rejects(adapter.createUser({ id: id(400), email: "two@example.com" }), { code: "ERR_UNIQUE" })
  })
}
