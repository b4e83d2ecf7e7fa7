// Values of further columns whose kind only the ORM knows that declared them: booleans and dates in integers, objects in texts, dates in
// columns of days. They are stored as that ORM stores them, and read as what the column holds.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")
const moment = new Date("2031-02-03T23:04:05.678Z")
const [millis, seconds] = [moment.getTime(), Math.floor(moment.getTime() / 1000)]
const prefs = { theme: "dark", list: [1, null, "ü"], at: moment }

const booleans = (type) => [
  [`${type} NOT NULL`, false, "0", 0],
  [`${type} NOT NULL`, true, "1", 1],
]
const texts = (type) => [
  [type, prefs, JSON.stringify(prefs)],
  [type, ["a", 1], `["a",1]`],
  [type, moment, moment.toISOString()],
  [type, "as it is", "as it is"],
]
const days = [
  ["date", moment, "2031-02-03"],
  ["date NOT NULL", new Date("2001-02-03"), "2001-02-03"],
  ["date", "2001-02-03", "2001-02-03"],
]

/** The type, what is given, what is stored as text, and what is read if that is not the same; `row`, a value that is there. */
const kinds = {
  sqlite: [
    ...["integer", "int", "tinyint", "bigint"].flatMap(booleans),
    ...["text", "varchar(200)", ""].flatMap(texts),
    ["date", moment, "2031-02-03", undefined, "'2001-02-03'"],
    ["integer", moment, String(seconds), seconds, "1700000000"],
    ["integer NOT NULL", moment, String(millis), millis, "1700000000000"],
    ["integer", new Date(5000), "5000", 5000, "-1700000000000"],
    ["integer DEFAULT (unixepoch())", moment, String(seconds), seconds],
    ["integer DEFAULT (unixepoch() * 1000)", moment, String(millis), millis],
  ],
  postgres: [
    ...["integer", "smallint", "bigint"].flatMap(booleans),
    ...["text", "varchar(200)", "varchar", "char(200)"].flatMap(texts),
    ...days,
    ["bigint DEFAULT (extract(epoch FROM now()))", moment, String(seconds), seconds],
  ],
  mysql: [
    ...["tinyint", "tinyint unsigned", "smallint", "int", "bigint", "bigint unsigned"].flatMap(booleans),
    ...["text", "varchar(200)", "longtext"].flatMap(texts),
    ...days,
  ],
}

