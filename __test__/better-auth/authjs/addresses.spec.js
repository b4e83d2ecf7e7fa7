// On MySQL and MariaDB, an address is looked for in any case by an index: of the column's own collation, or one that migrate makes.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { migrate, more } from "./stage.js"

const { check, rustAdapter } = more
const USERS = 5_000

/** The users' table, by the collation of its addresses, and the index that serves. */
const tables = {
  "an exact collation": { change: undefined, index: "user_email_lower_idx" },
  "a collation that ignores the case": {
    change: `ALTER TABLE "user" MODIFY "email" varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    index: "user_email_unique",
  },
}

for (const lane of databases.filter(({ name }) => name === "mysql")) {
  for (const [title, { change, index }] of Object.entries(tables)) {
    test(`${title}: ${lane.flavour}`, async () => {
      const database = await lane.create()
      const authjs = RustAdapter(database.url, { migrate: true })
      const open = rustAdapter(database.url, { tables: "authjs" })
      const { rows } = database
      try {
        await authjs.getUser("nobody")
        if (change) await rows(change)
        const people = Array.from({ length: USERS }, (_, n) => [`u${n}`, `User${n}@Example.com`])
        await rows(
          `INSERT INTO "user" ("id", "email") VALUES ${people.map(() => "(?, ?)").join(", ")}`,
          ...people.flat(),
        )
        const auth = betterAuth({ ...base, database: open })
        const warned = async () => /looked for in any case/.test((await check(auth.options)).text)
        assert.equal(await warned(), !change)
        const shown = await migrate(auth.options)
        assert.equal(
          shown.some((statement) => /lower/.test(statement)),
          !change,
          shown.join("\n"),
        )
        assert.deepEqual(await migrate(auth.options), [])
        assert.equal(await warned(), false)

        const { internalAdapter } = await auth.$context
        // What the server is asked, as it tells itself.
        await rows("SET GLOBAL log_output = 'TABLE'")
        await rows("SET GLOBAL general_log = 1")
        try {
          assert.equal((await internalAdapter.findUserByEmail("user1234@example.com")).user.id, "u1234")
          assert.equal(await internalAdapter.findUserByEmail("user1234@example.net"), null)
          // Collations that ignore the case ignore accents, too: those count.
          assert.equal(await internalAdapter.findUserByEmail("usér1234@example.com"), null)
        } finally {
          await rows("SET GLOBAL general_log = 0")
        }
        const logged = await rows(
          `SELECT CONVERT(argument USING utf8mb4) AS "text" FROM mysql.general_log WHERE command_type = 'Execute' ORDER BY event_time`,
        )
        const name = new URL(database.url).pathname.slice(1)
        const asked = logged.filter(({ text }) => text.includes(name) && text.includes("user1234@example.com"))
        assert.equal(asked.length, 2, JSON.stringify(asked))
        for (const [place, { text }] of asked.entries()) {
          // MySQL 9 draws a tree unless it is told otherwise; MariaDB does not know the word.
          const plans = await rows(`EXPLAIN ${lane.flavour === "mysql" ? "FORMAT=TRADITIONAL " : ""}${text}`)
          assert.equal(plans.length, 1)
          const [{ key, rows: looked }] = plans
          assert.ok((looked ?? 0) < 10, JSON.stringify(plans))
          // The first, which finds nothing, may have been answered while it was planned.
          if (place === 1) assert.equal(key, index, JSON.stringify(plans))
        }

        // Auth.js goes on as before, and sees nothing of it.
        const user = await authjs.createUser({ email: "Ada@Example.com", emailVerified: null })
        assert.deepEqual(
          Object.keys(await authjs.getUser(user.id)).filter((name) => /lower/i.test(name)),
          [],
        )
        assert.deepEqual(
          Object.keys((await rows(`SELECT * FROM "user" LIMIT 1`))[0]).filter((name) => /lower/i.test(name)),
          [],
        )
        assert.equal((await internalAdapter.findUserByEmail("ada@example.com")).user.id, user.id)
        await authjs.updateUser({ id: user.id, email: "Ada@Example.net" })
        assert.equal(await internalAdapter.findUserByEmail("ada@example.com"), null)
        assert.equal((await internalAdapter.findUserByEmail("ada@example.net")).user.id, user.id)
        if (!change) {
          await authjs.createUser({ email: "ADA@Example.net", emailVerified: null })
          await assert.rejects(internalAdapter.findUserByEmail("ada@example.net"), { code: "ERR_UNIQUE" })
        }
        await authjs.deleteUser(user.id)
      } finally {
        await open.close()
        await authjs.close()
        await database.close()
      }
    })
  }
}
