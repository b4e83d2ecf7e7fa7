// `npx rust-auth-adapter secure` with keys: tokens of accounts become encrypted by the first key, while the application runs.
import assert from "node:assert/strict"
import { writeFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { accountTokens } from "../../tokens.js"
import { dumped } from "../contract/dump.js"
import { newKey } from "../contract/encryption.js"
import { newAccount, newUser, noTokens } from "../contract/rows.js"
import { databases } from "../databases.js"
import { cli } from "./cli.js"
import { collations, unkeyed } from "./collations.js"

const timeout = 60_000
const TOKENS = ["access_token", "refresh_token", "id_token"]
const [first, second] = [newKey("first"), newKey("second")]
const keysOf = (...keys) => ({ RUST_AUTH_ADAPTER_KEYS: keys.map(({ id, key }) => `${id}:${key}`).join(",") })

for (const database of databases) {
  describe(`the command secure with keys on ${database.name}`, () => {
    /** So many accounts whose tokens are stored by an adapter with this option. */
    const arrange = async (t, count, encryption, given) => {
      const lane = await database.create()
      t.after(lane.close)
      const open = (encryption) => {
        const adapter = RustAdapter(lane.url, { migrate: true, encryption })
        t.after(() => adapter.close())
        return adapter
      }
      const adapter = open(encryption)
      const user = await adapter.createUser(newUser())
      const accounts = []
      for (let index = 0; index < count; index++) {
        accounts.push(await adapter.linkAccount(newAccount(user.id, { provider: `p${index % 3}`, ...given })))
      }
      const found = (account, by) => by.getAccount(account.providerAccountId, account.provider)
      const stored = async () => (await lane.stored("account")).flatMap((row) => TOKENS.map((name) => row[name]))
      /** Checks that all accounts are stored under this key, and read by it alone. */
      const areUnder = async (key, expected = accounts) => {
        for (const text of await stored()) assert.ok(text === null || text.startsWith(`raa.enc1.${key.id}.`), text)
        const reader = open({ keys: [key], plain: "refused" })
        for (const account of expected) assert.deepEqual(await found(account, reader), account)
      }
      return { ...lane, lane, open, adapter, user, accounts, stored, areUnder, found }
    }
    const done = (stdout) => ({ code: 0, stdout: `${stdout}\n`, stderr: "" })

    test("plain tokens are encrypted, and a second run has nothing to do", { timeout }, async (t) => {
      const { url, lane, accounts, adapter, user, areUnder } = await arrange(t, 7)
      accounts.push(await adapter.linkAccount(newAccount(user.id, noTokens)))
      const env = keysOf(first)
      assert.deepEqual(
        await cli(["secure", url, "--batch-size", "2"], env),
        done("secured 0 session tokens and 21 account tokens"),
      )
      await areUnder(first)
      const dump = await dumped(database, lane)
      for (const account of accounts)
        for (const name of TOKENS) assert.ok(account[name] === null || !dump.includes(account[name]))
      const { code, stdout } = await cli(["secure", url, "--json"], env)
      assert.deepEqual([code, JSON.parse(stdout)], [0, { sessionTokens: 0, accountTokens: 0, unreadable: 0 }])
    })

    test("every size of a step comes to all rows", { timeout }, async (t) => {
      const { url, areUnder } = await arrange(t, 5)
      assert.match((await cli(["secure", url, "--batch-size", "1"], keysOf(first))).stdout, / 15 account tokens/)
      await areUnder(first)
    })

    test("a line of .env that cannot be read has no keys, unless they are needed", { timeout }, async (t) => {
      const { url, lane, stored } = await arrange(t, 1)
      const folder = mkdtempSync(join(tmpdir(), "keys-"))
      t.after(() => rmSync(folder, { recursive: true }))
      writeFileSync(join(folder, ".env"), "hunter2 hunter2\n")
      const before = await stored()
      const { code, stdout, stderr } = await cli(["secure", url], {}, folder)
      assert.deepEqual([code, stdout], [0, "secured 0 session tokens\n"])
      assert.match(stderr, /no tokens of accounts are looked at.* \.env cannot be read: one of its lines/)
      for (const more of [["--rotate"], ["--renamed", "a=b"]]) {
        const refused = await cli(["secure", url, ...more], {}, folder)
        assert.match(
          refused.stderr,
          /^ERR_CONFIG: \.env cannot be read: one of its lines, and no other has RUST_AUTH_ADAPTER_KEYS/,
        )
        assert.ok(!refused.stderr.includes("hunter2"))
      }
      assert.deepEqual(await stored(), before)
      const { RUST_AUTH_ADAPTER_KEYS } = keysOf(first)
      writeFileSync(join(folder, ".env"), `hunter2 hunter2\nRUST_AUTH_ADAPTER_KEYS=${RUST_AUTH_ADAPTER_KEYS}\n`)
      assert.match((await cli(["secure", lane.url], {}, folder)).stdout, / 3 account tokens/)
    })

    test("keys are found where the URL is", { timeout }, async (t) => {
      const { url, areUnder } = await arrange(t, 1)
      const folder = mkdtempSync(join(tmpdir(), "keys-"))
      t.after(() => rmSync(folder, { recursive: true }))
      const { RUST_AUTH_ADAPTER_KEYS } = keysOf(first)
      writeFileSync(join(folder, ".env"), `DATABASE_URL="${url}"\nRUST_AUTH_ADAPTER_KEYS=${RUST_AUTH_ADAPTER_KEYS}\n`)
      assert.match((await cli(["secure"], {}, folder)).stdout, / 3 account tokens/)
      await areUnder(first)
    })

    test("--rotate encrypts under the first key what others have encrypted", { timeout }, async (t) => {
      const { url, stored, areUnder } = await arrange(t, 4, { keys: [first] })
      const before = await stored()
      const env = keysOf(second, first)
      assert.match((await cli(["secure", url], env)).stdout, / 0 account tokens/)
      assert.deepEqual(await stored(), before)
      assert.deepEqual(
        await cli(["secure", "--rotate", url, "--batch-size", "3"], env),
        done("secured 12 account tokens"),
      )
      await areUnder(second)
      assert.deepEqual(await cli(["secure", "--rotate", url], env), done("secured 0 account tokens"))
    })

    test("what no key can read stays as it is, and is counted", { timeout }, async (t) => {
      const { url, lane, accounts, stored } = await arrange(t, 3, { keys: [first] })
      await lane.rows(`UPDATE "account" SET "id_token" = 'raa.enc1.gone.AAAA'`)
      const before = await stored()
      const { stdout } = await cli(["secure", "--rotate", url, "--batch-size", "1"], keysOf(second))
      assert.equal(stdout, "secured 0 account tokens; no key can read 9 account tokens, which stay as they are\n")
      assert.deepEqual(await stored(), before)
      const { stdout: json } = await cli(["secure", "--rotate", url, "--json"], keysOf(second, first))
      assert.deepEqual(JSON.parse(json), { accountTokens: 6, unreadable: 3 })
      assert.equal(accounts.length, 3)
    })

    test("--renamed has the tokens of a provider that was renamed read again", { timeout }, async (t) => {
      const { url, lane, accounts, areUnder, open, found } = await arrange(
        t,
        3,
        { keys: [first] },
        { provider: "google" },
      )
      await lane.rows(`UPDATE "account" SET "provider" = 'google-workspace'`)
      const renamed = accounts.map((account) => ({ ...account, provider: "google-workspace" }))
      const lost = await found(renamed[0], open({ keys: [first] }))
      assert.throws(() => lost.access_token, { code: "ERR_DECRYPT" })
      const { stdout } = await cli(["secure", "--renamed", "other=google-workspace", url], keysOf(first))
      assert.match(stdout, /^secured 0 account tokens; no key can read 9 account tokens/)
      const command = ["secure", "--renamed", "google=google-workspace", url]
      assert.deepEqual(await cli(command, keysOf(first)), done("secured 9 account tokens"))
      await areUnder(first, renamed)
      assert.deepEqual(await cli(command, keysOf(first)), done("secured 0 account tokens"))
    })

    test("what the application writes meanwhile stays", { timeout }, async (t) => {
      const { url, accounts, open, found } = await arrange(t, 300)
      const application = open({ keys: [first] })
      const store = accountTokens(application)
      let ends = false
      // Each once, so that no later write makes good for one that is lost.
      const written = new Map()
      const writing = (async () => {
        for (const [place, account] of [...accounts.entries()].reverse()) {
          if (ends) return
          await store({ account: { ...account, access_token: `written ${place}`, type: "oauth" } })
          written.set(place, `written ${place}`)
        }
      })()
      const { stdout } = await cli(["secure", url, "--batch-size", "100"], keysOf(first))
      ends = true
      await writing
      assert.match(stdout, / \d+ account tokens/)
      assert.ok(written.size > 20, `${written.size} writes`)
      const strict = open({ keys: [first], plain: "refused" })
      for (const [place, account] of accounts.entries()) {
        assert.equal((await found(account, strict)).access_token, written.get(place) ?? account.access_token)
      }
    })

    test("rows whose names differ in case alone are all converted", { timeout }, async (t) => {
      const { url, adapter, user, areUnder } = await arrange(t, 0)
      const accounts = []
      for (const providerAccountId of ["ada", "ADA", "Ada", "aDa", "adA", "grace"]) {
        accounts.push(await adapter.linkAccount(newAccount(user.id, { providerAccountId })))
      }
      assert.match((await cli(["secure", url, "--batch-size", "2"], keysOf(first))).stdout, / 18 account tokens/)
      await areUnder(first, accounts)
    })

    for (const [name, alter] of Object.entries(collations[database.name])) {
      test(`no row is passed over in the order of ${name}`, { timeout }, async (t) => {
        const { url, rows, user, open, areUnder } = await arrange(t, 0)
        await unkeyed[database.name](rows, "account")
        for (const column of ["provider", "providerAccountId"]) await alter(rows, "account", column)
        const [accounts, adapter] = [[], open()]
        for (const provider of ["b", "A", "a", "C", "B", "É", "Z", "_x"]) {
          for (const providerAccountId of ["x", "X", "y"])
            accounts.push(await adapter.linkAccount(newAccount(user.id, { provider, providerAccountId })))
        }
        assert.deepEqual(
          await cli(["secure", url, "--batch-size", "1"], keysOf(first)),
          done("secured 0 session tokens and 72 account tokens"),
        )
        await areUnder(first, accounts)
      })
    }

    for (const size of ["1", "2", "3"]) {
      test(`rows with one and the same name are all converted: ${size} at a time`, { timeout }, async (t) => {
        const { url, lane, rows, user, stored } = await arrange(t, 0)
        await unkeyed[database.name](rows, "account")
        for (const [place, name] of ["a", "b", "b", "b", "b", "b", "c", "c"].entries()) {
          const { access_token, refresh_token } = newAccount(user.id)
          const values = [user.id, "oauth", "github", name, access_token, place === 6 ? null : refresh_token]
          const quoted = values.map((value) => (value === null ? "NULL" : `'${value}'`)).join(", ")
          const names = `"userId", "type", "provider", "providerAccountId", "access_token", "refresh_token"`
          await rows(`INSERT INTO "account" (${names}) VALUES (${quoted})`)
        }
        await rows(`UPDATE "account" SET "access_token" = 'raa.enc1.gone.AAAA' WHERE "providerAccountId" = 'c'`)
        const command = ["secure", "--rotate", url, "--batch-size", size, "--json"]
        const said = JSON.parse((await cli(command, keysOf(first))).stdout)
        assert.deepEqual([said.accountTokens, said.unreadable], [13, 2])
        for (const text of await stored()) assert.ok(text === null || text.startsWith("raa.enc1."), text)
        assert.equal((await lane.rows(`SELECT "userId" FROM "account"`)).length, 8)
      })
    }

    test("what cannot be a key is refused, and not shown", { timeout }, async (t) => {
      const { url, stored } = await arrange(t, 1)
      const before = await stored()
      for (const keys of [
        "a",
        "a:short",
        `a.b:${first.key}`,
        `${first.key}`,
        `a:${first.key},a:${second.key}`,
        `a:${first.key};b`,
      ]) {
        const { code, stdout, stderr } = await cli(["secure", url], { RUST_AUTH_ADAPTER_KEYS: keys })
        assert.deepEqual([code, stdout], [1, ""])
        assert.match(stderr, /^ERR_CONFIG: RUST_AUTH_ADAPTER_KEYS must be/)
        assert.ok(!stderr.includes(first.key) && !stderr.includes("short"), stderr)
      }
      for (const more of [["--rotate"], ["--renamed", "a=b"]]) {
        assert.match(
          (await cli(["secure", ...more, url])).stderr,
          /^ERR_CONFIG: RUST_AUTH_ADAPTER_KEYS has to hold the keys/,
        )
      }
      for (const renamed of ["a", "=b", "a=", "a=a"]) {
        assert.equal((await cli(["secure", "--renamed", renamed, url], keysOf(first))).code, 2)
      }
      assert.deepEqual(await stored(), before)
    })
  })
}

test("key prints a key, another one each time", async () => {
  const [one, other] = [await cli(["key"]), await cli(["key"])]
  assert.deepEqual([one.code, one.stderr, other.code], [0, "", 0])
  assert.match(one.stdout, /^[A-Za-z0-9+/]{43}=\n$/)
  assert.notEqual(one.stdout, other.stdout)
  assert.match(JSON.parse((await cli(["key", "--json"])).stdout).key, /^[A-Za-z0-9+/]{43}=$/)
  const adapter = RustAdapter("sqlite::memory:", { encryption: { keys: [{ id: "made", key: one.stdout }] } })
  const user = await adapter.createUser(newUser())
  const account = await adapter.linkAccount(newAccount(user.id))
  assert.deepEqual(await adapter.getAccount(account.providerAccountId, account.provider), account)
  await adapter.close()
})