/** Tables as Drizzle makes them on SQLite, elsewhere with dates in columns of dates unless `date` says otherwise. */
async function tables(own, name, { users = {}, date } = {}) {
  date ??= { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]
  const text = "varchar(100)"
  const extra = { is_admin: "integer", prefs: "text" }
  const all = {
    users: { id: `${text} NOT NULL PRIMARY KEY`, name: text, email: text, emailVerified: date, image: text, ...users },
    accounts: {
      userId: text,
      type: text,
      provider: text,
      providerAccountId: text,
      access_token: text,
      expires_at: "bigint",
      ...extra,
    },
    sessions: { sessionToken: `${text} NOT NULL PRIMARY KEY`, userId: text, expires: `${date} NOT NULL`, ...extra },
  }
  for (const [table, columns] of Object.entries(all)) {
    const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`)
    await own.rows(`CREATE TABLE "${table}" (${list.join(", ")})`)
  }
}

for (const database of databases) {
  const { name } = database
  describe(`values that only an ORM knows on ${name}`, () => {
    const lane = (title, shape, work, options) =>
      test(title, { timeout }, async () => {
        const own = await database.create()
        let adapter
        try {
          await tables(own, name, shape)
          await shape?.prepare?.(own)
          adapter = RustAdapter(own.url, options)
          await work(adapter, own)
        } finally {
          await adapter?.close()
          await own.close()
        }
      })
    const stored = async (own, column, where) => {
      const shown = `CAST("${column}" AS ${name === "mysql" ? "char" : "text"})`
      return (await own.rows(`SELECT ${shown} AS "v" FROM "users" WHERE ${where}`))[0].v.trimEnd()
    }
    const refused = (call, table, field, pattern = /./) =>
      assert.rejects(call, (error) => {
        assert.deepEqual([error.code, error.table, error.field], ["ERR_INVALID_VALUE", table, field], error.message)
        assert.match(error.message, pattern)
        return true
      })

    for (const [type, given, text, read = text, row] of kinds[name]) {
      const prepare = async (own) =>
        row && (await own.rows(`INSERT INTO "users" ("id", "email", "extra") VALUES ('0', '0@example.com', ${row})`))
      const shown = given instanceof Date ? `the date ${given.toISOString()}` : JSON.stringify(given)
      const beside = row ? ` beside ${row}` : ""
      lane(
        `${shown} in a column ${type || "without a type"}${beside}`,
        { users: { extra: type }, prepare },
        async (adapter, own) => {
          const user = await adapter.createUser({ email: "a@example.com", extra: given })
          assert.deepEqual(user.extra, read)
          assert.equal(await stored(own, "extra", `"email" = 'a@example.com'`), text)
          const { id } = await adapter.createUser({ email: "b@example.com", extra: read })
          assert.equal((await adapter.updateUser({ id, extra: given })).extra, read)
          assert.equal(await stored(own, "extra", `"email" = 'b@example.com'`), text)
          assert.deepEqual(await adapter.getUser(user.id), user)
          if (given instanceof Date)
            await refused(adapter.updateUser({ id, extra: new Date(Number.NaN) }), "user", "extra")
        },
      )
    }

    lane("further columns of accounts and sessions", {}, async (adapter) => {
      const { id: userId } = await adapter.createUser({ email: "a@example.com" })
      const account = { userId, type: "oauth", provider: "p", providerAccountId: "1" }
      await adapter.linkAccount({ ...account, is_admin: true, prefs })
      const linked = await adapter.getAccount("1", "p")
      assert.deepEqual([linked.is_admin, linked.prefs], [1, JSON.stringify(prefs)])
      const made = await adapter.createSession({ sessionToken: "t", userId, expires, is_admin: false, prefs })
      assert.deepEqual([made.is_admin, made.prefs], [0, JSON.stringify(prefs)])
      const changed = await adapter.updateSession({ sessionToken: "t", is_admin: true, prefs: [1] })
      assert.deepEqual([changed.is_admin, changed.prefs], [1, "[1]"])
    })

    lane("Auth.js's own fields take what they took", {}, async (adapter, own) => {
      for (const [field, value] of [
        ["email", {}],
        ["email", moment],
        ["name", { first: "A" }],
        ["name", moment],
        ["image", ["a"]],
        ["emailVerified", true],
        ["emailVerified", {}],
      ]) {
        await refused(adapter.createUser({ email: "a@example.com", [field]: value }), "user", field)
      }
      const account = { userId: "1", type: "oauth", provider: "p", providerAccountId: "1" }
      await refused(adapter.linkAccount({ ...account, expires_at: true }), "account", "expires_at")
      await refused(adapter.linkAccount({ ...account, access_token: {} }), "account", "access_token")
      assert.deepEqual(await own.rows(`SELECT * FROM "users"`), [])
    })

    // Dates in integers, beside the table's other dates.
    const big = name === "sqlite" ? "integer" : "bigint"
    const verified = (value) => async (own) => {
      await own.rows(`INSERT INTO "users" ("id", "email", "emailVerified") VALUES ('0', '0@example.com', ${value})`)
    }
    const made = (value) => async (own) => {
      await own.rows(`INSERT INTO "users" ("id", "email", "createdAt") VALUES ('0', '0@example.com', ${value})`)
    }
    const write = (adapter) => adapter.createUser({ email: "a@example.com", trial_ends: moment })
    for (const [unit, value, number] of [
      ["seconds", "1700000000", seconds],
      ["milliseconds", "1700000000000", millis],
    ]) {
      lane(
        `a date among dates in ${unit}`,
        { users: { trial_ends: big, createdAt: big }, date: big, prepare: made(value) },
        async (adapter, own) => {
          assert.equal((await write(adapter)).trial_ends, number)
          assert.equal(await stored(own, "trial_ends", `"email" = 'a@example.com'`), String(number))
        },
      )
      lane(
        `a date, if the option dates is ${unit}`,
        { users: { trial_ends: big } },
        async (adapter) => assert.equal((await write(adapter)).trial_ends, number),
        { dates: unit },
      )
    }
    const differing = async (own) => {
      await own.rows(`INSERT INTO "users" ("id", "emailVerified", "createdAt") VALUES ('0', 1700000000, 1700000000000)`)
    }
    const countless = async (own) => {
      await verified("1700000000")(own)
      await own.rows(`UPDATE "users" SET "trial_ends" = 42`)
    }
    for (const [why, shape] of [
      ["where nothing tells the unit", {}],
      ["where Auth.js's own dates alone tell one", { prepare: verified("1700000000000") }],
      ["where the table's dates are in different units", { createdAt: big, prepare: differing }],
      ["where a value of its own is none of a date", { prepare: countless }],
    ]) {
      const { prepare, ...users } = shape
      lane(
        `a date is refused ${why}, and a number is not`,
        { users: { trial_ends: big, ...users }, date: big, prepare },
        async (adapter) => {
          await refused(write(adapter), "user", "trial_ends", /seconds or milliseconds.*date\.getTime\(\)/)
          const user = await adapter.createUser({ email: "a@example.com", trial_ends: millis })
          assert.equal(user.trial_ends, millis)
        },
      )
    }
  })
}
