// Conditions on session tokens, of which Auth.js's adapter may have stored hashes: each comes to what it does on the same table without a hash.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { hashOf } from "../../contract/rows.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { migrate, more } from "./stage.js"

const tokens = ["ada", "bob", "eve", "ida"].map((name) => `${name}-${crypto.randomUUID()}`)
const [ada, bob, eve, ida] = tokens
const hashed = [bob, ida]

const token = (operator, value, more) => ({ field: "token", operator, value, ...more })
const or = { connector: "OR" }
const conditions = {
  "eq, of a plain one": [token("eq", ada)],
  "eq, of a hash": [token("eq", bob)],
  "eq, of none": [token("eq", crypto.randomUUID())],
  "ne, of a plain one": [token("ne", ada)],
  "ne, of a hash": [token("ne", bob)],
  "two ne": [token("ne", ada), token("ne", ida)],
  "one of two eq": [token("eq", ada, or), token("eq", bob, or)],
  "one of three eq": [token("eq", ada, or), token("eq", bob, or), token("eq", ida, or)],
  "both of two eq": [token("eq", bob), token("eq", ida)],
  "eq or ne": [token("eq", bob, or), token("ne", ida, or)],
  "eq, or of another field": [token("eq", bob, or), { field: "ipAddress", value: ada, ...or }],
  in: [token("in", [ada, bob])],
  "in, of one hash": [token("in", [ida])],
  "in, of none": [token("in", [])],
  "in or eq": [token("in", [ida, eve], or), token("eq", ada, or)],
  not_in: [token("not_in", [ada, bob])],
  "not_in, of one hash": [token("not_in", [ida])],
  "in and ne": [token("in", [ada, bob, ida]), token("ne", bob)],
  "eq and not_in": [token("eq", ida), token("not_in", [bob, ada])],
  null: [token("ne", null)],
}

for (const lane of databases) {
  describe(`conditions on tokens: ${lane.name}`, () => {
    /** One database whose sessions are stored as they are, and one in which two have hashes. */
    const twins = []
    before(async () => {
      for (const isHashed of [false, true]) {
        const database = await lane.create()
        const authjs = RustAdapter(database.url, { migrate: true })
        const opened = more.rustAdapter(database.url, { tables: "authjs" })
        twins.push({ database, authjs, opened, isHashed })
        const user = await authjs.createUser({ email: "ada@example.com", emailVerified: null })
        const auth = betterAuth({ ...base, database: opened })
        await migrate(auth.options)
        const { adapter } = await auth.$context
        Object.assign(twins.at(-1), { adapter, userId: user.id })
      }
    })
    after(async () => {
      for (const { database, authjs, opened } of twins) {
        await opened.close()
        await authjs.close()
        await database.close()
      }
    })

    /** What `act` comes to in both databases: what it answers, and the rows that are then there. */
    const both = async (act) => {
      const outcomes = []
      for (const { adapter, database, userId, isHashed } of twins) {
        await database.rows(`DELETE FROM "session"`)
        for (const [place, token] of tokens.entries()) {
          const expiresAt = new Date(1_900_000_000_000 + place)
          const times = { createdAt: expiresAt, updatedAt: expiresAt, expiresAt }
          await adapter.create({ model: "session", data: { userId, token, ipAddress: token, ...times } })
          if (isHashed && hashed.includes(token))
            await database.rows(
              `UPDATE "session" SET "sessionToken" = '${hashOf(token)}' WHERE "sessionToken" = '${token}'`,
            )
        }
        const outcome = await act(adapter)
        const left = await adapter.findMany({ model: "session", sortBy: { field: "expiresAt", direction: "asc" } })
        const shown = left.map(({ token, ipAddress, userAgent }) => [token, ipAddress, userAgent])
        outcomes.push({ outcome, left: shown.map(([token, ...rest]) => [plain(token), ...rest]) })
      }
      return outcomes
    }
    const plain = (stored) => tokens.find((token) => hashOf(token) === stored) ?? stored

    for (const [title, where] of Object.entries(conditions)) {
      const of = { model: "session", where }
      test(title, async () => {
        const named = where.flatMap(({ operator, value }) => (operator === "eq" || operator === "in" ? value : []))
        /** Of rows that a condition names by their tokens, those are shown; of all others, what is stored. */
        const seen = (row) => {
          assert.ok(!named.includes(row.ipAddress) || row.token === row.ipAddress, JSON.stringify(row))
          assert.equal(plain(row.token), row.ipAddress)
          return row.ipAddress
        }
        const acts = {
          findMany: async (adapter) => (await adapter.findMany(of)).map(seen).sort(),
          count: (adapter) => adapter.count(of),
          updateMany: (adapter) => adapter.updateMany({ ...of, update: { userAgent: "new" } }),
          deleteMany: (adapter) => adapter.deleteMany(of),
        }
        const isOne = where.length === 1 && where[0].operator === "eq"
        if (isOne) {
          acts.findOne = async (adapter) => (await adapter.findOne(of))?.token ?? null
          acts.update = async (adapter) =>
            (await adapter.update({ ...of, update: { userAgent: "new" } }))?.token ?? null
          acts.delete = async (adapter) => void (await adapter.delete(of))
        }
        for (const [name, act] of Object.entries(acts)) {
          const [without, withHashes] = await both(act)
          assert.deepEqual(withHashes, without, name)
        }
        const [{ outcome: one }] = await both(async (adapter) => (await adapter.findMany(of)).length)
        const [, { outcome: found }] = await both(async (adapter) => {
          const row = await adapter.findOne(of)
          return row === null ? 0 : seen(row) && 1
        })
        assert.equal(found, Math.min(one, 1))
      })
    }

    test("what a list has shown is deleted, also by a list", async () => {
      const [without, withHashes] = await both(async (adapter) => {
        const listed = (await adapter.findMany({ model: "session" })).filter(({ ipAddress }) => ipAddress !== eve)
        return adapter.deleteMany({
          model: "session",
          where: [
            token(
              "in",
              listed.map(({ token }) => token),
            ),
          ],
        })
      })
      assert.deepEqual(withHashes, without)
      assert.deepEqual([without.outcome, without.left.map(([token]) => token)], [3, [eve]])
    })

    test("what a hash does not tell is refused", async () => {
      const { adapter } = twins[1]
      for (const [operator, value, options] of [
        ["lt", ada],
        ["gte", ada],
        ["contains", "ada"],
        ["starts_with", "ada"],
        ["ends_with", "a"],
        ["eq", ada.toUpperCase(), { mode: "insensitive" }],
        ["in", [ada.toUpperCase()], { mode: "insensitive" }],
      ]) {
        const where = [token(operator, value, options)]
        await assert.rejects(adapter.findMany({ model: "session", where }), { code: "ERR_INVALID_ARGUMENT" }, operator)
      }
    })
  })
}
