// `npx rust-auth-adapter better-auth secure --config <file>`: tokens of accounts become encrypted by the first key of the configuration.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { dumped } from "../../contract/dump.js"
import { newKey } from "../../contract/encryption.js"
import { databases } from "../../databases.js"
import { arranging, sorts, TOKENS } from "./securing.js"

const [first, second] = [newKey("first"), newKey("second")]

for (const lane of databases) {
  for (const [sort, { more, names, make }] of Object.entries(sorts)) {
    describe(`better-auth secure on ${sort}: ${lane.name}`, () => {
      const arrange = arranging(lane, { more, names, make })
      const done = (output) => ({ code: 0, output: `${output}\n`, errors: "" })

      test("encrypts what is plain, then under another key, then has nothing to do", async (t) => {
        const { database, accounts, secure, areUnder } = await arrange(t, 5)
        assert.deepEqual(await secure([first], "--batch-size", "2"), done("secured 15 account tokens"))
        await areUnder(first)
        const dump = await dumped(lane, database)
        for (const account of accounts)
          for (const field of Object.keys(TOKENS)) assert.ok(!dump.includes(account[field]))
        assert.deepEqual(await secure([second, first]), done("secured 0 account tokens"))
        assert.deepEqual(
          await secure([second, first], "--rotate", "--batch-size", "1"),
          done("secured 15 account tokens"),
        )
        await areUnder(second)
        const { output } = await secure([second], "--rotate", "--json")
        assert.deepEqual(JSON.parse(output), { accountTokens: 0, unreadable: 0 })
      })

      test("encrypts what is plain also where the configuration refuses to read it", async (t) => {
        const { secure, areUnder } = await arrange(t, 2)
        assert.deepEqual(await secure({ keys: [first], plain: "refused" }), done("secured 6 account tokens"))
        await areUnder(first)
      })

      test("--renamed has the tokens of a provider that was renamed read again", async (t) => {
        const { database, secure, areUnder } = await arrange(t, 2, { keys: [first] })
        const column = more.tables ? "provider" : "providerId"
        await database.rows(`UPDATE "account" SET "${column}" = 'github-enterprise'`)
        const { output } = await secure([first], "--rotate")
        assert.equal(output, "secured 0 account tokens\n")
        assert.deepEqual(
          await secure([first], "--renamed", "github=github-enterprise"),
          done("secured 6 account tokens"),
        )
        await areUnder(first)
      })

      // Of Auth.js's name of the provider where the tables are Auth.js's, and of Better Auth's own elsewhere.
      test("a provider that both have names for is encrypted for the stored one", async (t) => {
        const { database, secure, areUnder } = await arrange(t, 2)
        const [column, name] = more.tables ? ["provider", "microsoft-entra-id"] : ["providerId", "microsoft"]
        await database.rows(`UPDATE "account" SET "${column}" = '${name}'`)
        assert.deepEqual(await secure([first]), done("secured 6 account tokens"))
        await areUnder(first)
        assert.deepEqual(await secure([second, first], "--rotate"), done("secured 6 account tokens"))
        await areUnder(second)
        await database.rows(`UPDATE "account" SET "${column}" = 'entra'`)
        assert.deepEqual(await secure([second], "--renamed", `${name}=entra`), done("secured 6 account tokens"))
        await areUnder(second)
        if (!more.tables) return
        await database.rows(`UPDATE "account" SET "${column}" = '${name}'`)
        assert.deepEqual(await secure([second], "--renamed", `entra=${name}`), done("secured 6 account tokens"))
        const authjs = RustAdapter(database.url, { encryption: { keys: [second], plain: "refused" } })
        t.after(() => authjs.close())
        const [{ id }] = await database.rows(`SELECT "providerAccountId" AS "id" FROM "account"`)
        assert.equal(typeof (await authjs.getAccount(id, name)).access_token, "string")
      })

      test("on a terminal there is a bar, and the result remains", async (t) => {
        const { secure, application } = await arrange(t, 3)
        await secure([first])
        const command = ["better-auth", "secure", "--config", "auth.mjs", "--batch-size", "1"]
        const { shown } = await application.onTerminal(command)
        assert.match(shown, /of 3 rows/)
        assert.match(shown, /secured 0 account tokens\n$/)
      })

      test("what cannot be meant is refused, and changes nothing", async (t) => {
        const { secure, stored } = await arrange(t, 1)
        const before = await stored()
        for (const wrong of [
          ["--renamed", "a"],
          ["--renamed", "a=a"],
          ["--batch-size", "0"],
          ["--batch-size", "10001"],
          ["--dry-run"],
        ]) {
          const { code, errors } = await secure([first], ...wrong)
          assert.equal(code, 2, wrong.join(" "))
          assert.match(errors, /^Usage: /)
        }
        const { code, errors } = await secure()
        assert.equal(code, 1)
        assert.match(errors, /^ERR_CONFIG: the option encryption has to hold the keys/)
        assert.deepEqual(await stored(), before)
      })
    })
  }
}
