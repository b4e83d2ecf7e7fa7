// Columns and fields that are named like what every JavaScript object has: they neither disappear nor change other objects.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { createTables } from "../swap-in/tables.js"

const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"]
const own = (object, name) => Object.getOwnPropertyDescriptor(object, name)?.value
const given = (more) => JSON.parse(JSON.stringify({ ...more }))

for (const { name: lane, create } of databases) {
  describe(`names of objects on ${lane}`, () => {
    const json = { sqlite: "json", postgres: "jsonb", mysql: "json" }[lane]
    for (const name of names) {
      for (const [type, value] of [
        ["varchar(100)", "polluted"],
        [json, { polluted: true }],
      ]) {
        test(`a column ${name} of type ${type}`, async () => {
          const database = await create()
          let adapter
          try {
            await createTables(database, { user: [`"${name}" ${type}`], session: [`"${name}" ${type}`] })
            adapter = RustAdapter(database.url)
            const data = given({ email: "ada@example.com" })
            Object.defineProperty(data, name, { value, enumerable: true })
            const user = await adapter.createUser(data)
            const session = { sessionToken: "t", userId: user.id, expires: new Date("2040-01-01") }
            Object.defineProperty(session, name, { value, enumerable: true })
            await adapter.createSession(session)
            const found = await adapter.getSessionAndUser("t")
            for (const record of [user, await adapter.getUser(user.id), found.user, found.session]) {
              assert.deepEqual(own(record, name), value)
              assert.ok(Object.keys(record).includes(name))
              assert.equal(Object.getPrototypeOf(record), Object.prototype)
              assert.equal(record.polluted, undefined)
            }
            assert.equal({}.polluted, undefined)
            const [row] = await database.rows(`SELECT "${name}" AS "v" FROM "users"`)
            assert.deepEqual(typeof row.v === "string" && row.v.startsWith("{") ? JSON.parse(row.v) : row.v, value)
          } finally {
            await adapter?.close()
            await database.close()
          }
        })
      }
    }

    test("a field without a column is warned of by any name", async (t) => {
      const database = await create()
      const warnings = []
      const hear = (warning) => warnings.push(warning.message)
      process.on("warning", hear)
      t.after(() => process.off("warning", hear))
      try {
        await createTables(database)
        const adapter = RustAdapter(database.url)
        try {
          for (const [index, name] of names.entries()) {
            const data = given({ email: `${index}@example.com` })
            Object.defineProperty(data, name, { value: "x", enumerable: true })
            await adapter.createUser(data)
          }
        } finally {
          await adapter.close()
        }
        await new Promise((resolve) => setImmediate(resolve))
        for (const name of names)
          assert.ok(
            warnings.some((message) => message.includes(`no column for "${name}"`)),
            `${name}: ${warnings.join("\n")}`,
          )
      } finally {
        await database.close()
      }
    })
  })
}
