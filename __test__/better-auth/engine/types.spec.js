// What the types of the columns mean that an application made itself: exact to the last digit, or an error that names the column.
import assert from "node:assert/strict"
import { test } from "node:test"
import { betterAuth } from "better-auth"
import { openAdapter, reference } from "../adapter.js"
import { base, onEveryDatabase, things } from "../stage.js"
import { migrate } from "../tables.js"

/** A field of dates whose name says nothing of when. */
const people = {
  id: "people",
  schema: {
    person: {
      fields: { label: { type: "string", required: true }, birthday: { type: "date", required: false } },
    },
  },
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const asRead = (integer) => (integer >= -SAFE && integer <= SAFE ? Number(integer) : String(integer))

if (!reference)
  onEveryDatabase("types", { options: { plugins: [things] } }, (stage) => {
    const { lane } = stage
    const byId = ({ id }) => [{ field: "id", value: id }]
    const make = (data) => stage.adapter.create({ model: "thing", data: { label: "a", ...data } })
    const read = (row) => stage.adapter.findOne({ model: "thing", where: byId(row) })

    test("integers of 64 bits come and go to the last digit: numbers, and beyond those that are exact, decimal strings", async () => {
      for (const integer of [
        0n,
        SAFE,
        -SAFE,
        SAFE + 1n,
        SAFE + 2n,
        -SAFE - 2n,
        2n ** 62n + 1n,
        2n ** 63n - 1n,
        -(2n ** 63n),
      ]) {
        for (const given of [asRead(integer), integer]) {
          const made = await make({ big: given })
          assert.equal(made.big, asRead(integer))
          assert.equal((await read(made)).big, asRead(integer))
          const [{ v }] = await stage.database.rows(
            `SELECT CAST("big" AS ${lane.name === "mysql" ? "char" : "text"}) AS v FROM "thing" WHERE "id" = ?`,
            made.id,
          )
          assert.equal(v.replace(/\.0$/, ""), String(integer))
          const changed = await stage.adapter.update({
            model: "thing",
            where: byId(made),
            update: { note: "n", big: made.big },
          })
          assert.equal(changed.big, made.big)
          // Better Auth makes numbers of a condition's digits before an adapter sees them, but not of a bigint.
          const found = await stage.adapter.findMany({ model: "thing", where: [{ field: "big", value: integer }] })
          assert.deepEqual(
            found.map(({ id }) => id),
            [made.id],
          )
          await stage.adapter.delete({ model: "thing", where: byId(made) })
        }
      }
      for (const beyond of [2n ** 63n, String(2n ** 64n), "9".repeat(70)]) {
        await assert.rejects(make({ big: beyond }), (error) => {
          assert.equal(error.code, "ERR_INVALID_VALUE")
          assert.match(error.message, /thing\.big/)
          assert.ok(!error.message.includes(String(beyond)))
          return true
        })
      }
    })

    /** An adapter on tables that `prepare(rows)` changes before it has seen them. */
    const altered = (title, prepare, work, plugins = [things]) =>
      test(title, async () => {
        const database = await lane.create()
        const options = { ...base, plugins }
        await migrate(database, options)
        await prepare(database.rows)
        const opened = await openAdapter(database)
        try {
          const adapter = opened.database(options)
          await work({
            adapter,
            rows: database.rows,
            auth: () => betterAuth({ ...options, database: opened.database }),
          })
        } finally {
          await opened.close()
          await database.close()
        }
      })

    if (lane.name === "sqlite") {
      altered(
        "dates in a column whose default counts seconds are written in seconds, and compared so",
        async (rows) => {
          await rows(`DROP TABLE "verification"`)
          await rows(`CREATE TABLE "verification" ("id" text PRIMARY KEY, "identifier" text NOT NULL, "value" text NOT NULL,
        "expiresAt" integer NOT NULL, "createdAt" integer NOT NULL DEFAULT (unixepoch()), "updatedAt" integer NOT NULL DEFAULT (unixepoch()))`)
        },
        async ({ adapter, rows }) => {
          const inHours = (hours) => new Date(Math.floor(Date.now() / 1000) * 1000 + hours * 3_600_000)
          const moments = [-5, -1, 2, 7].map(inHours)
          for (const [index, expiresAt] of moments.entries()) {
            await adapter.create({
              model: "verification",
              data: { identifier: String(index), value: "v", expiresAt, createdAt: expiresAt, updatedAt: expiresAt },
            })
          }
          const stored = await rows(
            `SELECT "expiresAt" AS e, "createdAt" AS c FROM "verification" ORDER BY "identifier"`,
          )
          assert.deepEqual(
            stored.map(({ e, c }) => [e, c]),
            moments.map((date) => [date / 1000, date / 1000]),
          )
          const identifiers = async (operator, direction) =>
            (
              await adapter.findMany({
                model: "verification",
                where: [{ field: "expiresAt", operator, value: new Date() }],
                sortBy: { field: "expiresAt", direction },
              })
            ).map(({ identifier }) => identifier)
          assert.deepEqual(await identifiers("lt", "asc"), ["0", "1"])
          assert.deepEqual(await identifiers("gt", "desc"), ["3", "2"])
          assert.equal(
            await adapter.deleteMany({
              model: "verification",
              where: [{ field: "expiresAt", operator: "lt", value: new Date() }],
            }),
            2,
          )
          const left = await adapter.findMany({
            model: "verification",
            sortBy: { field: "expiresAt", direction: "asc" },
          })
          assert.deepEqual(
            left.map(({ expiresAt }) => expiresAt),
            moments.slice(2),
          )
        },
      )
    }

    altered(
      "a date goes into a column of days as its day in UTC, and is compared so",
      async (rows) => {
        await rows(`ALTER TABLE "person" DROP COLUMN "birthday"`)
        await rows(`ALTER TABLE "person" ADD COLUMN "birthday" date`)
        // On SQLite a row alone tells that it is one of days.
        await rows(`INSERT INTO "person" ("id", "label", "birthday") VALUES ('0', 'first', '2001-02-03')`)
      },
      async ({ adapter, rows }) => {
        const late = new Date("2010-06-07T23:59:59.999Z")
        const made = await adapter.create({ model: "person", data: { label: "late", birthday: late } })
        const text = lane.name === "mysql" ? "char" : "text"
        const stored = async () =>
          (await rows(`SELECT CAST("birthday" AS ${text}) AS "birthday" FROM "person" WHERE "label" = 'late'`))[0]
            .birthday
        assert.deepEqual([made.birthday, await stored()], ["2010-06-07", "2010-06-07"])
        const where = [{ field: "id", value: made.id }]
        const moved = await adapter.update({ model: "person", where, update: { birthday: new Date("2012-01-01") } })
        assert.deepEqual([moved.birthday, await stored()], ["2012-01-01", "2012-01-01"])
        await adapter.update({ model: "person", where, update: { birthday: late } })
        for (const [operator, value, labels] of [
          ["eq", late, ["late"]],
          ["eq", new Date("2001-02-03"), ["first"]],
          ["eq", "2001-02-03", ["first"]],
          ["ne", late, ["first"]],
          ["lt", late, ["first"]],
          ["lte", new Date("2010-06-07"), ["first", "late"]],
          ["gt", new Date("2001-02-03"), ["late"]],
          ["gte", new Date("2001-02-03T12:00:00Z"), ["first", "late"]],
          ["in", [late, new Date("2002-01-01")], ["late"]],
          ["not_in", [late], ["first"]],
        ]) {
          const found = await adapter.findMany({
            model: "person",
            where: [{ field: "birthday", operator, value }],
            sortBy: { field: "birthday", direction: "asc" },
          })
          assert.deepEqual(
            found.map(({ label }) => label),
            labels,
            `${operator} ${value}`,
          )
        }
        const invalid = new Date(Number.NaN)
        for (const refused of [
          () => adapter.create({ model: "person", data: { label: "x", birthday: invalid } }),
          () => adapter.findMany({ model: "person", where: [{ field: "birthday", operator: "lt", value: invalid }] }),
        ])
          await assert.rejects(refused, { code: "ERR_INVALID_VALUE", table: "person", field: "birthday" })
      },
      [people],
    )

    test("fields take what Better Auth declares them as, and nothing that another ORM would store there", async () => {
      for (const [field, value] of [
        ["count", true],
        ["count", new Date()],
        ["note", { a: 1 }],
        ["note", new Date()],
        ["flag", 1],
      ])
        await assert.rejects(make({ [field]: value }), { code: "ERR_INVALID_VALUE", table: "thing", field })
    })

    if (lane.name === "postgres") {
      altered(
        "char(n) keys and values are found, compared and joined without their spaces",
        async (rows) => {
          await rows(`ALTER TABLE "thing" ALTER "label" TYPE char(40)`)
          await rows(`ALTER TABLE "session" ALTER "token" TYPE char(80)`)
        },
        async ({ adapter, auth }) => {
          const where = (operator, value) => [{ field: "label", operator, value }]
          const made = await adapter.create({ model: "thing", data: { label: "Zoë" } })
          assert.equal(made.label, "Zoë")
          for (const [operator, value] of [
            ["eq", "Zoë"],
            ["in", ["Zoë", "x"]],
            ["starts_with", "Zo"],
            ["ends_with", "ë"],
            ["contains", "oë"],
          ]) {
            assert.equal(
              (await adapter.findOne({ model: "thing", where: where(operator, value) }))?.id,
              made.id,
              operator,
            )
          }
          assert.equal(await adapter.findOne({ model: "thing", where: where("eq", "Zoë ") }), null)
          assert.equal(await adapter.count({ model: "thing", where: where("ne", "Zoë") }), 0)
          const now = new Date()
          const user = await adapter.create({
            model: "user",
            data: { name: "A", email: "a@example.com", emailVerified: true, createdAt: now, updatedAt: now },
          })
          const { internalAdapter } = await auth().$context
          const session = await internalAdapter.createSession(user.id)
          const found = await internalAdapter.findSession(session.token)
          assert.deepEqual([found.session.token, found.user.id], [session.token, user.id])
          await internalAdapter.deleteSession(session.token)
          assert.equal(await internalAdapter.findSession(session.token), null)
        },
      )
      test("infinity is the end of the year 9999", async () => {
        const made = await make({})
        await stage.database.rows(`UPDATE "thing" SET "at" = 'infinity'`)
        const end = new Date("9999-12-31T23:59:59.999Z")
        assert.deepEqual((await read(made)).at, end)
        assert.deepEqual(
          (await stage.adapter.update({ model: "thing", where: byId(made), update: { at: end } })).at,
          end,
        )
      })
    }

    for (const type of { sqlite: ["blob"], postgres: ["bytea", "oid"], mysql: ["varbinary(50)", "binary(16)"] }[
      lane.name
    ]) {
      altered(
        `a field whose column is of type ${type} is ERR_SCHEMA, one that the application does not know is left alone`,
        async (rows) => {
          await rows(`ALTER TABLE "thing" DROP COLUMN "note"`)
          await rows(`ALTER TABLE "thing" ADD COLUMN "note" ${type}`)
          await rows(`ALTER TABLE "part" ADD COLUMN "odd" ${type}`)
          await rows(`ALTER TABLE "user" ADD COLUMN "odd" ${type}`)
        },
        async ({ adapter }) => {
          await assert.rejects(adapter.create({ model: "thing", data: { label: "a", note: "n" } }), (error) => {
            assert.deepEqual([error.code, error.table, error.field], ["ERR_SCHEMA", "thing", "note"], error.message)
            assert.ok(error.message.includes(`thing.note is of the type ${type}`), error.message)
            return true
          })
          const now = new Date()
          const user = await adapter.create({
            model: "user",
            data: { name: "A", email: "a@example.com", emailVerified: true, createdAt: now, updatedAt: now },
          })
          assert.equal((await adapter.findOne({ model: "user", where: byId(user) })).email, "a@example.com")
        },
      )
    }
    for (const type of { sqlite: ["blob"], postgres: ["bytea"], mysql: ["binary(16)"] }[lane.name]) {
      altered(
        `an id of type ${type} is ERR_SCHEMA`,
        async (rows) => {
          await rows(`DROP TABLE "verification"`)
          await rows(`CREATE TABLE "verification" ("id" ${type} NOT NULL PRIMARY KEY, "identifier" varchar(50) NOT NULL, "value" varchar(50) NOT NULL,
        "expiresAt" bigint NOT NULL, "createdAt" bigint NOT NULL, "updatedAt" bigint NOT NULL)`)
        },
        async ({ adapter }) => {
          await assert.rejects(adapter.findMany({ model: "verification" }), {
            code: "ERR_SCHEMA",
            table: "verification",
            field: "id",
          })
        },
      )
    }
  })
