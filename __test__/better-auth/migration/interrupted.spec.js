// On MySQL and MariaDB each statement of a migration commits by itself. Where one ended in between, the next one leads to the same tables
// and rows as if it had not.
import assert from "node:assert/strict"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { createTables } from "../../swap-in/tables.js"
import { ours, reference } from "../adapter.js"
import { base, quickPasswords } from "../stage.js"

const { migrate, rustAdapter } = await ours()
const timeout = 300_000

const gadgets = {
  id: "gadgets",
  schema: {
    user: {
      fields: {
        colour: { type: "string", required: false, unique: true, defaultValue: "none" },
        size: { type: "string", required: true, defaultValue: "small", index: true },
      },
    },
    gadget: {
      fields: {
        code: { type: "string", required: true, unique: true },
        place: { type: "string", required: true },
        userId: { type: "string", required: true, references: { model: "user", field: "id" } },
      },
      indexes: [{ fields: ["userId", "place"], unique: true }],
    },
  },
}

/** What is there before, and the options of the migration that is interrupted. */
const cases = {
  "tables of its own, with rows": {
    async prepare({ rows, url }) {
      const database = rustAdapter(url)
      await migrate({ ...base, database }).finally(() => database.close())
      for (const name of ["ada", "bob"])
        await rows(
          `INSERT INTO "user" ("id", "name", "email", "emailVerified") VALUES (?, ?, ?, true)`,
          name,
          name,
          `${name}@example.com`,
        )
    },
    options: { plugins: [gadgets] },
  },
  "Auth.js's tables, with passwords and sessions": {
    async prepare(database) {
      await createTables(database, { user: [`"password" varchar(255)`] })
      for (const name of ["ada", "bob"]) {
        await database.rows(
          `INSERT INTO "users" ("id", "name", "email", "password") VALUES (?, ?, ?, ?)`,
          name,
          name,
          `${name}@example.com`,
          `quick of ${name}`,
        )
        await database.rows(
          `INSERT INTO "sessions" ("sessionToken", "userId", "expires") VALUES (?, ?, 4102444800000)`,
          `token of ${name}`,
          name,
        )
      }
    },
    adapter: { tables: "authjs" },
    options: { emailAndPassword: { enabled: true, password: quickPasswords }, plugins: [gadgets] },
  },
}

const [, authjs] = Object.values(cases)
cases["the same, with another name for the password's column"] = {
  ...authjs,
  options: { ...authjs.options, account: { fields: { password: "secretHash" } } },
}

/** The tables and rows, without what is random. */
async function state({ rows }) {
  const tables = await rows(
    `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`,
  )
  const all = {}
  for (const { name } of tables) {
    const [made] = await rows(`SHOW CREATE TABLE "${name}"`)
    const found = await rows(`SELECT * FROM "${name}"`)
    const known = found.map((row) =>
      JSON.stringify(row, (key, value) =>
        key === "createdAt" || key === "updatedAt" || /^[-0-9a-f]{36}$/.test(value) ? "made" : value,
      ),
    )
    all[name] = { made: Object.values(made)[1], rows: known.sort() }
  }
  return all
}

for (const lane of reference ? [] : databases.filter(({ name }) => name === "mysql")) {
  for (const [title, { prepare, adapter, options }] of Object.entries(cases)) {
    test(`a migration that ended after any statement is completed: ${title}`, { timeout }, async () => {
      /** A database in which `count` statements were performed before the migration. */
      const after = async (count) => {
        const own = await lane.create()
        await prepare(own)
        const database = rustAdapter(own.url, adapter)
        try {
          const wanted = { ...base, ...options, database }
          const statements = await migrate(wanted, { dryRun: true })
          for (const statement of statements.slice(0, count)) await own.rows(statement)
          await migrate(wanted)
          assert.deepEqual(await migrate(wanted), [])
          return { statements, left: await state(own) }
        } finally {
          await database.close()
          await own.close()
        }
      }
      const { statements, left } = await after(0)
      assert.ok(statements.length > 3)
      for (let count = 1; count <= statements.length; count++) {
        const told = `after ${count} of ${statements.length}: ${statements[count - 1]}`
        assert.deepEqual((await after(count)).left, left, told)
      }
    })
  }

  test("a password that was changed in between is the one that counts", { timeout }, async () => {
    const own = await lane.create()
    const { prepare, adapter, options } = authjs
    const database = rustAdapter(own.url, adapter)
    try {
      await prepare(own)
      const wanted = { ...base, ...options, database }
      const statements = await migrate(wanted, { dryRun: true })
      const copies = statements.findIndex((statement) => statement.startsWith("INSERT INTO "))
      for (const statement of statements.slice(0, copies)) await own.rows(statement)
      await own.rows(`UPDATE "users" SET "password" = 'quick of another' WHERE "id" = 'ada'`)
      await migrate(wanted)
      const accounts = await own.rows(`SELECT "userId", "password" FROM "accounts" ORDER BY "userId"`)
      assert.deepEqual(accounts, [
        { userId: "ada", password: "quick of another" },
        { userId: "bob", password: "quick of bob" },
      ])
      // One that has no password on this side any more keeps the account that says so.
      await own.rows(`UPDATE "accounts" SET "password" = NULL WHERE "userId" = 'bob'`)
      assert.deepEqual(await migrate(wanted), [])
    } finally {
      await database.close()
      await own.close()
    }
  })
}
