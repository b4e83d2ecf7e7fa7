// Names that an application chooses: plural tables, renamed tables and columns, more fields, a schema of its own, UUID keys of the database's.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { openAdapter, reference } from "../adapter.js"
import * as drizzle from "../layouts/drizzle.js"
import { base, quickPasswords } from "../stage.js"
import { migrate } from "../tables.js"

const password = { emailAndPassword: { enabled: true, password: quickPasswords } }
const person = () => ({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse", name: "Ada" })

/**
 * `options` of Better Auth and `adapter` of ours; `tables(database, options, lane)` makes them, or Better Auth does. `user`, the users' table
 * and its columns of the e-mail address and the name; `more(stage)`, further tests.
 */
const variants = {
  "renamed tables and columns": {
    options: {
      user: { modelName: "users", fields: { email: "email_address", name: "full_name" } },
      session: { modelName: "logins", fields: { userId: "owner" } },
    },
    user: ["users", "email_address", "full_name"],
    more(stage) {
      test("a selection and a sort by renamed fields", async () => {
        const { adapter } = await stage.auth.$context
        for (const name of ["Bob", "Ann"]) await stage.auth.api.signUpEmail({ body: { ...person(), name } })
        const found = await adapter.findMany({
          model: "user",
          select: ["name", "email"],
          sortBy: { field: "name", direction: "asc" },
        })
        assert.deepEqual(
          found.map(({ name }) => name),
          ["Ann", "Bob"],
        )
        assert.match(
          (await adapter.findOne({ model: "user", where: [{ field: "name", value: "Bob" }], select: ["email"] })).email,
          /@example/,
        )
      })
    },
  },
  "plural tables by Drizzle, in snake_case": {
    options: {},
    adapter: { usePlural: true },
    user: ["users", "email", "name"],
    tables: async (database, options, lane) =>
      (await drizzle.open(lane, database, options, { usePlural: true })).close(),
  },
  "more fields, with defaults": {
    options: {
      user: {
        additionalFields: {
          role: { type: "string", defaultValue: "user" },
          preferences: { type: "json", defaultValue: {} },
          plan: { type: "string", required: false, fieldName: "billing_plan" },
        },
      },
    },
    user: ["user", "email", "name"],
    more(stage) {
      test("the defaults are there, and what was given is kept", async () => {
        const body = { ...person(), preferences: { theme: "dark", sizes: [1, 2] }, plan: "large" }
        const { user } = await stage.auth.api.signUpEmail({ body })
        const { adapter } = await stage.auth.$context
        const stored = await adapter.findOne({ model: "user", where: [{ field: "id", value: user.id }] })
        assert.deepEqual([stored.role, stored.preferences, stored.plan], ["user", body.preferences, "large"])
        const other = await stage.auth.api.signUpEmail({ body: person() })
        assert.deepEqual([other.user.role, other.user.preferences, other.user.plan ?? null], ["user", {}, null])
      })
    },
  },
  "joins by the option of before 1.7": { options: { experimental: { joins: true } }, user: ["user", "email", "name"] },
  "joins by the option of 1.7": {
    options: { advanced: { database: { joins: true } } },
    user: ["user", "email", "name"],
  },
  "ids by a function": {
    options: { advanced: { database: { generateId: ({ model }) => `${model}_${crypto.randomUUID()}`.slice(0, 36) } } },
    user: ["user", "email", "name"],
  },
  "a database schema of its own": {
    lanes: ["postgres"],
    options: {
      user: { modelName: "auth.users" },
      session: { modelName: "auth.sessions" },
      account: { modelName: "auth.accounts" },
      verification: { modelName: "auth.verifications" },
    },
    user: ["auth.users", "email", "name"],
    async tables(database) {
      await database.rows(`CREATE SCHEMA auth`)
      for (const statement of seed("text", "auth")) await database.rows(statement)
    },
  },
  "keys that the database makes, as a guide for Drizzle on PostgreSQL has them": {
    lanes: ["postgres"],
    options: { advanced: { database: { generateId: "uuid" } } },
    user: ["user", "email", "name"],
    async tables(database) {
      for (const statement of seed("uuid")) await database.rows(statement)
    },
    more(stage) {
      test("also when the database alone makes them", async () => {
        const auth = betterAuth({
          ...base,
          ...password,
          advanced: { database: { generateId: false } },
          database: stage.opened.database,
        })
        const { user } = await auth.api.signUpEmail({ body: person() })
        assert.match(user.id, /^[0-9a-f-]{36}$/)
      })
    },
  },
}

/** The guide's tables: timestamps without a zone, keys without a cascade. */
function seed(idType, schema) {
  const at = (column) => `"${column}" timestamp NOT NULL DEFAULT now()`
  const id = idType === "uuid" ? `"id" uuid PRIMARY KEY DEFAULT gen_random_uuid()` : `"id" text PRIMARY KEY`
  const name = (singular) => (schema ? `"${schema}"."${singular}s"` : `"${singular}"`)
  const owner = `"userId" ${idType} NOT NULL REFERENCES ${name("user")} ("id")`
  return [
    `CREATE TABLE ${name("user")} (${id}, "name" text, "email" text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL DEFAULT false, "image" text, ${at("createdAt")}, ${at("updatedAt")})`,
    `CREATE TABLE ${name("session")} (${id}, ${owner}, "token" text NOT NULL UNIQUE, "expiresAt" timestamp NOT NULL, "ipAddress" text, "userAgent" text, ${at("createdAt")}, ${at("updatedAt")})`,
    `CREATE TABLE ${name("account")} (${id}, ${owner}, "accountId" text NOT NULL, "providerId" text NOT NULL, "accessToken" text, "refreshToken" text,
      "accessTokenExpiresAt" timestamp, "refreshTokenExpiresAt" timestamp, "scope" text, "idToken" text, "password" text, ${at("createdAt")}, ${at("updatedAt")})`,
    `CREATE TABLE ${name("verification")} (${id}, "identifier" text NOT NULL, "value" text NOT NULL, "expiresAt" timestamp NOT NULL, ${at("createdAt")}, ${at("updatedAt")})`,
  ]
}

for (const [
  title,
  {
    lanes,
    options,
    adapter,
    tables,
    user: [table, email, name],
    more,
  },
] of Object.entries(variants)) {
  if (reference && tables) continue // Better Auth's own adapter does not know these
  for (const lane of databases.filter((lane) => !lanes || lanes.includes(lane.name))) {
    describe(`${title}: ${lane.name}`, () => {
      const stage = {}
      before(async () => {
        stage.database = await lane.create()
        const config = { ...base, ...password, ...options }
        await (tables ?? migrate)(stage.database, config, lane)
        stage.opened = await openAdapter(stage.database, adapter)
        stage.auth = betterAuth({ ...config, database: stage.opened.database })
      })
      after(async () => {
        await stage.opened?.close()
        await stage.database?.close()
      })

      test("a user who signs up is in the right table, signs in, is known, and is gone once deleted", async () => {
        const body = person()
        const { user } = await stage.auth.api.signUpEmail({ body })
        const [row] = await stage.database.rows(
          `SELECT * FROM ${table
            .split(".")
            .map((part) => `"${part}"`)
            .join(".")} WHERE "${email}" = ?`,
          body.email,
        )
        assert.deepEqual([String(row.id), row[name]], [user.id, "Ada"])

        const answer = await stage.auth.api.signInEmail({ body, returnHeaders: true })
        const cookie = answer.headers
          .getSetCookie()
          .map((line) => line.split("; ")[0])
          .join("; ")
        const known = await stage.auth.api.getSession({ headers: new Headers({ cookie }) })
        assert.deepEqual(known.user, { ...user, createdAt: known.user.createdAt, updatedAt: known.user.updatedAt })
        assert.equal(known.session.userId, user.id)
        assert.equal((await stage.auth.api.listSessions({ headers: new Headers({ cookie }) })).length, 2)
        await assert.rejects(stage.auth.api.signUpEmail({ body }), /exist/i)

        const { internalAdapter } = await stage.auth.$context
        await internalAdapter.deleteUser(user.id)
        assert.equal(await stage.auth.api.getSession({ headers: new Headers({ cookie }) }), null)
      })
      more?.(stage)
    })
  }
}
