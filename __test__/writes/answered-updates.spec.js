// Updates on a server whose UPDATE answers no row: on MariaDB, where many share a statement, their rows are inserted once more, and changed
// as the duplicates that they are. That does what an UPDATE does, and nothing else, on each of these tables.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openLane } from "../contract/lane.js"
import { inDays, newSession } from "../contract/rows.js"
import { databases } from "../databases.js"

const COUNT = 20
const BEGIN = Math.floor(inDays(40).getTime() / 1000) * 1000
/** Of those that share a statement, some are whole seconds: the first ones are. */
const instant = (index) => new Date(BEGIN + index * 1000 + (index > 1000 && index % 3 ? index % 1000 : 0))

/**
 * What `session` has besides our columns; `own` are those of its values that an update must leave alone. `alone`: its rows cannot be inserted
 * once more, so that each write is done alone in the end.
 */
const LAYOUTS = {
  "nothing else": {},
  "columns that are computed": {
    alter: [
      `ALTER TABLE "session" ADD "year" int AS (YEAR("expires")) STORED, ADD "next" int AS (YEAR("expires") + 1) VIRTUAL, ADD KEY ("next")`,
    ],
    own: [],
    check: (row) => assert.deepEqual([row.year, row.next], [new Date(row.expires).getUTCFullYear(), row.year + 1]),
  },
  "numbers that are counted up": {
    alter: [
      `ALTER TABLE "session" DROP PRIMARY KEY, ADD UNIQUE ("sessionToken"), ADD "id" int NOT NULL AUTO_INCREMENT PRIMARY KEY`,
    ],
    own: ["id"],
  },
  "a check that the default does not pass": {
    alter: [`ALTER TABLE "session" ADD "state" varchar(10) DEFAULT 'new'`],
    fill: `UPDATE "session" SET "state" = 'old'`,
    last: `ALTER TABLE "session" ADD CHECK ("state" <> 'new')`,
    own: ["state"],
  },
  "values that nothing fills in": {
    alter: [
      `ALTER TABLE "session" ADD "note" varchar(20) NOT NULL DEFAULT 'kept', ADD "meta" json, ADD "kind" enum ('a', 'b') NOT NULL DEFAULT 'b'`,
    ],
    last: `ALTER TABLE "session" MODIFY "note" varchar(20) NOT NULL, MODIFY "kind" enum ('a', 'b') NOT NULL`,
    own: ["note", "meta", "kind"],
  },
  "a key that the new date is a part of": {
    alter: [
      `ALTER TABLE "session" DROP PRIMARY KEY, ADD PRIMARY KEY ("userId", "expires"), ADD UNIQUE ("sessionToken")`,
    ],
  },
  "a key that no adapter can read": {
    alter: [
      `ALTER TABLE "session" ADD "tenant" binary(4) NOT NULL DEFAULT 'none', ADD "number" int NOT NULL DEFAULT 0, ADD KEY ("number")`,
    ],
    fill: `UPDATE "session" SET "tenant" = RIGHT("sessionToken", 4), "number" = ASCII("sessionToken")`,
    last: `ALTER TABLE "session" DROP PRIMARY KEY, ADD PRIMARY KEY ("tenant", "sessionToken"), ADD UNIQUE ("sessionToken")`,
    own: ["tenant", "number"],
  },
  "a column that must be filled, and that no adapter can read": {
    alter: [`ALTER TABLE "session" ADD "address" varbinary(16) NOT NULL DEFAULT 'x'`],
    fill: `UPDATE "session" SET "address" = 'y'`,
    last: `ALTER TABLE "session" MODIFY "address" varbinary(16) NOT NULL`,
    own: ["address"],
    alone: true,
  },
  "another unique key, which many rows leave empty": {
    alter: [`ALTER TABLE "session" ADD "device" varchar(40) UNIQUE`],
    fill: `UPDATE "session" SET "device" = RIGHT("sessionToken", 40) WHERE "expires" > '2000-01-01' LIMIT 7`,
    own: ["device"],
  },
  "a moment that each update sets": {
    alter: [
      `ALTER TABLE "session" ADD "updated" timestamp NOT NULL DEFAULT '2001-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP`,
    ],
    fill: `UPDATE "session" SET "updated" = '2001-01-01 00:00:00'`,
    check: (row) => assert.ok(row.updated > Date.parse("2020-01-01"), `it was set: ${row.updated}`),
  },
  "dates that newer servers do not take": {
    alter: [
      `SET SESSION sql_mode = 'ANSI_QUOTES'`,
      `ALTER TABLE "session" ADD "ended" date NOT NULL DEFAULT '0000-00-00'`,
    ],
    own: ["ended"],
  },
}

