// Behind a pooler that maps the names of prepared statements, clients share the server's statements by their texts. A table that is
// altered makes them outdated for new clients too: calls go on all the same.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"

const timeout = 120_000

const alterations = {
  "a text of another type": [
    `ALTER TABLE "user" ALTER "image" TYPE varchar(400)`,
    `ALTER TABLE "user" ALTER "image" TYPE text`,
  ],
  "a longer text": [
    `ALTER TABLE "user" ALTER "name" TYPE varchar(90)`,
    `ALTER TABLE "user" ALTER "name" TYPE varchar(900)`,
  ],
  "a further column": [
    `ALTER TABLE "user" ADD "nickname" varchar(50)`,
    `ALTER TABLE "user" ALTER "nickname" TYPE varchar(70)`,
  ],
  "a column that goes": [`ALTER TABLE "user" ADD "gone" text`, `ALTER TABLE "user" DROP "gone"`],
}

for (const database of databases.filter(({ name }) => name === "postgres")) {
  describe("a table is altered behind PgBouncer 1.24", () => {
    let lane, pooler
    before(async () => {
      lane = await database.create()
      await RustAdapter(lane.url, { migrate: true }).close()
      pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL, { poolSize: 2, maps: true })
    })
    after(async () => {
      await pooler?.stop()
      await lane.close()
    })

    const open = (t) => {
      const url = new URL(lane.url)
      url.port = new URL(pooler.url).port
      url.search = "?pgbouncer=true"
      const adapter = RustAdapter(url.href, { migrate: true })
      t.after(() => adapter.close())
      return adapter
    }

    for (const [what, statements] of Object.entries(alterations))
      test(`${what}: calls before and after, of old processes and new ones`, { timeout }, async (t) => {
        const adapter = open(t)
        const user = await adapter.createUser(newUser())
        const session = await adapter.createSession(newSession(user.id))
        const look = async (adapter) => {
          const alone = await adapter.getUser(user.id)
          assert.equal(alone.email, user.email)
          const shared = await Promise.all(
            Array.from({ length: 8 }, () => adapter.getSessionAndUser(session.sessionToken)),
          )
          for (const found of shared) assert.equal(found.user.id, user.id)
          const renamed = await adapter.updateUser({ id: user.id, name: "Ada" })
          assert.equal(renamed.name, "Ada")
          const made = await Promise.all(Array.from({ length: 4 }, () => adapter.createUser(newUser())))
          assert.equal(new Set(made.map(({ id }) => id)).size, 4)
          for (const { id } of made) await adapter.deleteUser(id)
        }
        for (let round = 0; round < 3; round++) await look(adapter)
        for (const statement of statements) {
          await lane.rows(statement)
          await look(adapter)
          const another = open(t)
          for (let round = 0; round < 2; round++) await look(another)
          await look(adapter)
        }
      })
  })
}
