// Dates in columns without a date type: whichever form the application writes, it is found, written, read and compared, also
// where the table is empty at first contact and where several forms share a column.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const timeout = 60_000
const HOUR = 3_600_000
/** In whole seconds, which every form keeps. */
const began = Math.floor(Date.now() / 1000) * 1000
const inHours = (hours) => new Date(began + hours * HOUR)
const iso = (date) => date.toISOString()

/** How applications write a date, and the form in which ours must go on. `whole`: the form has no milliseconds. */
const forms = {
  seconds: {
    write: (date) => Math.floor(date / 1000),
    is: (value) => Number.isInteger(value) && value < 1e11,
    whole: true,
  },
  milliseconds: { write: (date) => date.valueOf(), is: (value) => Number.isInteger(value) && value > 1e11 },
  julian: { write: (date) => date / 86_400_000 + 2_440_587.5, is: (value) => value > 2_400_000 && value < 2_900_000 },
  digits: { write: (date) => String(date.valueOf()), is: (value) => /^\d{13}$/.test(value) },
  iso: { write: iso, is: (value) => /^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/.test(value) },
  offset: { write: (date) => iso(date).replace("Z", "+00:00"), is: (value) => /T[\d:]+\.\d{3}\+00:00$/.test(value) },
  spaced: {
    write: (date) => iso(date).replace("T", " ").replace("Z", " +00:00"),
    is: (value) => / [\d:]+\.\d{3} \+00:00$/.test(value),
  },
  spacedSeconds: {
    write: (date) => iso(date).slice(0, 19).replace("T", " "),
    is: (value) => /^[\d-]{10} [\d:]{8}$/.test(value),
    whole: true,
  },
  spacedMillis: {
    write: (date) => iso(date).slice(0, 23).replace("T", " "),
    is: (value) => /^[\d-]{10} [\d:]{8}\.\d{3}$/.test(value),
  },
}

/** Defaults that say in which form the present moment is written. */
const defaults = {
  sqlite: {
    seconds: [
      "(unixepoch())",
      "(strftime('%s','now'))",
      "(CAST(strftime('%s', 'now') AS INTEGER))",
      "(cast((julianday('now') - 2440587.5)*86400 as integer))",
      "(unixepoch('now') + 0.0)",
      "(unixepoch() * 1000 / 1e3)",
      "(round(unixepoch('subsec')))",
    ],
    milliseconds: [
      "(unixepoch()*1e3)",
      "(1e+3 * unixepoch())",
      "(unixepoch('subsec')*1000)",
      "(strftime('%s','now')||'000')",
      "(strftime('%s','now')*1000)",
      "(CAST(strftime('%s','now') AS INTEGER) * 1000)",
      "(unixepoch() * 500 * 2)",
      "(round((julianday('now') - 2440587.5) * 24 * 60 * 60 * 1000))",
      "(unixepoch() * 1000)",
      "(strftime('%s','now') * 1000)",
      "(cast(unixepoch('subsec') * 1000 as integer))",
      "(cast((julianday('now') - 2440587.5)*86400000 as integer))",
    ],
    spacedSeconds: ["CURRENT_TIMESTAMP", "(datetime('now'))"],
    iso: ["(strftime('%Y-%m-%dT%H:%M:%fZ','now'))"],
    julian: ["(julianday('now'))"],
  },
  postgres: {
    seconds: [
      "EXTRACT(epoch FROM now())",
      "(date_part('epoch', now()))::bigint",
      "(date_part('epoch', now()))::int",
      "((extract(epoch from now()) * 1000) / 1000)::bigint",
      "round(extract(epoch from now() at time zone 'utc'))",
    ],
    milliseconds: [
      "(extract(epoch from now())*1000)::bigint",
      "(extract(epoch from clock_timestamp()) * 10 ^ 3)::bigint",
      "(extract(epoch from now()) * 1e3)::bigint",
      "(date_part('epoch', now()) * 500 * 2)::bigint",
      "((extract(epoch from now())::bigint)::text || '000')::bigint",
      "(EXTRACT(epoch FROM now()) * 1000)",
      "floor(date_part('epoch', clock_timestamp()) * 1000)",
    ],
  },
  mysql: {
    seconds: [
      "(unix_timestamp())",
      "(timestampdiff(second,'1970-01-01',utc_timestamp()))",
      "(floor(unix_timestamp(now(3)) * 1000 / 1000))",
    ],
    milliseconds: [
      "(unix_timestamp()*1000)",
      "(round(unix_timestamp(now(3))*1000))",
      "(unix_timestamp() * 1e3)",
      "(timestampdiff(microsecond,'1970-01-01',utc_timestamp(3)) div 1000)",
      "(concat(unix_timestamp(), '000'))",
      "(unix_timestamp() * 1000)",
      "(unix_timestamp(now(3)) * 1000)",
    ],
  },
}
/** The same in columns of texts: a number of digits. */
const textDefaults = {
  sqlite: [
    ["julian", "(julianday('now'))"],
    ["seconds", "(strftime('%s','now'))"],
    ["milliseconds", "(strftime('%s','now')||'000')"],
    ["milliseconds", "(unixepoch()*1000)"],
  ],
  postgres: [
    ["seconds", "((extract(epoch from now()))::bigint)::text"],
    ["milliseconds", "((extract(epoch from now())*1000)::bigint)::text"],
  ],
  mysql: [
    ["seconds", "(unix_timestamp())"],
    ["milliseconds", "(unix_timestamp()*1000)"],
    ["milliseconds", "(round(unix_timestamp(now(3))*1000))"],
  ],
}
const number = { sqlite: "integer", postgres: "bigint", mysql: "bigint" }

