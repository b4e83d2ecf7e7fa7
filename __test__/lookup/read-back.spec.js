// What an application adds to our own tables decides whether a new row has to be read back.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { openLane } from "../contract/lane.js"
import { databases } from "../databases.js"
import { startTurns } from "../servers/turns.js"

for (const database of databases.filter(({ name }) => name === "postgres")) {
  const watched = await startTurns(process.env.TEST_POSTGRES_URL)
  after(() => watched.stop())

  describe("reading back on PostgreSQL", () => {
    const lane = openLane({
      ...database,
      create: async (options) => {
        const created = await database.create(options)
        return { ...created, url: watched.through(created.url) }
      },
    })
    test("a column that stores what it is given is not read back; where one has a default, the row is", {
      timeout: 60_000,
    }, async () => {
      const last = () =>
        watched
          .take()
          .executed.filter((text) => text.startsWith("INSERT"))
          .at(-1)
      await lane.user()
      assert.doesNotMatch(last(), /RETURNING/)
      await lane.rows(`ALTER TABLE "user" ADD "note" text`)
      assert.equal((await lane.user({ note: "n" })).note, "n")
      assert.doesNotMatch(last(), /RETURNING/)
      assert.equal((await lane.user()).note, null)
      await lane.rows(`ALTER TABLE "user" ADD "role" text DEFAULT 'user'`)
      assert.equal((await lane.user({ role: "admin" })).role, "admin")
      assert.match(last(), /RETURNING/)
      assert.equal((await lane.user()).role, "user")
    })
  })
}
