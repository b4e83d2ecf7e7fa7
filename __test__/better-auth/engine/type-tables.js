// Tables of Better Auth's that have columns of any type: what the tests of every type work with.
import assert from "node:assert/strict"
import { after, before } from "node:test"
import { prelude, typesOf } from "../../swap-in/every-type.js"
import { openAdapter, ours } from "../adapter.js"
import { base } from "../stage.js"

export const expiresAt = new Date("2040-01-02T03:04:05.678Z")
export const now = new Date("2030-01-02T03:04:05.678Z")
export const byId = (id) => [{ field: "id", value: id }]

/** To be called within a `describe`. */
export function typeTables(database) {
  const { name } = database
  const types = typesOf(database)
  const text = "varchar(100)"
  const date = { sqlite: "integer", postgres: "timestamptz", mysql: "datetime(3)" }[name]
  // A stored value as the database shows it, which an exact round leaves as it is.
  const shown = { sqlite: (column) => `quote("${column}")`, postgres: (column) => `"${column}"::text` }[name]
  const raw = shown ?? ((column) => `HEX(CAST("${column}" AS BINARY))`)
  const usual = {
    user: {
      id: `${text} NOT NULL`,
      name: text,
      email: text,
      emailVerified: "boolean",
      image: text,
      createdAt: date,
      updatedAt: date,
    },
    session: {
      id: `${text} NOT NULL`,
      token: text,
      userId: text,
      expiresAt: date,
      ipAddress: text,
      userAgent: text,
      createdAt: date,
      updatedAt: date,
    },
    thing: { id: `${text} NOT NULL`, label: text },
  }
  let own
  before(async () => {
    own = await database.create()
    for (const statement of prelude[name]) await own.rows(statement)
    const columns = {
      account: ["id", "accountId", "providerId", "userId"],
      verification: ["id", "identifier", "value"],
    }
    for (const [table, texts] of Object.entries(columns)) {
      const list = texts.map((column) => `"${column}" ${text} NOT NULL`)
      const dates = ["expiresAt", "createdAt", "updatedAt"].map((column) => `"${column}" ${date}`)
      await own.rows(`CREATE TABLE "${table}" (${[...list, ...dates].join(", ")})`)
    }
  })
  after(() => own?.close())

  /** Empty tables, with these columns in place of the usual ones. */
  const made = {}
  async function tables(changes) {
    for (const [table, columns] of Object.entries(usual)) {
      const list = Object.entries({ ...columns, ...changes[table] }).map(([column, type]) => `"${column}" ${type}`)
      if (made[table] === list.join(", ")) {
        await own.rows(`DELETE FROM "${table}"`)
        continue
      }
      await own.rows(`DROP TABLE IF EXISTS "${table}"`)
      made[table] = list.join(", ")
      await own.rows(`CREATE TABLE "${table}" (${made[table]})`)
    }
  }

  /** Does `work` with an adapter of its own, whose application has a model `thing` with these fields, and `more` options. */
  async function using(fields, work, more = {}) {
    const thing = { label: { type: "string", required: true }, ...fields }
    const options = { ...base, ...more, plugins: [{ id: "things", schema: { thing: { fields: thing } } }] }
    const opened = await openAdapter(own)
    try {
      const check = async () => (await ours()).check({ ...options, database: opened.database })
      return await work(opened.database(options), check)
    } finally {
      await opened.close()
    }
  }

  /** Whether a call works. If not, the only reason may be that the column cannot hold what it has to. */
  async function serves(call, table, column) {
    try {
      await call()
      return true
    } catch (error) {
      if (error.code !== "ERR_SCHEMA") console.error("SEEN", error, error.cause)
      assert.equal(error.code, "ERR_SCHEMA", `${error.stack}; ${error.cause}`)
      assert.deepEqual([error.table, error.field], [table, column], error.message)
      assert.match(error.message, new RegExp(`^${table}\\.${column} is of the type .+, which cannot hold ${column}: `))
      return false
    }
  }

  /** What refuses a value, if anything does: an error that names the field. */
  async function refusal(call, table, field) {
    try {
      await call()
      return undefined
    } catch (error) {
      if (error.code === "ERR_SCHEMA") throw error
      assert.ok(
        ["ERR_INVALID_VALUE", "ERR_NOT_NULL"].includes(error.code),
        `${error.code}: ${error.stack}; ${error.cause}`,
      )
      assert.deepEqual([error.table, error.field], [table, field], error.message)
      return error
    }
  }

  const stored = async (table, column, where = "1 = 1") =>
    (await own.rows(`SELECT ${raw(column)} AS "v" FROM "${table}" WHERE ${where}`))[0]?.v

  /** SQL, on the database that there is while the tests run. */
  const rows = (...sql) => own.rows(...sql)
  return { types, tables, using, serves, refusal, stored, rows }
}
