// What the types of another application's columns mean: those that can serve do so to the last digit, those that cannot are an error
// that names them, or are left out where nothing depends on them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const text = "varchar(100)"
const dates = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }

/** Auth.js's tables, or `some` of them, every column by its name; `types` says otherwise of some, `more` has further ones by table. */
async function tables(own, name, types = {}, more = {}, some = undefined) {
  const date = dates[name]
  const all = {
    users: { id: `${text} NOT NULL PRIMARY KEY`, name: text, email: text, emailVerified: date, image: text },
    accounts: {
      userId: `${text} NOT NULL`,
      type: text,
      provider: text,
      providerAccountId: text,
      access_token: text,
      expires_at: "bigint",
    },
    sessions: { sessionToken: `${text} NOT NULL PRIMARY KEY`, userId: `${text} NOT NULL`, expires: `${date} NOT NULL` },
    verification_tokens: { identifier: text, token: text, expires: `${date} NOT NULL` },
    authenticators: {
      credentialID: text,
      userId: text,
      providerAccountId: text,
      credentialPublicKey: text,
      counter: "integer",
      credentialDeviceType: text,
      credentialBackedUp: "boolean",
      transports: text,
    },
  }
  for (const [table, columns] of Object.entries(all)) {
    if (some && !some.includes(table)) continue
    const list = Object.entries({ ...columns, ...more[table] }).map(
      ([column, type]) => `"${column}" ${types[`${table}.${column}`] ?? type}`,
    )
    await own.rows(`CREATE TABLE "${table}" (${list.join(", ")})`)
  }
}

/** Types that hold none of JavaScript's values that we write: what `check` calls them. */
const unreadable = {
  sqlite: { blob: "blob", "BLOB NOT NULL": "blob", longblob: "longblob" },
  postgres: {
    bytea: "bytea",
    oid: "oid",
    xid8: "xid8",
    point: "point",
    "bit(8)": "bit",
    tsvector: "tsvector",
    xml: "xml",
  },
  mysql: { "binary(16)": "binary(16)", "varbinary(100)": "varbinary(100)", tinyblob: "tinyblob", point: "point" },
}
const needed = [
  "users.id",
  "users.email",
  "users.emailVerified",
  "accounts.userId",
  "accounts.provider",
  "accounts.providerAccountId",
  "accounts.type",
  "sessions.sessionToken",
  "sessions.userId",
  "sessions.expires",
  "verification_tokens.identifier",
  "verification_tokens.token",
  "verification_tokens.expires",
  "authenticators.credentialID",
  "authenticators.userId",
  "authenticators.credentialPublicKey",
  "authenticators.counter",
]
/** The methods on each table that signing in may do without. */
const optional = {
  verification_tokens: {
    createVerificationToken: [{ identifier: "i", token: "t", expires }],
    useVerificationToken: [{ identifier: "i", token: "t" }],
  },
  authenticators: {
    createAuthenticator: [
      {
        credentialID: "c",
        userId: "u",
        providerAccountId: "c",
        credentialPublicKey: "k",
        counter: 0,
        credentialDeviceType: "singleDevice",
        credentialBackedUp: false,
        transports: null,
      },
    ],
    getAuthenticator: ["c"],
    listAuthenticatorsByUserId: ["u"],
    updateAuthenticatorCounter: ["c", 1],
  },
}
const isOptional = (column) => column.split(".")[0] in optional
/** Types that hold values, but none of the field's. */
const unfit = {
  sqlite: {},
  postgres: {
    "users.id": ["timestamptz", "boolean", "jsonb", "text[]"],
    "sessions.sessionToken": ["double precision", "json"],
    "sessions.userId": ["boolean"],
    "sessions.expires": ["boolean", "date", "jsonb", "time", "numeric", "double precision"],
    "verification_tokens.expires": ["interval"],
  },
  mysql: {
    "users.id": ["datetime", "json", "double"],
    "sessions.sessionToken": ["timestamp"],
    "sessions.expires": ["date", "json", "time", "decimal(20,3)", "double"],
    "verification_tokens.expires": ["year"],
  },
}

