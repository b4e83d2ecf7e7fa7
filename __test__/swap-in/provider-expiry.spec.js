// `expires_at` of an account in a column of dates: Auth.js's number of seconds goes in as that moment, and comes back as the number.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { databases } from "../databases.js"

const types = {
  sqlite: ["datetime", "timestamp"],
  postgres: ["timestamptz", "timestamp", "timestamptz(0)", "timestamp(3)"],
  mysql: ["datetime", "datetime(3)", "timestamp NULL", "datetime(6)"],
}
/** In whole seconds: 2030, 2001, and what a TIMESTAMP of MySQL's ends with. */
const moments = [1_893_456_000, 1_000_000_000, 2_147_483_647]

for (const { name, create, options } of databases) {
  describe(`an account's expires_at in a column of dates: ${name}`, () => {
    for (const type of types[name]) {
      const lane = (title, more, work) =>
        test(`${type}: ${title}`, async () => {
          const own = await create()
          let adapter
          try {
            await own.rows(`CREATE TABLE "users" ("id" varchar(36) PRIMARY KEY, "name" varchar(100), "email" varchar(191) UNIQUE,
              "emailVerified" bigint, "image" varchar(200))`)
            await own.rows(`CREATE TABLE "accounts" ("id" varchar(36) PRIMARY KEY, "userId" varchar(36) NOT NULL, "type" varchar(30),
              "provider" varchar(30) NOT NULL, "providerAccountId" varchar(100) NOT NULL, "access_token" varchar(255),
              "expires_at" ${type}, UNIQUE ("provider", "providerAccountId"))`)
            await own.rows(`CREATE TABLE "sessions" ("sessionToken" varchar(100) PRIMARY KEY, "userId" varchar(36) NOT NULL,
              "expires" bigint NOT NULL)`)
            adapter = RustAdapter(own.url, { ...options, ...more })
            const { id } = await adapter.createUser({ email: "ada@example.com" })
            await work(adapter, own, id)
          } finally {
            await adapter?.close()
            await own.close()
          }
        })
      const account = (userId, i, expires_at) => ({
        userId,
        type: "oauth",
        provider: "p",
        providerAccountId: `a${i}`,
        access_token: "t",
        expires_at,
      })

      lane("numbers, digits, fractions, dates and null", {}, async (adapter, own, id) => {
        const given = [
          ...moments.map((seconds) => [seconds, seconds]),
          [String(moments[0]), moments[0]],
          [BigInt(moments[0]), moments[0]],
          [moments[0] + 0.9, moments[0]],
          [null, null],
          [undefined, null],
          ...(name === "sqlite" ? [] : [[new Date(moments[0] * 1000), moments[0]]]),
        ]
        for (const [i, [expires, expected]] of given.entries()) {
          const linked = await adapter.linkAccount(account(id, i, expires))
          assert.equal(linked.expires_at, expected, String(expires))
          assert.deepEqual(await adapter.getAccount(`a${i}`, "p"), linked)
        }
        assert.deepEqual(
          (await adapter.listAccounts(id)).map(({ expires_at }) => expires_at).sort(),
          given.map(([, expected]) => expected).sort(),
        )
        for (const refused of ["soon", Number.NaN, 1e18, ...(name === "sqlite" ? [] : [-1e14, 1e12])])
          await assert.rejects(
            adapter.linkAccount(account(id, "x", refused)),
            failure("ERR_INVALID_VALUE", { table: "account", field: "expires_at" }),
          )
      })

      if (name === "sqlite") continue
      lane("it is that moment to the database", {}, async (adapter, own, id) => {
        await adapter.linkAccount(account(id, 1, moments[0]))
        const [{ v }] = await own.rows(
          name === "mysql"
            ? `SELECT timestampdiff(second, '1970-01-01 00:00:00', "expires_at") AS v FROM "accounts"`
            : `SELECT extract(epoch FROM "expires_at")::int AS v FROM "accounts"`,
        )
        assert.equal(Number(v), moments[0])
        await own.rows(`UPDATE "accounts" SET "expires_at" = '2030-01-01 00:00:05'`)
        assert.equal((await adapter.getAccount("a1", "p")).expires_at, moments[0] + 5)
      })
      if (name === "mysql" && type.startsWith("datetime"))
        lane("in another zone's clock", { timeZone: "+02:00" }, async (adapter, own, id) => {
          const linked = await adapter.linkAccount(account(id, 1, moments[0]))
          assert.equal(linked.expires_at, moments[0])
          assert.equal((await adapter.getAccount("a1", "p")).expires_at, moments[0])
          const [{ v }] = await own.rows(`SELECT CAST("expires_at" AS CHAR) AS v FROM "accounts"`)
          assert.match(v, /^2030-01-01 02:00:00/)
        })
    }
  })
}
