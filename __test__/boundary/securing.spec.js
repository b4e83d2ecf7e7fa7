// `npx rust-auth-adapter secure`: secrets that are stored as they are get the form that keeps them.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { hashOf, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { cli, cliOnTerminal } from "./cli.js"

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

    test("on a terminal there is a bar, and the result remains", { timeout }, async (t) => {
      const { url } = await arrange(t, 4)
      const { shown } = await cliOnTerminal(["secure", url, "--batch-size", "1"])
      assert.match(shown, /of 5 rows/)
      assert.match(shown, /secured 4 session tokens\n$/)
    })
  })
}