for (const database of databases) {
  const { name } = database
  describe(`types on ${name}`, () => {
    const lane = (title, make, work, options) =>
      test(title, { timeout }, async () => {
        const own = await database.create()
        let adapter
        try {
          await make(own)
          adapter = RustAdapter(own.url, options)
          await work(adapter, own)
        } finally {
          await adapter?.close()
          await own.close()
        }
      })

    const refuses = (column, type, shown) => {
      const [table, field] = column.split(".")
      lane(
        `${column} of type ${type}: ERR_SCHEMA`,
        (own) => tables(own, name, { [column]: type }),
        async (adapter, own) => {
          const isIt = (error) => {
            assert.equal(error.code, "ERR_SCHEMA", `${error.code}: ${error.message} ${error.cause}`)
            assert.deepEqual([error.table, error.field], [table, field])
            assert.ok(error.message.includes(`${column} is of the type ${shown}`), error.message)
            return true
          }
          await assert.rejects(adapter.getUser("x"), isIt)
          await assert.rejects(adapter.getSessionAndUser("x"), isIt)
          const { code, stderr } = await cli(["check", own.url])
          assert.equal(code, 2)
          assert.ok(stderr.includes("ERR_SCHEMA") && stderr.includes(shown), stderr)
        },
      )
    }
    /** Only the methods on the table itself are refused: by an error that says why, as `check` does. */
    const leavesOut = (column, type, shown) => {
      const [table, field] = column.split(".")
      lane(
        `${column} of type ${type}: ERR_SCHEMA of the methods on that table alone`,
        (own) => tables(own, name, { [column]: type }),
        async (adapter, own) => {
          const works = async (methods) => {
            for (const [method, given] of Object.entries(methods)) await adapter[method](...given)
          }
          const user = await adapter.createUser({ id: "u", email: "a@example.com", name: "A" })
          assert.deepEqual(await adapter.getUserByEmail("a@example.com"), user)
          await adapter.linkAccount({ userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" })
          assert.deepEqual(await adapter.getUserByAccount({ provider: "p", providerAccountId: "1" }), user)
          await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
          assert.deepEqual((await adapter.getSessionAndUser("t")).user, user)
          await adapter.pruneExpired()
          for (const [method, given] of Object.entries(optional[table]))
            await assert.rejects(adapter[method](...given), (error) => {
              assert.equal(error.code, "ERR_SCHEMA", `${error.code}: ${error.message} ${error.cause}`)
              assert.deepEqual([error.method, error.table, error.field], [method, table, field])
              assert.ok(error.message.includes(`${column} is of the type ${shown}`), error.message)
              return true
            })
          for (const [other, methods] of Object.entries(optional)) if (other !== table) await works(methods)
          const { code, stdout } = await cli(["check", own.url, "--json"])
          assert.equal(code, 1)
          const { warnings } = JSON.parse(stdout)
          const why = warnings.filter(({ message }) => message.includes(`${column} is of the type ${shown}`))
          assert.equal(why.length, 1, stdout)
          assert.match(
            why[0].message,
            /^there is no table for \w+ that can be used: (passkeys will fail, and deleteUser leaves its rows, unless a foreign key deletes them|signing in by e-mail will fail); /,
          )
          // Once the column can hold the field, the table is used.
          await own.rows(`DROP TABLE "${table}"`)
          await tables(own, name, {}, {}, [table])
          await works(optional[table])
          assert.deepEqual(await adapter.deleteUser(user.id), user)
          assert.equal(await adapter.getSessionAndUser("t"), null)
        },
      )
    }
    const judges = (column, ...kind) => (isOptional(column) ? leavesOut : refuses)(column, ...kind)
    const kinds = Object.entries(unreadable[name])
    // Each column with one of the types, each type with one of the columns.
    for (const [index, column] of needed.entries()) judges(column, ...kinds[index % kinds.length])
    for (const [type, shown] of kinds) refuses("users.id", type, shown)
    for (const [column, types] of Object.entries(unfit[name])) {
      // What the database calls them.
      const names = {
        "double precision": "float8",
        boolean: "bool",
        "text[]": "_text",
        json: database.flavour === "mariadb" ? "longtext" : "json",
      }
      for (const type of types) judges(column, type, names[type] ?? type)
    }

    lane(
      "further columns of types that cannot be read are left out, with a warning of check",
      (own) =>
        tables(
          own,
          name,
          { "users.image": kinds[0][0] },
          {
            users: Object.fromEntries(kinds.map(([type], index) => [`odd${index}`, type.replace(" NOT NULL", "")])),
            sessions: { odd: kinds[0][0] },
          },
        ),
      async (adapter, own) => {
        const user = await adapter.createUser({ email: "a@example.com", name: "A" })
        assert.deepEqual(Object.keys(user).sort(), ["email", "emailVerified", "id", "name"])
        if (name === "sqlite") await own.rows(`UPDATE "users" SET "odd0" = x'ff00fe'`)
        await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
        assert.deepEqual(await adapter.getSessionAndUser("t"), {
          session: { sessionToken: "t", userId: user.id, expires },
          user,
        })
        const { stdout } = await cli(["check", own.url, "--json"])
        const messages = JSON.parse(stdout).warnings.map(({ message }) => message)
        for (const [index, [, shown]] of kinds.entries()) {
          const left = messages.find((message) =>
            message.startsWith(`users.odd${index} is left alone: its type ${shown} `),
          )
          assert.ok(left, `${shown}: ${messages.join("\n")}`)
          assert.doesNotMatch(left, /must not be null/)
        }
        assert.ok(messages.some((message) => message.startsWith("users.image is left alone")))
      },
    )

    lane(
      "one of them that must not be null: check says that no row can be created",
      (own) => tables(own, name, {}, { users: { odd: `${kinds[0][0]} NOT NULL` } }),
      async (adapter, own) => {
        const { stdout } = await cli(["check", own.url, "--json"])
        assert.match(
          stdout,
          /users\.odd is left alone: [^"]*; it must not be null and has no default: creating a row fails/,
        )
        await assert.rejects(adapter.createUser({ email: "a@example.com" }), { code: "ERR_NOT_NULL" })
      },
    )

    // Every integer that 64 bits hold.
    const SAFE = Number.MAX_SAFE_INTEGER
    const integers = [
      0n,
      1n,
      -1n,
      BigInt(SAFE),
      -BigInt(SAFE),
      BigInt(SAFE) + 1n,
      BigInt(SAFE) + 2n,
      -BigInt(SAFE) - 2n,
      2n ** 62n + 1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]
    const asRead = (integer) =>
      integer >= -BigInt(SAFE) && integer <= BigInt(SAFE) ? Number(integer) : String(integer)
    lane(
      "integers of 64 bits come and go to the last digit: numbers, and beyond those that are exact, decimal strings",
      (own) => tables(own, name, {}, { users: { big: "bigint" } }),
      async (adapter, own) => {
        const { id } = await adapter.createUser({ email: "a@example.com" })
        for (const integer of integers) {
          await own.rows(`UPDATE "users" SET "big" = ${integer}`)
          const read = (await adapter.getUser(id)).big
          assert.equal(read, asRead(integer))
          for (const given of [read, integer, String(integer)]) {
            await own.rows(`UPDATE "users" SET "big" = 5`)
            assert.equal((await adapter.updateUser({ id, big: given })).big, read, `${typeof given} ${given}`)
            assert.equal((await adapter.getUser(id)).big, read)
            const [{ v }] = await own.rows(
              `SELECT CAST("big" AS ${name === "mysql" ? "char" : "text"}) AS v FROM "users"`,
            )
            assert.equal(v, String(integer))
          }
        }
        for (const beyond of [2n ** 63n, -(2n ** 63n) - 1n, String(2n ** 64n), "9".repeat(70), 2 ** 60, 1e300]) {
          await assert.rejects(adapter.updateUser({ id, big: beyond }), (error) => {
            assert.deepEqual([error.code, error.table, error.field], ["ERR_INVALID_VALUE", "user", "big"])
            assert.ok(!error.message.includes(String(beyond)), error.message)
            return true
          })
        }
      },
    )

    lane(
      "ids are all digits, in any number",
      (own) =>
        tables(own, name, {
          "users.id": "bigint NOT NULL PRIMARY KEY",
          "sessions.userId": "bigint NOT NULL",
        }),
      async (adapter, own) => {
        for (const id of ["7", "9007199254740993", "9223372036854775807"]) {
          await own.rows(`INSERT INTO "users" ("id", "email") VALUES (${id}, '${id}@example.com')`)
          await adapter.createSession({ sessionToken: id, userId: id, expires })
          assert.equal((await adapter.getUserByEmail(`${id}@example.com`)).id, id)
          assert.equal((await adapter.getUser(id)).id, id)
          const { user, session } = await adapter.getSessionAndUser(id)
          assert.deepEqual([user.id, session.userId], [id, id])
        }
        assert.equal(await adapter.getUser("9007199254740992"), null)
      },
    )

    const integer = { sqlite: "integer", postgres: "integer", mysql: "int" }[name]
    lane(
      "integers of accounts are the provider's numbers, also those that say when",
      (own) =>
        tables(
          own,
          name,
          {},
          {
            accounts: {
              created_at: integer,
              expires_in: integer,
              refresh_token_expires_in: integer,
              updated_at: "bigint",
              createdAt: `${integer} NOT NULL`,
            },
          },
        ),
      async (adapter, own) => {
        const { id: userId } = await adapter.createUser({ email: "a@example.com" })
        const account = { userId, type: "oauth", provider: "gitlab", providerAccountId: "1" }
        const given = {
          created_at: 1_767_225_600,
          expires_in: 7200,
          refresh_token_expires_in: 15_897_600,
          expires_at: 1_767_232_800,
          updated_at: 1_767_225_601,
        }
        const began = Math.floor(Date.now() / 1000)
        await adapter.linkAccount({ ...account, ...given })
        const stored = await adapter.getAccount("1", "gitlab")
        for (const [field, value] of Object.entries(given)) assert.equal(stored[field], value, field)
        const [row] = await own.rows(`SELECT * FROM "accounts"`)
        for (const [field, value] of Object.entries(given)) assert.equal(row[field], value, field)
        // The present moment, where no caller gave another: in seconds, as providers count.
        assert.ok(row.createdAt >= began - 1 && row.createdAt <= began + 60, `${row.createdAt}`)
        assert.equal(stored.createdAt, row.createdAt)
        await adapter.linkAccount({
          ...account,
          providerAccountId: "2",
          ...given,
          createdAt: new Date("2026-01-02T03:04:05Z"),
        })
        assert.equal((await adapter.getAccount("2", "gitlab")).createdAt, Date.parse("2026-01-02T03:04:05Z") / 1000)
      },
    )

    if (name === "sqlite") {
      for (const options of [undefined, { dates: "iso" }]) {
        lane(
          `an account's CURRENT_TIMESTAMP is a date, although its column is declared to be an integer${options ? ", dates: iso" : ""}`,
          (own) =>
            tables(
              own,
              name,
              {},
              {
                accounts: {
                  created_at: "integer DEFAULT CURRENT_TIMESTAMP",
                  issued_at: "integer",
                  updated_at: "integer NOT NULL",
                },
              },
            ),
          async (adapter) => {
            const { id: userId } = await adapter.createUser({ email: "a@example.com" })
            await adapter.linkAccount({
              userId,
              type: "oauth",
              provider: "p",
              providerAccountId: "1",
              issued_at: 1_767_225_600,
            })
            const { created_at, issued_at, updated_at } = await adapter.getAccount("1", "p")
            assert.ok(Math.abs(created_at - Date.now()) < 60_000, `${created_at}`)
            assert.equal(issued_at, 1_767_225_600)
            assert.ok(Math.abs(updated_at - Date.now() / 1000) < 60, `${updated_at}`)
          },
          options,
        )
      }
      lane(
        "an integer whose default is true or false is a boolean, one whose default is a number is a number",
        (own) =>
          tables(
            own,
            name,
            {},
            {
              users: {
                active: "integer DEFAULT true",
                banned: "integer DEFAULT false NOT NULL",
                odd: "INTEGER DEFAULT (FALSE)",
                points: "integer DEFAULT 0",
                level: "integer DEFAULT 1",
              },
            },
          ),
        async (adapter, own) => {
          const user = await adapter.createUser({ email: "a@example.com" })
          assert.deepEqual([user.active, user.banned, user.odd, user.points, user.level], [true, false, false, 0, 1])
          const given = { active: false, banned: true, odd: true, points: 2, level: 0 }
          const changed = await adapter.updateUser({ id: user.id, ...given })
          for (const [field, value] of Object.entries(given)) assert.equal(changed[field], value, field)
          const [row] = await own.rows(`SELECT "active", "banned", "points" FROM "users"`)
          assert.deepEqual(row, { active: 0, banned: 1, points: 2 })
          await assert.rejects(adapter.updateUser({ id: user.id, banned: "yes" }), {
            code: "ERR_INVALID_VALUE",
            field: "banned",
          })
        },
      )
    }

    if (name === "mysql") {
      const json = database.flavour === "mariadb" ? ["json", `longtext CHECK (json_valid("data"))`] : ["json"]
      for (const type of json) {
        lane(
          `${type} holds what it was given`,
          (own) => tables(own, name, {}, { users: { data: type, note: "longtext" } }),
          async (adapter, own) => {
            const user = await adapter.createUser({
              email: "a@example.com",
              data: { theme: "dark" },
              note: `{"theme":"dark"}`,
            })
            assert.deepEqual([user.data, user.note], [{ theme: "dark" }, `{"theme":"dark"}`])
            for (const data of [{ a: [1, null, "ü", { b: true }] }, [], [1, "2"], "text", 5, true, {}, null]) {
              assert.deepEqual((await adapter.updateUser({ id: user.id, data })).data, data)
              assert.deepEqual((await adapter.getUser(user.id)).data, data)
            }
            await own.rows(`UPDATE "users" SET "data" = '{"by":"others"}'`)
            assert.deepEqual((await adapter.getUser(user.id)).data, { by: "others" })
          },
        )
      }

      const unsigned = [0n, 5n, BigInt(SAFE) + 2n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
      lane(
        "bigint unsigned: all of its integers, and none that it has no room for",
        (own) =>
          tables(
            own,
            name,
            { "users.id": "bigint unsigned NOT NULL PRIMARY KEY", "sessions.userId": "bigint unsigned NOT NULL" },
            { users: { big: "bigint unsigned" } },
          ),
        async (adapter, own) => {
          for (const integer of unsigned) {
            const id = String(integer)
            await own.rows(`INSERT INTO "users" ("id", "email", "big") VALUES (${id}, '${id}@example.com', ${id})`)
            const user = await adapter.getUser(id)
            assert.deepEqual([user.id, user.big], [id, asRead(integer)])
            assert.deepEqual(await adapter.getUserByEmail(`${id}@example.com`), user)
            await adapter.createSession({ sessionToken: id, userId: id, expires })
            assert.deepEqual((await adapter.getSessionAndUser(id)).user, user)
            for (const given of [integer, id]) {
              await own.rows(`UPDATE "users" SET "big" = 1 WHERE "id" = ${id}`)
              assert.deepEqual(await adapter.updateUser({ id, big: given }), user)
            }
          }
          for (const beyond of [-1, -1n, 2n ** 64n, "99999999999999999999"]) {
            await assert.rejects(adapter.updateUser({ id: "5", big: beyond }), {
              code: "ERR_INVALID_VALUE",
              table: "user",
              field: "big",
            })
          }
          assert.equal(await adapter.getUser("-1"), null)
        },
      )
      lane(
        "bits are a boolean, several are a number",
        (own) => tables(own, name, {}, { users: { flag: "bit(1)", flags: "bit(8)" } }),
        async (adapter) => {
          const user = await adapter.createUser({ email: "a@example.com", flag: true, flags: 5 })
          assert.deepEqual([user.flag, user.flags], [true, 5])
          assert.deepEqual(await adapter.getUser(user.id), user)
        },
      )
    }

    for (const [length, id] of [
      [36, "0e984725-c51c-4bf4-9960-e1c80e27aba0"],
      [50, "user-1"],
    ]) {
      const char = `char(${length})`
      lane(
        `${char} keys are what was given, without the spaces`,
        (own) =>
          tables(own, name, {
            "users.id": `${char} NOT NULL PRIMARY KEY`,
            "users.email": "char(60) UNIQUE",
            "users.name": "char(20)",
            "accounts.userId": char,
            "accounts.provider": char,
            "accounts.providerAccountId": "char(80)",
            "sessions.sessionToken": "char(90) NOT NULL PRIMARY KEY",
            "sessions.userId": `${length === 36 ? char : text} NOT NULL`,
            "verification_tokens.identifier": "char(70)",
            "verification_tokens.token": "char(70)",
          }),
        async (adapter, own) => {
          const email = "a@example.com"
          const user = await adapter.createUser({ id, email, name: "Ada" })
          assert.deepEqual([user.id, user.email, user.name], [id, email, "Ada"])
          assert.deepEqual(await adapter.getUser(id), user)
          assert.deepEqual(await adapter.getUserByEmail(email), user)
          const session = await adapter.createSession({ sessionToken: "token", userId: id, expires })
          assert.deepEqual(session, { sessionToken: "token", userId: id, expires })
          assert.deepEqual(await adapter.getSessionAndUser("token"), { session, user })
          const many = await Promise.all(Array.from({ length: 20 }, () => adapter.getSessionAndUser("token")))
          for (const each of many) assert.deepEqual(each, { session, user })
          const account = { userId: id, type: "oauth", provider: "p", providerAccountId: "s" }
          await adapter.linkAccount(account)
          await adapter.linkAccount(account)
          assert.deepEqual(await adapter.getUserByAccount(account), user)
          assert.equal((await adapter.listAccounts(id)).length, 1)
          const [listed] = await adapter.listSessions(id, { currentToken: "token" })
          assert.deepEqual([listed.userId, listed.current], [id, true])
          // Spaces at the end make another key.
          assert.equal(await adapter.getSessionAndUser("token "), null)
          assert.equal(await adapter.getUser(`${id} `), null)
          assert.deepEqual(
            (await adapter.updateSession({ sessionToken: "token", expires: new Date(0) })).expires,
            new Date(0),
          )
          assert.equal(await adapter.revokeSession(id, listed.id), true)
          const token = { identifier: email, token: "code", expires }
          await adapter.createVerificationToken(token)
          assert.deepEqual(await adapter.useVerificationToken({ identifier: email, token: "code" }), token)
          if (name === "postgres") {
            await assert.rejects(adapter.createSession({ sessionToken: "padded ", userId: id, expires }), {
              code: "ERR_INVALID_VALUE",
              field: "sessionToken",
            })
          }
          assert.deepEqual(await adapter.deleteUser(id), user)
          for (const table of ["users", "accounts", "sessions"])
            assert.deepEqual(await own.rows(`SELECT * FROM "${table}"`), [])
        },
      )
    }

    if (name === "postgres") {
      lane(
        "a domain over domains holds what the type at their end does",
        async (own) => {
          for (const [domain, over] of [
            ["key", "uuid DEFAULT gen_random_uuid()"],
            ["person", "key"],
            ["word", "text"],
            ["email", "word CHECK (value LIKE '%@%')"],
            ["login", "email"],
            ["instant", "timestamptz"],
            ["expiry", "instant"],
          ])
            await own.rows(`CREATE DOMAIN "${domain}" AS ${over}`)
          await tables(own, name, {
            "users.id": '"person" PRIMARY KEY',
            "users.email": '"login"',
            "sessions.userId": '"person"',
            "sessions.expires": '"expiry" NOT NULL',
          })
        },
        async (adapter) => {
          const email = "ada@example.com"
          const { id } = await adapter.createUser({ email })
          await adapter.createSession({ sessionToken: "token", userId: id, expires: new Date("2040-01-02") })
          const { user, session } = await adapter.getSessionAndUser("token")
          assert.deepEqual([user.id, user.email, session.expires], [id, email, new Date("2040-01-02")])
          assert.deepEqual(await adapter.getUserByEmail(email), user)
        },
      )

      for (const type of ["timestamptz", "timestamp"]) {
        lane(
          `${type}: infinity is the end of the year 9999 and never expires, -infinity is long past`,
          (own) =>
            tables(own, name, {
              "users.emailVerified": type,
              "sessions.expires": `${type} NOT NULL`,
              "verification_tokens.expires": `${type} NOT NULL`,
            }),
          async (adapter, own) => {
            const end = new Date("9999-12-31T23:59:59.999Z")
            await own.rows(
              `INSERT INTO "users" ("id", "email", "emailVerified") VALUES ('u', 'u@example.com', '-infinity')`,
            )
            for (const value of ["infinity", "-infinity", "2040-01-02 03:04:05.678Z", "294000-01-01"]) {
              await own.rows(`INSERT INTO "sessions" VALUES (?, 'u', ?)`, value, value)
              await own.rows(`INSERT INTO "verification_tokens" VALUES (?, ?, ?)`, value, value, value)
            }
            const { session, user } = await adapter.getSessionAndUser("infinity")
            assert.deepEqual([session.expires, user.emailVerified], [end, new Date("1000-01-01T00:00:00.000Z")])
            assert.ok((await adapter.getSessionAndUser("-infinity")).session.expires < Date.now())
            assert.deepEqual(
              (await adapter.listSessions("u")).map((each) => each.expires),
              [end, end, expires],
            )
            assert.deepEqual(await adapter.pruneExpired(), { sessions: 1, verificationTokens: 1 })
            assert.equal((await own.rows(`SELECT * FROM "sessions"`)).length, 3)
            // What was read can be written.
            assert.deepEqual((await adapter.updateSession(session)).expires, end)
            assert.deepEqual(await adapter.updateUser(user), user)
          },
        )
      }
    }
  })
}
