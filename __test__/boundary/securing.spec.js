// `npx rust-auth-adapter secure`: secrets that are stored as they are get the form that keeps them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newKey } from "../contract/encryption.js"
import { recreate } from "../contract/recreate.js"
import { hashOf, newAccount, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { cli, cliOnTerminal } from "./cli.js"
import { collations, unkeyed } from "./collations.js"

const timeout = 60_000

for (const database of databases) {
  describe(`the command secure on ${database.name}`, () => {
    /** So many sessions whose tokens are stored as they are, and one that is hashed if `hashed`. Answers the tokens. */
    const arrange = async (t, count, hashed = true) => {
      const lane = await database.create()
      t.after(lane.close)
      const adapter = RustAdapter(lane.url, { migrate: true })
      t.after(() => adapter.close())
      const user = await adapter.createUser(newUser())
      const tokens = []
      for (let index = 0; index < count; index++) {
        const { sessionToken } = await adapter.createSession(newSession(user.id))
        tokens.push(sessionToken)
      }
      const stored = async () => (await lane.stored("session")).map(({ sessionToken }) => sessionToken).sort()
      if (hashed) {
        const { sessionToken } = await adapter.createSession(newSession(user.id))
        tokens.push(sessionToken)
        const quoted = (text) => `'${text}'`
        await lane.rows(
          `UPDATE "session" SET "sessionToken" = ${quoted(hashOf(sessionToken))} WHERE "sessionToken" = ${quoted(sessionToken)}`,
        )
      }
      return { ...lane, adapter, user, tokens, stored }
    }

    test("hashes the tokens, says how many, and has nothing more to do", { timeout }, async (t) => {
      const { url, tokens, stored } = await arrange(t, 7)
      assert.deepEqual(await cli(["secure", url, "--batch-size", "2"]), {
        code: 0,
        stdout: "secured 7 session tokens\n",
        stderr: "",
      })
      assert.deepEqual(await stored(), tokens.map(hashOf).sort())
      assert.deepEqual(await cli(["secure"], { DATABASE_URL: url }), {
        code: 0,
        stdout: "secured 0 session tokens\n",
        stderr: "",
      })
      assert.deepEqual(await stored(), tokens.map(hashOf).sort())
    })

    test("--json", { timeout }, async (t) => {
      const { url } = await arrange(t, 1)
      const { code, stdout, stderr } = await cli(["secure", url, "--json"])
      assert.deepEqual([code, JSON.parse(stdout), stderr], [0, { sessionTokens: 1 }, ""])
    })

    test("where no adapter has hashed a token yet, it changes nothing: code 1", { timeout }, async (t) => {
      const { url, tokens, stored } = await arrange(t, 2, false)
      const { code, stdout, stderr } = await cli(["secure", url])
      assert.deepEqual([code, stdout], [1, ""])
      assert.match(stderr, /^ERR_CONFIG: no session token is hashed yet/)
      assert.deepEqual(await stored(), tokens.sort())
    })

    test("without a session there is nothing to do", { timeout }, async (t) => {
      const { url } = await arrange(t, 0, false)
      assert.deepEqual(await cli(["secure", url]), { code: 0, stdout: "secured 0 session tokens\n", stderr: "" })
    })

    test("what was begun is brought to its end by the next run", { timeout }, async (t) => {
      const { url, tokens, stored, rows } = await arrange(t, 5)
      const [begun] = tokens
      await rows(`UPDATE "session" SET "sessionToken" = '${hashOf(begun)}' WHERE "sessionToken" = '${begun}'`)
      assert.equal((await cli(["secure", url, "--batch-size", "1"])).stdout, "secured 4 session tokens\n")
      assert.deepEqual(await stored(), tokens.map(hashOf).sort())
    })

    test("with keys, a column without room keeps no accounts from it, as long as nothing is hashed", {
      timeout,
    }, async (t) => {
      const { url, rows, adapter, user, tokens, stored } = await arrange(t, 1, false)
      if (database.name === "postgres") await rows(`ALTER TABLE "session" ALTER "sessionToken" TYPE varchar(48)`)
      if (database.name === "mysql") await rows(`ALTER TABLE "session" MODIFY "sessionToken" varchar(48) NOT NULL`)
      if (database.name === "sqlite") {
        await rows(`DELETE FROM "session"`)
        await recreate(rows, "session", [/"sessionToken" text/, `"sessionToken"`])
        await rows(
          `INSERT INTO "session" ("sessionToken", "userId", "expires") VALUES ('${tokens[0]}', '${user.id}', 1900000000000)`,
        )
      }
      await adapter.linkAccount(newAccount(user.id))
      const { id, key } = newKey("first")
      assert.deepEqual(await cli(["secure", url], { RUST_AUTH_ADAPTER_KEYS: `${id}:${key}` }), {
        code: 0,
        stdout: "secured 3 account tokens\n",
        stderr: "",
      })
      assert.deepEqual(await stored(), tokens)
      assert.match((await cli(["secure", url])).stderr, /^ERR_CONFIG: no session token is hashed yet/)
    })

    // Collations whose order is not that of the bytes, and in which tokens of one case or another may be equal.
    for (const [name, alter] of Object.entries(collations[database.name])) {
      test(`no token is passed over in the order of ${name}`, { timeout }, async (t) => {
        const { url, rows, user } = await arrange(t, 0, false)
        await unkeyed[database.name](rows, "session")
        await alter(rows, "session", "sessionToken")
        const tokens = ["b", "A", "a", "C", "B", "c", "ab", "Z", "_x", "É", "aB", "D"]
        const expires = database.name === "sqlite" ? "1900000000000" : "'2030-03-17 00:00:00'"
        for (const stored of [hashOf("hashed"), ...tokens])
          await rows(
            `INSERT INTO "session" ("sessionToken", "userId", "expires") VALUES ('${stored}', '${user.id}', ${expires})`,
          )
        assert.deepEqual(await cli(["secure", url, "--batch-size", "1"]), {
          code: 0,
          stdout: "secured 12 session tokens\n",
          stderr: "",
        })
        const all = await rows(`SELECT "sessionToken" AS "token" FROM "session"`)
        assert.deepEqual(all.map(({ token }) => token).sort(), ["hashed", ...tokens].map(hashOf).sort())
      })
    }

    test("on a terminal there is a bar, and the result remains", { timeout }, async (t) => {
      const { url } = await arrange(t, 4)
      const { shown } = await cliOnTerminal(["secure", url, "--batch-size", "1"])
      assert.match(shown, /of 5 rows/)
      assert.match(shown, /secured 4 session tokens\n$/)
    })
  })
}