for (const database of databases.filter(({ name }) => name === "mysql"))
  for (const [title, { alter = [], fill, last, own = [], check, alone }] of Object.entries(LAYOUTS))
    describe(`updates on ${database.flavour} of sessions with ${title}`, () => {
      const given = []
      const lane = openLane(database, {
        prepare: async (lane) => {
          const user = await lane.user()
          for (let index = 0; index < COUNT; index++) given.push(newSession(user.id, { expires: instant(index) }))
          for (const session of given) await lane.adapter.createSession(session)
          for (const statement of [...alter, fill, last].filter(Boolean)) await lane.rows(statement)
          // One that has seen the tables as they are now.
          await lane.adapter.close()
          lane.adapter = RustAdapter(lane.database.url)
        },
      })
      const byToken = async () =>
        new Map((await lane.rows(`SELECT * FROM "session"`)).map((row) => [row.sessionToken, row]))

      test("one alone and many at once answer what is stored, and leave all else alone", async () => {
        const before = await byToken()
        const update = (index, to) =>
          lane.adapter.updateSession({ sessionToken: given[index].sessionToken, expires: instant(to) })
        const shared = () => lane.adapter.stats().batches.writes.calls
        const was = shared()
        // Of a process that has just begun, some of the first may go alone.
        let last = 0
        do {
          last += 1000
          const answers = [await update(0, last)]
          answers.push(...(await Promise.all(given.slice(1).map((_, place) => update(place + 1, last + place + 1)))))
          // An answer shows the table's other columns, too.
          const asked = answers.map(({ sessionToken, userId, expires }) => ({ sessionToken, userId, expires }))
          assert.deepEqual(
            asked,
            given.map((session, index) => ({ ...session, expires: instant(last + index) })),
          )
        } while (!alone && shared() === was && last < 20_000)
        if (!alone) assert.ok(shared() > was, "calls shared statements")
        // The same once more changes nothing, and answers all the same.
        assert.deepEqual((await update(0, last)).expires, instant(last))
        const after = await byToken()
        assert.equal(after.size, COUNT)
        for (const [index, { sessionToken }] of given.entries()) {
          const [row, old] = [after.get(sessionToken), before.get(sessionToken)]
          assert.equal(row.expires, instant(last + index).getTime())
          for (const column of ["userId", ...own]) assert.deepEqual(row[column], old[column], column)
          check?.(row)
        }
      })

      test("a session that is not there is not made", async () => {
        const { adapter } = lane
        const gone = (index) => ({ sessionToken: newSession("x").sessionToken, expires: instant(index) })
        assert.equal(await adapter.updateSession(gone(0)), null)
        assert.deepEqual(
          await Promise.all(Array.from({ length: COUNT }, (_, index) => adapter.updateSession(gone(index)))),
          Array(COUNT).fill(null),
        )
        assert.equal((await byToken()).size, COUNT)
      })

      if (own.includes("id"))
        test("no number is used up", async () => {
          const highest = async () => {
            const { sessionToken } = await lane.adapter.createSession(newSession(given[0].userId))
            return (await byToken()).get(sessionToken).id
          }
          const before = await highest()
          const update = (_, index) =>
            lane.adapter.updateSession({ sessionToken: given[index].sessionToken, expires: instant(2000 + index) })
          await update(null, 0)
          await Promise.all(given.map(update))
          assert.equal(await highest(), before + 1)
        })
    })

const KEYS = {
  "is taken away": `DROP PRIMARY KEY, ADD KEY ("sessionToken")`,
  "is another one then": `ADD "id" int NOT NULL AUTO_INCREMENT, DROP PRIMARY KEY, ADD PRIMARY KEY ("id"), ADD UNIQUE ("sessionToken")`,
}

for (const database of databases.filter(({ name }) => name === "mysql"))
  for (const [title, statement] of Object.entries(KEYS))
    describe(`updates on ${database.flavour} of sessions whose key ${title} meanwhile`, () => {
      const lane = openLane(database)

      test("change the rows that are there, and make none", { timeout: 30_000 }, async (t) => {
        const user = await lane.user()
        const adapter = RustAdapter(lane.database.url)
        t.after(() => adapter.close())
        const given = Array.from({ length: COUNT }, (_, index) => newSession(user.id, { expires: instant(index) }))
        for (const session of given) await adapter.createSession(session)
        const to = (round) => (session, index) => ({ ...session, expires: instant(100 * round + index) })
        const update = (round) => async (session, index) => adapter.updateSession(to(round)(session, index))
        assert.deepEqual(await Promise.all(given.map(update(1))), given.map(to(1)))
        await lane.rows(`ALTER TABLE "session" ${statement}`)
        for (let round = 2; round <= 5; round++) {
          assert.deepEqual(await update(round)(given[0], 0), to(round)(given[0], 0))
          assert.deepEqual(await Promise.all(given.map(update(round))), given.map(to(round)))
          assert.equal((await lane.stored("session")).length, COUNT)
        }
      })
    })

for (const database of databases.filter(({ name }) => name === "mysql"))
  describe(`updates on ${database.flavour} by an account that may not insert`, () => {
    const lane = openLane(database)

    test("are done all the same", { timeout: 30_000 }, async (t) => {
      const user = await lane.user()
      const given = []
      for (let index = 0; index < COUNT; index++)
        given.push(await lane.adapter.createSession(newSession(user.id, { expires: instant(index) })))
      const name = `updater_${process.pid}`
      await lane.rows(`CREATE USER ${name} IDENTIFIED BY 'updates'`)
      t.after(() => lane.rows(`DROP USER ${name}`))
      const schema = new URL(lane.database.url).pathname.slice(1)
      await lane.rows(`GRANT SELECT, UPDATE, TRIGGER ON "${schema}".* TO ${name}`)
      const url = new URL(lane.database.url)
      Object.assign(url, { username: name, password: "updates" })
      const adapter = RustAdapter(url.href)
      t.after(() => adapter.close())
      for (let round = 1; round <= 4; round++) {
        const update = ({ sessionToken }, index) =>
          adapter.updateSession({ sessionToken, expires: instant(100 * round + index) })
        const expected = given.map((session, index) => ({ ...session, expires: instant(100 * round + index) }))
        assert.deepEqual(await update(given[0], 0), expected[0])
        assert.deepEqual(await Promise.all(given.map(update)), expected)
        const renamed = { id: user.id, name: `renamed ${round}` }
        assert.deepEqual(await adapter.updateUser(renamed), { ...user, ...renamed })
      }
    })
  })
