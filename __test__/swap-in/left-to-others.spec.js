// Columns that only an ORM fills, addresses that several users share on purpose, ids that are integers, names of two spellings: what
// `check` says of them, and what becomes of them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { cli } from "../boundary/cli.js"
import { failure } from "../contract/failure.js"
import { databases } from "../databases.js"
import { createTables } from "./tables.js"

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

for (const database of databases) {
  const { name } = database
  const flavour = database.flavour ?? name
  describe(`left to others on ${name}`, () => {
    async function using(make, work, options) {
      const own = await database.create()
      let adapter
      try {
        await make(own)
        adapter = RustAdapter(own.url, options)
        const check = async () => {
          const { stdout, stderr } = await cli(["check", own.url, "--json"])
          assert.notEqual(stdout, "", stderr)
          return JSON.parse(stdout)
        }
        await work(adapter, own, check)
      } finally {
        await adapter?.close()
        await own.close()
      }
    }

    const uuids = {
      sqlite: ["char(36)"],
      postgres: ["uuid", "varchar(36)"],
      mysql: ["char(36)"],
      mariadb: ["uuid", "char(36)"],
    }[flavour]
    for (const type of uuids)
      for (const column of ["uuid", "GUID"])
        test(`${column} ${type} NOT NULL UNIQUE is filled, and check has the default`, () =>
          using(
            async (own) => {
              await createTables(own, { user: [`"${column}" ${type} NOT NULL`] })
              await own.rows(`CREATE UNIQUE INDEX "own_uuid" ON "users" ("${column}")`)
            },
            async (adapter, own, check) => {
              const users = []
              for (const email of ["a@example.com", "b@example.com"]) users.push(await adapter.createUser({ email }))
              for (const user of users) {
                assert.match(user[column], UUID)
                assert.notEqual(user[column], user.id)
                assert.deepEqual(await adapter.getUser(user.id), user)
              }
              assert.notEqual(users[0][column], users[1][column])
              const given = "0192f3c8-7d4e-7a31-9c55-0242ac120002"
              assert.equal((await adapter.createUser({ email: "c@example.com", [column]: given }))[column], given)
              const found = (await check()).recommendations.find(({ message }) =>
                message.startsWith(`users.${column} `),
              )
              assert.match(found.message, /no default in the database: it is filled here/)
              if (name === "sqlite") {
                assert.equal(found.remedy, null)
                return
              }
              // The statement is right: with it, the database fills the column, and nothing is left to recommend.
              await own.rows(found.remedy.replaceAll("`", '"'))
              const filled = name === "postgres" || type === "uuid" ? users[0][column] : undefined
              await own.rows(`INSERT INTO "users" ("id", "email") VALUES ('raw', 'raw@example.com')`)
              const [{ v }] = await own.rows(`SELECT "${column}" AS "v" FROM "users" WHERE "id" = 'raw'`)
              assert.equal(v.length, 36)
              assert.notEqual(v, filled)
              assert.ok(!(await check()).recommendations.some(({ message }) => message.startsWith(`users.${column} `)))
            },
          ))

    if (uuids.includes("uuid"))
      test("of another column of UUIDs, check has the default, and the error says whose default does not count", () =>
        using(
          (own) => createTables(own, { user: [`"team" uuid NOT NULL`] }),
          async (adapter, own, check) => {
            await assert.rejects(adapter.createUser({ email: "a@example.com" }), (error) => {
              assert.deepEqual([error.table, error.field], ["user", "team"])
              assert.match(error.message, /user\.team is required: .*\$defaultFn/)
              return true
            })
            const { message, remedy } = (await check()).warnings.find(({ message }) =>
              message.startsWith("users.team "),
            )
            assert.match(message, /has no default in the database: creating a row fails unless team is given/)
            await own.rows(remedy.replaceAll("`", '"'))
            assert.ok(!(await check()).warnings.some(({ message }) => message.startsWith("users.team ")))
          },
        ))

    const shared = async (own) => {
      await createTables(own)
      await own.rows(`DROP TABLE "users"`)
      await own.rows(`CREATE TABLE "users" ("id" varchar(36) NOT NULL PRIMARY KEY, "name" varchar(100), "email" varchar(191),
        "emailVerified" bigint, "image" varchar(500))`)
    }
    const email = "one@example.com"
    for (const emails of [undefined, "unique"])
      test(`without a key, a second user with an address is refused, emails: ${emails}`, () =>
        using(
          shared,
          async (adapter, _, check) => {
            await adapter.createUser({ email })
            await assert.rejects(
              adapter.createUser({ email }),
              failure("ERR_UNIQUE", { table: "user", field: "email" }),
            )
            const { message } = (await check()).warnings.find(({ message }) =>
              message.includes("no unique key on email"),
            )
            assert.match(message, /emails: "shared"/)
          },
          { emails },
        ))

    test(`emails: "shared": several users have one address, and each is a user of its own`, { timeout: 60_000 }, () =>
      using(
        shared,
        async (adapter, own) => {
          const made = await Promise.all(
            Array.from({ length: 8 }, (_, index) => adapter.createUser({ id: `u${index}`, email })),
          )
          assert.equal(new Set(made.map(({ id }) => id)).size, 8)
          const other = await adapter.createUser({ id: "v", email: "other@example.com" })
          assert.equal((await adapter.updateUser({ id: other.id, email })).email, email)
          assert.equal((await own.rows(`SELECT "id" FROM "users" WHERE "email" = ?`, email)).length, 9)
          const first = [...made.map(({ id }) => id), other.id].sort()[0]
          assert.equal((await adapter.getUserByEmail(email)).id, first)
          for (const user of made) assert.deepEqual(await adapter.getUser(user.id), user)
          // Each signs in by an account.
          const account = (user) => ({ userId: user.id, type: "oauth", provider: user.id, providerAccountId: "1" })
          for (const user of made) await adapter.linkAccount(account(user))
          for (const user of made) assert.deepEqual(await adapter.getUserByAccount(account(user)), user)
          await adapter.deleteUser(made[0].id)
          assert.equal((await own.rows(`SELECT "id" FROM "users" WHERE "email" = ?`, email)).length, 8)
        },
        { emails: "shared" },
      ),
    )

    test(`emails: "shared" is no licence where the database has a key`, () =>
      using(
        createTables,
        async (adapter) => {
          await adapter.createUser({ email })
          await assert.rejects(adapter.createUser({ email }), failure("ERR_UNIQUE", { table: "user", field: "email" }))
        },
        { emails: "shared" },
      ))

    test("another word for emails is refused", () =>
      assert.throws(
        () => RustAdapter(":memory:", { emails: "many" }),
        failure("ERR_CONFIG", { message: /option emails must be "unique", "shared"/ }),
      ))

    const counted = {
      sqlite: "integer PRIMARY KEY",
      postgres: "integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY",
      mysql: "integer PRIMARY KEY AUTO_INCREMENT",
    }[name]
    for (const ids of ["string", "number"])
      test(`ids that are integers: check says what others give, ids: ${ids}`, () =>
        using(
          async (own) => {
            await shared(own)
            await own.rows(`DROP TABLE "users"`)
            await own.rows(
              `CREATE TABLE "users" ("id" ${counted}, "email" varchar(191) UNIQUE, "emailVerified" bigint)`,
            )
          },
          async (adapter, _, check) => {
            const { id } = await adapter.createUser({ email })
            assert.equal(typeof id, ids)
            const said = (await check()).recommendations.filter(({ message }) =>
              message.startsWith("users.id is an integer"),
            )
            assert.equal(said.length, 1)
            assert.match(
              said[0].message,
              /Prisma's, Drizzle's and pg's give it as a number, .* unless the option ids is "number"/,
            )
          },
          { ids },
        ))

    test("both spellings in one table: Auth.js's fields are found, others keep their names, and columns names them", () =>
      using(
        (own) => createTables(own, { user: [`"last_seen_at" varchar(50)`, `"favouriteColour" varchar(50)`] }),
        async (adapter, own) => {
          const user = await adapter.createUser({ email, last_seen_at: "now", favouriteColour: "red" })
          assert.deepEqual([user.last_seen_at, user.favouriteColour], ["now", "red"])
          const named = RustAdapter(own.url, { columns: { user: { lastSeenAt: "last_seen_at" } } })
          try {
            const { lastSeenAt, favouriteColour } = await named.updateUser({ id: user.id, lastSeenAt: "later" })
            assert.deepEqual([lastSeenAt, favouriteColour], ["later", "red"])
          } finally {
            await named.close()
          }
          assert.equal((await adapter.getUser(user.id)).last_seen_at, "later")
        },
      ))
  })
}
