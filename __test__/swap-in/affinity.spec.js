// SQLite turns texts that look like numbers into numbers, in columns whose declaration says neither TEXT nor BLOB. What such a
// column would change is refused before it is stored; what it keeps is found again, and by itself alone.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openAdapter } from "../better-auth/adapter.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const google = "107123456789012345678"

/** Declarations by which SQLite's five rules make numbers of texts: NUMERIC, REAL, and INTEGER where the values are texts. */
const declared = [
  "STRING",
  "JSON",
  "numeric",
  "UUID",
  "any",
  "DECIMAL(10,5)",
  "boolean",
  "nvarying",
  "REAL",
  "DOUBLE PRECISION",
  "float",
]
/** Those that make none. */
const texts = ["TEXT", "VARCHAR(30)", "nchar(30)", "clob", "citext", ""]

/** Texts of every spelling that could be a number's, and their neighbours. */
const spellings = (() => {
  const signs = ["", "+", "-"]
  const bodies = [
    "0",
    "7",
    "42",
    "007",
    "1.5",
    "1.0",
    "5.",
    ".5",
    ".",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "e5",
    "1e400",
    "0x1F",
    "1_000",
    "12a",
    "abc",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    google,
    "1.7976931348623157",
    "0.1",
    "100000000000000000000",
    "inf",
    "nan",
    "NaN",
  ]
  const blanks = [
    ["", ""],
    [" ", ""],
    ["", " "],
    ["\t", "\n"],
    ["\f", "\v"],
    ["\r", ""],
    ["\u00a0", ""],
    ["", "\u2003"],
  ]
  const all = signs.flatMap((sign) => bodies.map((body) => sign + body))
  const blank = ["7", "1.5", "abc"].flatMap((body) => blanks.map(([before, after]) => before + body + after))
  return [...new Set([...all, ...blank, "", " ", "--1", "+ 1", "1 2", "1e5 e", "12e 3", "١٢"])]
})()

const lane = databases.find(({ name }) => name === "sqlite")

const tables = (type) => [
  `CREATE TABLE users (id ${type} PRIMARY KEY NOT NULL, name ${type}, email ${type}, emailVerified integer, image text)`,
  `CREATE TABLE accounts (userId ${type} NOT NULL, type text, provider text, providerAccountId ${type} NOT NULL, access_token ${type},
     PRIMARY KEY (provider, providerAccountId))`,
  `CREATE TABLE sessions (sessionToken ${type} PRIMARY KEY NOT NULL, userId ${type} NOT NULL, expires integer NOT NULL)`,
  `CREATE TABLE verification_tokens (identifier ${type} NOT NULL, token ${type} NOT NULL, expires integer NOT NULL, PRIMARY KEY (identifier, token))`,
]

