// Better Auth's transactions through a real PgBouncer: one goes on after a refused INSERT, and its connection serves again.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { failure } from "../../contract/failure.js"
import { databases } from "../../databases.js"
import { isRoot } from "../../servers/identity.js"
import { startPgBouncer } from "../../servers/pgbouncer.js"
import { openAdapter } from "../adapter.js"
import { base } from "../base.js"
import { migrate } from "../tables.js"

const timeout = 60_000
const poolers = { 1.18: {}, ...(isRoot && { "1.24, which maps names": { maps: true } }) }

for (const database of databases.filter(({ name }) => name === "postgres")) {
  for (const [version, options] of Object.entries(poolers)) {
    describe(`transactions behind PgBouncer ${version}`, () => {
      let [created, pooler, opened, adapter] = []
      before(async () => {
        created = await database.create()
        await migrate(created, base)
        pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL, options)
        const url = `${pooler.through(created.url)}?pgbouncer=true`
        opened = await openAdapter({ ...created, url }, { pool: { max: 1 } })
        adapter = opened.database(base)
      })
      after(async () => {
        await opened?.close()
        pooler?.stop()
        await created?.close()
      })
      const create = (db, email) =>
        db.create({ model: "user", data: { name: "Ada", email: `${email}@example.com`, emailVerified: false } })

      test("one goes on after a unique key has refused a row", { timeout }, async () => {
        await create(adapter, "taken")
        for (let round = 0; round < 3; round++) {
          const made = await adapter.transaction(async (tx) => {
            await assert.rejects(create(tx, "taken"), failure("ERR_UNIQUE"))
            return create(tx, `free-${round}`)
          })
          const found = await adapter.findOne({ model: "user", where: [{ field: "id", value: made.id }] })
          assert.deepEqual(found, made)
        }
      })

      test("refusals do not cost connections", { timeout }, async () => {
        const backend = async () =>
          (
            await created.rows(`SELECT count(*)::int AS n FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()`)
          )[0].n
        const before = await backend()
        for (let round = 0; round < 20; round++) {
          await assert.rejects(create(adapter, "taken"), failure("ERR_UNIQUE"))
        }
        assert.ok((await backend()) <= before)
        assert.equal(await adapter.count({ model: "user" }), 4)
      })
    })
  }
}
