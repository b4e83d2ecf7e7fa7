// An access token's expiry, a date to Better Auth, in a column of integers: in the unit that the table has, and back to the second.
import assert from "node:assert/strict"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { openAdapter } from "../adapter.js"
import { base } from "../base.js"

const at = new Date("2030-01-02T03:04:05.000Z")
const units = {
  seconds: { type: "integer", first: 1_800_000_000, is: (value) => value === at / 1000 },
  milliseconds: { type: "bigint", first: 1_800_000_000_000, is: (value) => value === at.valueOf() },
}

for (const lane of databases) {
  for (const [unit, { type, first, is }] of Object.entries(units)) {
    for (const filled of [true, false]) {
      test(`${lane.name}: ${unit} in ${type}, ${filled ? "as a row has it" : "with a default"}`, async () => {
        const database = await lane.create()
        let opened
        try {
          const now = {
            sqlite: { seconds: "(unixepoch())", milliseconds: "(unixepoch()*1000)" },
            postgres: {
              seconds: "extract(epoch from now())::int",
              milliseconds: "(extract(epoch from now())*1000)::bigint",
            },
            mysql: { seconds: "(unix_timestamp())", milliseconds: "(unix_timestamp()*1000)" },
          }[lane.name][unit]
          const column = filled ? type : `${type} DEFAULT ${now}`
          const text = "varchar(255)"
          await database.rows(`CREATE TABLE "user" ("id" ${text} PRIMARY KEY, "name" ${text}, "email" ${text} UNIQUE,
            "emailVerified" boolean, "image" ${text}, "createdAt" ${column}, "updatedAt" ${column})`)
          await database.rows(`CREATE TABLE "session" ("id" ${text} PRIMARY KEY, "token" ${text} UNIQUE, "userId" ${text},
            "expiresAt" ${column}, "ipAddress" ${text}, "userAgent" ${text}, "createdAt" ${column}, "updatedAt" ${column})`)
          await database.rows(`CREATE TABLE "account" ("id" ${text} PRIMARY KEY, "accountId" ${text}, "providerId" ${text},
            "userId" ${text}, "accessToken" ${text}, "refreshToken" ${text}, "idToken" ${text}, "accessTokenExpiresAt" ${column},
            "refreshTokenExpiresAt" ${column}, "scope" ${text}, "password" ${text}, "createdAt" ${column}, "updatedAt" ${column})`)
          await database.rows(`CREATE TABLE "verification" ("id" ${text} PRIMARY KEY, "identifier" ${text}, "value" ${text},
            "expiresAt" ${column}, "createdAt" ${column}, "updatedAt" ${column})`)
          if (filled)
            await database.rows(
              `INSERT INTO "account" ("id", "accessTokenExpiresAt", "createdAt") VALUES ('old', ?, ?)`,
              first,
              first,
            )
          opened = await openAdapter(database)
          const adapter = opened.database(base)
          const user = await adapter.create({
            model: "user",
            data: { name: "Ada", email: "ada@example.com", emailVerified: false, createdAt: at, updatedAt: at },
          })
          const data = {
            accountId: "a",
            providerId: "p",
            userId: user.id,
            accessTokenExpiresAt: at,
            createdAt: at,
            updatedAt: at,
          }
          const made = await adapter.create({ model: "account", data })
          assert.deepEqual(made.accessTokenExpiresAt, at)
          const where = [{ field: "accessTokenExpiresAt", value: at }]
          assert.deepEqual(await adapter.findOne({ model: "account", where }), made)
          const later = new Date(at.valueOf() + 5000)
          const by = { model: "account", where: [{ field: "id", value: made.id }] }
          assert.deepEqual(
            (await adapter.update({ ...by, update: { accessTokenExpiresAt: later } })).accessTokenExpiresAt,
            later,
          )
          assert.deepEqual(
            (await adapter.update({ ...by, update: { accessTokenExpiresAt: at } })).accessTokenExpiresAt,
            at,
          )
          const [{ v }] = await database.rows(
            `SELECT "accessTokenExpiresAt" AS v FROM "account" WHERE "accountId" = 'a'`,
          )
          assert.ok(is(Number(v)), `${v} is not in ${unit}`)
        } finally {
          await opened?.close()
          await database.close()
        }
      })
    }
  }
}
