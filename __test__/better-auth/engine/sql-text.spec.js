// As `boundary/sql-text.spec.js`, of Better Auth's verbs: the texts that travel to the server are the same for all values.
import assert from "node:assert/strict"
import { test } from "node:test"
import { betterAuth } from "better-auth"
import { eachOf, everyCodePoint, formOf } from "../../contract/code-points.js"
import { databases } from "../../databases.js"
import { startTurns } from "../../servers/turns.js"
import { openAdapter, reference } from "../adapter.js"
import { base, things } from "../stage.js"
import { migrate } from "../tables.js"

const timeout = 600_000
const LENGTH = 3000
/** On MariaDB and MySQL, transactions that delete by a column without an index meet in deadlocks. */
const atOnce = { postgres: 4, mysql: 1 }
const operators = ["eq", "ne", "gt", "gte", "lt", "lte", "contains", "starts_with", "ends_with"]
const options = { ...base, plugins: [things] }

/** Calls every verb with `text` as each value that is a text. */
async function everyVerb(adapter, text) {
  const model = "thing"
  const field = (value, more) => [{ field: "label", value, ...more }]
  const data = { label: text, note: text, data: { [text]: [text] }, words: [text, "b"] }
  const made = await adapter.create({ model, data })
  assert.equal(made.label, text)
  assert.deepEqual(made.data, data.data)
  const byId = [{ field: "id", value: made.id }]
  assert.deepEqual(await adapter.findOne({ model, where: field(text) }), made)
  for (const operator of operators) {
    for (const mode of ["sensitive", "insensitive"]) {
      await adapter.findMany({ model, where: field(text, { operator, mode }), limit: 3 })
    }
  }
  for (const operator of ["in", "not_in"]) {
    await adapter.findMany({ model, where: field([text, `${text}x`], { operator }), limit: 3 })
  }
  const either = [...field(text, { connector: "OR" }), { field: "note", value: text, connector: "OR" }]
  assert.deepEqual(await adapter.findMany({ model, where: either, sortBy: { field: "note", direction: "desc" } }), [
    made,
  ])
  assert.equal(await adapter.count({ model, where: field(text) }), 1)

  assert.equal((await adapter.update({ model, where: byId, update: { note: `${text}x` } })).note, `${text}x`)
  assert.equal(await adapter.updateMany({ model, where: field(text), update: { note: text, words: [text] } }), 1)
  assert.equal(
    (await adapter.incrementOne({ model, where: field(text), increment: { count: 1 }, set: { note: text } })).count,
    1,
  )
  await adapter.transaction(async (inside) => {
    await inside.create({ model, data })
    await inside.findOne({ model, where: field(text) })
    await inside.update({ model, where: [...byId, ...field(text)], update: { note: text } })
    assert.equal(await inside.deleteMany({ model, where: [{ field: "note", value: text }] }), 2)
  })
  await adapter.create({ model, data })
  assert.equal((await adapter.consumeOne({ model, where: field(text) })).label, text)
  await adapter.create({ model, data })
  await adapter.delete({ model, where: field(text) })
  assert.equal(await adapter.findOne({ model, where: field(text) }), null)
}

const plainTexts = (count) => Array.from({ length: count }, (_, index) => `plain ${index}`.padEnd(LENGTH, "x"))

for (const lane of databases) {
  const server = { postgres: process.env.TEST_POSTGRES_URL, mysql: process.env.TEST_MYSQL_URL }[lane.name]
  if (!server || reference) continue
  const open = lane.name === "mysql" ? "?ssl-mode=disabled" : "?sslmode=disable"

  test(`no character of a caller's is in a statement's text: Better Auth on ${lane.flavour ?? lane.name}`, {
    timeout,
  }, async (t) => {
    const created = await lane.create()
    t.after(created.close)
    await migrate(created, options)
    const proxy = await startTurns(server)
    t.after(proxy.stop)
    const opened = await openAdapter({ url: `${proxy.through(created.url)}${open}` })
    t.after(() => opened.close())
    const { adapter } = await betterAuth({ ...options, database: opened.database }).$context
    const forms = async (texts) => {
      await eachOf(texts, atOnce[lane.name], (text) => everyVerb(adapter, text))
      // When it is quiet, statements are prepared that no call has needed yet.
      await proxy.quiet(1500)
      return new Set([...proxy.take().sent].map(formOf))
    }

    const known = await forms(plainTexts(16))
    assert.ok(known.size > 20, `${known.size} texts were read`)
    for (const form of known) assert.doesNotMatch(form, /plain|xxx/)
    const met = await forms(everyCodePoint(LENGTH))
    assert.deepEqual(
      [...met].filter((form) => !known.has(form)),
      [],
    )
  })
}