/** Tables whose dates are of these types; `created` is the further column of users and sessions. */
async function tables(own, { verified, expires, created, token = expires }) {
  const further = created ? `, "created_at" ${created}` : ""
  await own.rows(`CREATE TABLE "users" ("id" varchar(36) NOT NULL PRIMARY KEY, "name" varchar(50), "email" varchar(100) UNIQUE,
    "emailVerified" ${verified}, "image" varchar(100)${further})`)
  await own.rows(`CREATE TABLE "accounts" ("userId" varchar(36) NOT NULL, "type" varchar(20), "provider" varchar(40) NOT NULL,
    "providerAccountId" varchar(60) NOT NULL, PRIMARY KEY ("provider", "providerAccountId"))`)
  await own.rows(
    `CREATE TABLE "sessions" ("sessionToken" varchar(60) NOT NULL PRIMARY KEY, "userId" varchar(36) NOT NULL, "expires" ${expires} NOT NULL${further})`,
  )
  await own.rows(`CREATE TABLE "verification_tokens" ("identifier" varchar(60) NOT NULL, "token" varchar(60) NOT NULL, "expires" ${token} NOT NULL,
    PRIMARY KEY ("identifier", "token"))`)
}

for (const database of databases) {
  const { name } = database
  describe(`date forms on ${name}`, () => {
    const lane = (title, declared, work, options) =>
      test(title, { timeout }, async () => {
        const own = await database.create()
        let adapter
        try {
          await tables(own, declared)
          await work(own, () => (adapter = RustAdapter(own.url, options)))
        } finally {
          await adapter?.close()
          await own.close()
        }
      })
    const stored = async (own, table, column) =>
      (await own.rows(`SELECT "${column}" AS v FROM "${table}"`)).map(({ v }) => v)

    /** A user and a session that ours write, in which form, and whether they come back. */
    async function goesOn(
      own,
      adapter,
      form,
      columns = ["sessions.expires", "users.emailVerified", "verification_tokens.expires"],
      asNumber = (value) => value,
    ) {
      const { is, whole } = forms[form]
      const fraction = whole ? 0 : 123
      const expires = new Date(inHours(5).valueOf() + fraction)
      const user = await adapter.createUser({ email: "new@example.com", emailVerified: expires })
      assert.deepEqual(user.emailVerified, expires)
      await adapter.createSession({ sessionToken: "new", userId: user.id, expires })
      assert.deepEqual((await adapter.getSessionAndUser("new")).session.expires, expires)
      await adapter.createVerificationToken({ identifier: "new", token: "new", expires })
      for (const place of columns) {
        const [table, column] = place.split(".")
        for (const value of await stored(own, table, column))
          assert.ok(value === null || is(asNumber(value)), `${place} has ${value}, which is not ${form}`)
      }
      assert.deepEqual(await adapter.useVerificationToken({ identifier: "new", token: "new" }), {
        identifier: "new",
        token: "new",
        expires,
      })
    }

    for (const [form, texts] of Object.entries(defaults[name])) {
      for (const text of texts) {
        const type =
          forms[form].is(1) || form === "seconds" || form === "milliseconds"
            ? number[name]
            : form === "julian"
              ? "real"
              : "text"
        const own = `${type} DEFAULT ${text}`
        lane(`empty tables, DEFAULT ${text}: ${form}`, { verified: own, expires: own }, async (tables, open) => {
          await goesOn(tables, open(), form)
          const [value] = await tables
            .rows(`INSERT INTO "users" ("id", "email") VALUES ('d', 'd@example.com')`)
            .then(() => stored(tables, "users", "emailVerified"))
          assert.notEqual(value, null)
          const read = await open().getUser("d")
          assert.ok(Math.abs(read.emailVerified - Date.now()) < 60_000, `${read.emailVerified}`)
        })
      }
    }

    for (const [form, text] of textDefaults[name]) {
      for (const type of name === "mysql" ? ["varchar(40)"] : ["text", "varchar(40)"]) {
        const declared = `${type} DEFAULT ${text}`
        lane(
          `empty tables, ${type} DEFAULT ${text}: ${form}`,
          { verified: declared, expires: declared },
          async (own, open) => {
            const adapter = open()
            await goesOn(own, adapter, form, undefined, (value) => (/^[\d.]+$/.test(value) ? Number(value) : value))
            const [{ id }] = await own.rows(`SELECT "id" FROM "users"`)
            await own.rows(`INSERT INTO "sessions" ("sessionToken", "userId") VALUES ('by the default', ?)`, id)
            const { session } = await adapter.getSessionAndUser("by the default")
            assert.ok(Math.abs(session.expires - Date.now()) < 60_000, `${session.expires}`)
            await own.rows(`DELETE FROM "sessions" WHERE "sessionToken" = 'by the default'`) // rounded, it may last a moment longer
            for (const [token, hours] of [
              ["gone", -3],
              ["stays", 3],
            ])
              await adapter.createSession({ sessionToken: token, userId: id, expires: inHours(hours) })
            const left = async () => (await stored(own, "sessions", "sessionToken")).sort()
            const listed = (await adapter.listSessions(id)).map(({ expires }) => Math.floor(expires / 1000))
            assert.deepEqual(
              listed.sort(),
              [3, 5].map((hours) => inHours(hours) / 1000),
            )
            await adapter.pruneExpired()
            assert.deepEqual(await left(), ["new", "stays"])
          },
        )
      }
    }

    for (const form of ["seconds", "milliseconds"]) {
      const [text] = defaults[name][form]
      const type = number[name]
      lane(
        `empty tables, a neighbour's DEFAULT says ${form}`,
        { verified: type, expires: type, created: `${type} DEFAULT ${text}` },
        (own, open) => goesOn(own, open(), form),
      )

      const rows = (own) =>
        own.rows(
          `INSERT INTO "users" ("id", "email", "emailVerified") VALUES ('old', 'old@example.com', ?)`,
          forms[form].write(inHours(-24)),
        )
      lane(
        `users in ${form}, no session yet: sessions in ${form}`,
        { verified: type, expires: type },
        async (own, open) => {
          await rows(own)
          const adapter = open()
          assert.deepEqual((await adapter.getUser("old")).emailVerified, inHours(-24))
          await goesOn(own, adapter, form)
        },
      )
    }

    const [seconds] = defaults[name].seconds
    lane(
      "the first row in milliseconds, the default in seconds: seconds, and each is read by its magnitude",
      { verified: number[name], expires: `${number[name]} DEFAULT ${seconds}` },
      async (own, open) => {
        await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('u', 'u@example.com')`)
        for (const [token, hours, form] of [
          ["ms", 1, "milliseconds"],
          ["s", 2, "seconds"],
          ["gone ms", -1, "milliseconds"],
          ["gone s", -2, "seconds"],
        ]) {
          await own.rows(`INSERT INTO "sessions" VALUES (?, 'u', ?)`, token, forms[form].write(inHours(hours)))
        }
        const adapter = open()
        await adapter.createSession({ sessionToken: "ours", userId: "u", expires: inHours(3) })
        assert.ok(
          forms.seconds.is(
            (await own.rows(`SELECT "expires" AS v FROM "sessions" WHERE "sessionToken" = 'ours'`))[0].v,
          ),
        )
        assert.deepEqual(
          (await adapter.listSessions("u")).map(({ expires }) => expires),
          [3, 2, 1].map(inHours),
        )
        assert.deepEqual(await adapter.pruneExpired(), { sessions: 2, verificationTokens: 0 })
      },
    )

    if (name !== "sqlite") {
      lane("32 bits hold seconds", { verified: "integer", expires: "integer" }, (own, open) =>
        goesOn(own, open(), "seconds"),
      )
    } else {
      lane(
        "CURRENT_TIMESTAMP, which the database writes, says nothing of what the application writes elsewhere",
        { verified: "datetime", expires: "datetime", created: "datetime DEFAULT CURRENT_TIMESTAMP" },
        async (own, open) => {
          await goesOn(own, open(), "offset")
          const [{ created_at: createdAt }] = await open().listSessions(
            (await open().getUserByEmail("new@example.com")).id,
          )
          assert.ok(Math.abs(createdAt - Date.now()) < 60_000)
        },
      )
      lane(
        "a birthday in milliseconds is none in seconds",
        { verified: "integer", expires: "integer" },
        async (own, open) => {
          await own.rows(`ALTER TABLE "users" ADD COLUMN "birthday" datetime`)
          const birthdays = ["1970-01-02", "1971-05-06", "1975-12-31", "1977-07-07", "1966-12-01"].map(
            (text) => new Date(`${text}T00:00:00Z`),
          )
          await own.rows(
            `INSERT INTO "users" ("id", "birthday") VALUES ('sample', ?)`,
            new Date("1999-09-09").valueOf(),
          )
          for (const birthday of birthdays) {
            await own.rows(
              `INSERT INTO "users" ("id", "birthday") VALUES (?, ?)`,
              birthday.toISOString(),
              birthday.valueOf(),
            )
          }
          const adapter = open()
          for (const birthday of birthdays) {
            assert.deepEqual((await adapter.getUser(birthday.toISOString())).birthday, birthday)
            assert.deepEqual((await adapter.updateUser({ id: birthday.toISOString(), birthday })).birthday, birthday)
          }
        },
      )
    }

    /** Which forms a column may mix, by its type. */
    const mixes = {
      sqlite: {
        integer: ["seconds", "milliseconds", "iso", "spacedSeconds"],
        datetime: ["milliseconds", "offset", "iso", "seconds", "spaced", "spacedSeconds", "spacedMillis"],
        text: ["iso", "spacedSeconds", "offset", "spaced", "spacedMillis"],
        "varchar(40)": ["digits", "iso", "offset", "spacedMillis"],
        real: ["julian"],
      },
      postgres: {
        bigint: ["milliseconds", "seconds"],
        "varchar(40)": ["digits", "iso", "spaced", "offset"],
        text: ["iso", "spaced"],
        "char(40)": ["iso", "digits"],
      },
      mysql: {
        bigint: ["milliseconds", "seconds"],
        "varchar(40)": ["digits", "iso", "spaced", "offset"],
        text: ["iso", "spaced"],
      },
    }
    for (const [type, mixed] of Object.entries(mixes[name])) {
      // Whichever comes first is the one that is taken for the application's.
      for (const [index] of mixed.entries()) {
        const order = [...mixed.slice(index), ...mixed.slice(0, index)]
        lane(
          `${type} with ${order.join(", ")}: read, listed and pruned by what each stands for`,
          { verified: type, expires: type },
          async (own, open) => {
            await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('u', 'u@example.com')`)
            const hours = [-20_000, -30, -1, 1, 30, 20_000]
            const moments = new Map()
            for (const form of order) {
              for (const hour of hours) {
                const token = `${form} ${hour}`
                moments.set(token, inHours(hour))
                await own.rows(
                  `INSERT INTO "sessions" VALUES (?, 'u', ?)`,
                  token,
                  forms[form].write(moments.get(token)),
                )
                await own.rows(
                  `INSERT INTO "verification_tokens" VALUES (?, ?, ?)`,
                  token,
                  token,
                  forms[form].write(moments.get(token)),
                )
              }
            }
            const adapter = open()
            for (const [token, expires] of moments) {
              assert.deepEqual((await adapter.getSessionAndUser(token)).session.expires, expires, token)
            }
            const alive = [...moments].filter(([, expires]) => expires > Date.now())
            const listed = (await adapter.listSessions("u")).map(({ expires }) => expires.valueOf())
            assert.deepEqual(
              listed,
              alive.map(([, expires]) => expires.valueOf()).sort((a, b) => b - a),
            )

            const gone = moments.size - alive.length
            assert.deepEqual(await adapter.pruneExpired({ batchSize: 2 }), { sessions: gone, verificationTokens: gone })
            assert.deepEqual(
              (await stored(own, "sessions", "sessionToken")).sort(),
              alive.map(([token]) => token).sort(),
            )
            // What ours writes is among what lasts, and what it has made expire is not.
            for (const [index, [token]] of alive.entries()) {
              const expires = index % 2 ? new Date(0) : inHours(7)
              assert.deepEqual((await adapter.updateSession({ sessionToken: token, expires })).expires, expires)
            }
            assert.equal((await adapter.pruneExpired()).sessions, Math.floor(alive.length / 2))
          },
        )
      }
    }
  })
}