if (lane) {
  const withTables = async (type, work, options = {}) => {
    const database = await lane.create()
    const adapter = RustAdapter(database.url, options)
    try {
      for (const statement of tables(type)) await database.rows(statement)
      await work(adapter, database)
    } finally {
      await adapter.close()
      await database.close()
    }
  }
  const outcome = (promise) =>
    promise.then(
      (value) => ({ value }),
      (error) => ({ error }),
    )
  const isRefusal = (error, type) => {
    assert.equal(error.code, "ERR_INVALID_VALUE", error.message)
    for (const word of [type.toLowerCase(), "TEXT", "number"])
      assert.ok(error.message.includes(word), `${word} in: ${error.message}`)
    assert.equal(error.message.includes(google), false)
    assert.ok(error.table && error.field, JSON.stringify(error))
  }

  describe("SQLite: columns that make numbers of texts", () => {
    for (const type of declared)
      test(`${type}: each text is kept as it is, or refused and not stored; found by itself alone`, { timeout }, () =>
        withTables(type, async (adapter, database) => {
          // What SQLite itself makes of it: the text, or a number.
          await database.rows(`CREATE TABLE judge (v ${type})`)
          let [kept, changed] = [0, 0]
          const written = []
          const places = spellings.map(() => "(?)").join(", ")
          const judged = await database.rows(
            `INSERT INTO judge VALUES ${places} RETURNING typeof(v) AS class`,
            ...spellings,
          )
          for (const [index, text] of spellings.entries()) {
            const stored = judged[index].class
            const { value, error } = await outcome(
              adapter.createVerificationToken({ identifier: "someone", token: text, expires }),
            )
            if (error) {
              isRefusal(error, type)
              assert.notEqual(stored, "text", JSON.stringify(text))
              changed++
            } else {
              assert.equal(value.token, text)
              written.push(text)
              kept++
            }
          }
          assert.equal((await database.rows("SELECT * FROM verification_tokens")).length, kept)
          assert.ok(kept > 20 && changed > 20, `${kept} ${changed}`)
          for (const whole of ["42", "7", "0", "-7", "abc", "12a", "0x1F", "1e", "inf", "NaN"])
            assert.ok(written.includes(whole), whole)
          for (const other of ["007", "+7", " 7", "7 ", "1e5", "1.0", "5.", ".5", "-0", "1e400", google])
            assert.ok(!written.includes(other), other)
          // Each is found by itself, and none by another spelling.
          for (const token of spellings) {
            const found = await adapter.useVerificationToken({ identifier: "someone", token })
            assert.equal(found?.token ?? null, written.includes(token) ? token : null, JSON.stringify(token))
          }
        }),
      )

    for (const type of declared)
      test(`${type}: ids, keys and free texts of Auth.js's`, { timeout }, () =>
        withTables(type, async (adapter, database) => {
          const user = await adapter.createUser({ name: "12a", email: "ada@example.com" })
          assert.deepEqual(await adapter.getUser(user.id), user)
          await adapter.createSession({ sessionToken: "42", userId: user.id, expires })
          assert.equal((await adapter.getSessionAndUser("42")).user.id, user.id)
          for (const other of ["042", "42.0", " 42", "4.2e1", "+42"])
            assert.equal(await adapter.getSessionAndUser(other), null)
          const account = { userId: user.id, type: "oauth", provider: "google" }
          for (const value of [google, "007"]) {
            isRefusal((await outcome(adapter.linkAccount({ ...account, providerAccountId: value }))).error, type)
            isRefusal((await outcome(adapter.updateUser({ id: user.id, name: value }))).error, type)
            isRefusal((await outcome(adapter.createUser({ email: value }))).error, type)
            assert.equal(await adapter.getUserByAccount({ provider: "google", providerAccountId: value }), null)
            assert.equal(await adapter.getUser(value), null)
            assert.equal(await adapter.getUserByEmail(value), null)
          }
          assert.deepEqual(await database.rows("SELECT * FROM accounts"), [])
          assert.equal((await database.rows("SELECT * FROM users")).length, 1)
          assert.equal((await adapter.getUser(user.id)).name, "12a")
          await adapter.linkAccount({ ...account, providerAccountId: "7" })
          assert.equal((await adapter.getUserByAccount({ provider: "google", providerAccountId: "7" })).id, user.id)
          assert.equal(await adapter.getUserByAccount({ provider: "google", providerAccountId: "007" }), null)
          // What others stored, and SQLite changed, is read, and is no error.
          await database.rows("INSERT INTO accounts VALUES (?, 'oauth', 'google', ?, '1e5')", user.id, google)
          assert.equal(await adapter.getUserByAccount({ provider: "google", providerAccountId: google }), null)
          const { stdout } = await cli(["check", database.url])
          for (const column of [
            "users.id",
            "accounts.providerAccountId",
            "sessions.sessionToken",
            "verification_tokens.token",
          ])
            assert.match(
              stdout,
              new RegExp(`${column.replace(".", "\\.")} is declared ${type.replace(/[()]/g, "\\$&")}.*TEXT`, "i"),
            )
        }),
      )

    for (const type of texts)
      test(`"${type}": everything is kept`, { timeout }, () =>
        withTables(type, async (adapter, database) => {
          for (const token of spellings) {
            const made = await adapter.createVerificationToken({ identifier: "someone", token, expires })
            assert.equal(made.token, token)
          }
          for (const token of spellings)
            assert.equal((await adapter.useVerificationToken({ identifier: "someone", token })).token, token)
          const { stdout } = await cli(["check", database.url])
          assert.doesNotMatch(stdout, /declare it TEXT/)
        }),
      )

    test("ANY in a STRICT table keeps everything; elsewhere nothing of that sort", { timeout }, async () => {
      const database = await lane.create()
      for (const statement of tables("ANY")) await database.rows(`${statement} STRICT`)
      const adapter = RustAdapter(database.url)
      for (const token of spellings) await adapter.createVerificationToken({ identifier: "someone", token, expires })
      for (const token of spellings)
        assert.equal((await adapter.useVerificationToken({ identifier: "someone", token })).token, token)
      await adapter.close()
      await database.close()
    })

    test("INTEGER columns that hold texts: these are found, and numbers too", { timeout }, () =>
      withTables("BIGINT", async (adapter, database) => {
        await database.rows("INSERT INTO users (id, email) VALUES ('u7', 'ada@example.com'), (7, 'bob@example.com')")
        await database.rows("INSERT INTO sessions VALUES ('tok', 'u7', 2524608000000), ('8', '7', 2524608000000)")
        assert.equal((await adapter.getUser("u7")).email, "ada@example.com")
        assert.equal((await adapter.getUser("7")).email, "bob@example.com")
        assert.equal(await adapter.getUser("007"), null)
        assert.equal((await adapter.getSessionAndUser("tok")).user.id, "u7")
        assert.equal((await adapter.getSessionAndUser("8")).user.id, "7")
        isRefusal(
          (await outcome(adapter.createSession({ sessionToken: "007", userId: "u7", expires }))).error,
          "BIGINT",
        )
      }),
    )

    for (const type of ["STRING", "REAL"])
      test(`${type}: Better Auth's`, { timeout }, async () => {
        const database = await lane.create()
        const statements = [
          `CREATE TABLE user (id ${type} PRIMARY KEY NOT NULL, name ${type} NOT NULL, email ${type} NOT NULL UNIQUE, emailVerified integer NOT NULL, image text, createdAt integer NOT NULL, updatedAt integer NOT NULL)`,
          `CREATE TABLE session (id ${type} PRIMARY KEY NOT NULL, expiresAt integer NOT NULL, token ${type} NOT NULL UNIQUE, createdAt integer NOT NULL, updatedAt integer NOT NULL, ipAddress text, userAgent text, userId ${type} NOT NULL)`,
          `CREATE TABLE account (id ${type} PRIMARY KEY NOT NULL, accountId ${type} NOT NULL, providerId text NOT NULL, userId ${type} NOT NULL, accessToken text, refreshToken text, idToken text, accessTokenExpiresAt integer, refreshTokenExpiresAt integer, scope text, password text, createdAt integer NOT NULL, updatedAt integer NOT NULL)`,
          `CREATE TABLE verification (id ${type} PRIMARY KEY NOT NULL, identifier ${type} NOT NULL, value ${type} NOT NULL, expiresAt integer NOT NULL, createdAt integer, updatedAt integer)`,
        ]
        for (const statement of statements) await database.rows(statement)
        const opened = await openAdapter({ url: database.url })
        try {
          const adapter = opened.database({})
          const create = (data) =>
            adapter.create({
              model: "verification",
              data: { identifier: "i", expiresAt: expires, createdAt: expires, updatedAt: expires, ...data },
            })
          const by = (value) => adapter.findOne({ model: "verification", where: [{ field: "value", value }] })
          const among = (value) =>
            adapter.findMany({ model: "verification", where: [{ field: "value", operator: "in", value }] })
          for (const value of ["007", "1e5", " 12", "+3", google]) {
            isRefusal((await outcome(create({ value }))).error, type)
            assert.equal(await by(value), null)
            assert.deepEqual(await among([value]), [])
          }
          for (const value of ["7", "12a", "abc"]) {
            assert.equal((await create({ value })).value, value)
            assert.equal((await by(value)).value, value)
          }
          assert.deepEqual((await among(["7", "007", "abc"])).map(({ value }) => value).sort(), ["7", "abc"])
          assert.equal(await by("007"), null)
          const [{ id }] = await among(["7"])
          isRefusal(
            (
              await outcome(
                adapter.update({ model: "verification", where: [{ field: "id", value: id }], update: { value: "08" } }),
              )
            ).error,
            type,
          )
          assert.equal((await by("7")).id, id)
          const many = await adapter.findMany({
            model: "verification",
            where: [{ field: "value", operator: "starts_with", value: "7" }],
          })
          assert.deepEqual(
            many.map(({ value }) => value),
            ["7"],
          )
        } finally {
          await opened.close()
          await database.close()
        }
      })
  })
}
