// A look-up without an index, through many rows of a SQLite file: the calling thread tries it once, then the pool answers it.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { databases } from "../../databases.js"
import { isAnsweredAtOnce } from "../../lookup/at-once.js"
import { longestBlock } from "../../lookup/longest-block.js"
import { onEveryDatabase } from "../stage.js"

const USERS = 200_000
const lanes = databases.filter(({ name }) => name === "sqlite")

onEveryDatabase("slow look-ups", { lanes }, (stage) => {
  before(async () => {
    const { rows } = stage.database
    const [{ sql }] = await rows(`SELECT sql FROM sqlite_master WHERE name = 'user'`)
    await rows(`DROP TABLE "user"`)
    await rows(sql.replace(/ unique/gi, ""))
  })

  test("by an address, among many users, after the first time", { timeout: 120_000 }, async () => {
    await stage.database.rows(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${USERS})
      INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
      SELECT 'id ' || i, 'name', i || '@example.com', 0, '2030-01-02T03:04:05.678Z', '2030-01-02T03:04:05.678Z' FROM n`)
    const by = (field, value) => stage.adapter.findOne({ model: "user", where: [{ field, value }] })
    const byEmail = (number) => by("email", `${number}@example.com`)
    assert.equal((await byEmail(USERS)).id, `id ${USERS}`)
    await byEmail(USERS)
    const block = await longestBlock(50, () => byEmail(USERS - 1), 1)
    assert.ok(block < 1, `${block} ms in one turn of the event loop`)
    assert.equal((await byEmail(USERS - 1)).id, `id ${USERS - 1}`)
    // Another form of look-up is still answered at once.
    await by("id", "id 7")
    assert.ok(await isAnsweredAtOnce(() => by("id", "id 7")))
  })
})
