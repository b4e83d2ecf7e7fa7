// What the commands show on a terminal: a mark and a colour, unless the reader wants none. Nothing of it in JSON, nor where another
// program reads.
import assert from "node:assert/strict"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newKey } from "../contract/encryption.js"
import { newAccount, newUser } from "../contract/rows.js"
import { cli, cliOnTerminal } from "./cli.js"

const timeout = 60_000
const [DONE, FAILED, ESCAPE] = ["\x1b[32m✓\x1b[0m ", "\x1b[31m✗\x1b[0m ", "\x1b"]
const PARTLY = "\x1b[33m!\x1b[0m "
/** What takes the line away that was last. */
const WIPED = "\r\x1b[2K"
const [WELL, END] = ["\x1b[32m✓ ", "\x1b[0m"]

describe("the command line on a terminal", () => {
  let folder, url, nowhere
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "terminal-"))
    url = `file:${join(folder, "a.db")}`
    nowhere = `file:${join(folder, "nowhere.db")}`
  })

  test("marks what is done, what is well and what has failed", { timeout }, async () => {
    const made = await cliOnTerminal(["migrate", url])
    assert.equal(made.code, 0)
    assert.ok(made.shown.startsWith(`${DONE}applied 0001_auth, which made account, `), made.shown)
    const again = await cliOnTerminal(["migrate", url])
    assert.deepEqual(again, { code: 0, shown: `${DONE}the schema is up to date: nothing was to be done\n` })
    const checked = await cliOnTerminal(["check", url])
    assert.equal(checked.code, 0)
    assert.ok(checked.shown.includes(`\n${WELL}no warnings${END}\n`), checked.shown)
    const pruned = await cliOnTerminal(["prune", url])
    assert.deepEqual(pruned, { code: 0, shown: `${DONE}deleted 0 sessions and 0 verification tokens\n` })
    const failed = await cliOnTerminal(["check", nowhere])
    assert.equal(failed.code, 2)
    assert.ok(failed.shown.startsWith(`${FAILED}ERR_CONNECT: the database file could not be opened`), failed.shown)
  })

  const commands = () => [
    ["migrate", url],
    ["check", url],
    ["prune", url],
    ["secure", url],
    ["check", nowhere],
    ["key"],
    ["generate", "sqlite"],
  ]

  test("none of it with NO_COLOR, nor on a terminal that shows none", { timeout }, async () => {
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }])
      for (const command of commands()) {
        const { shown } = await cliOnTerminal(command, env)
        assert.ok(shown.length > 0 && !/[✓✗]/.test(shown) && !shown.includes(ESCAPE), `${command}: ${shown}`)
      }
  })

  test("none of it in JSON", { timeout }, async () => {
    for (const command of commands()) {
      const { shown } = await cliOnTerminal([...command, "--json"])
      assert.ok(JSON.parse(shown) && !/[✓✗]/.test(shown) && !shown.includes(ESCAPE), `${command}: ${shown}`)
    }
  })

  test("none of it where another program reads", { timeout }, async () => {
    for (const command of commands()) {
      const { stdout, stderr } = await cli(command)
      const said = stdout + stderr
      assert.ok(said.length > 0 && !/[✓✗]/.test(said) && !said.includes(ESCAPE), `${command}: ${said}`)
    }
  })

  test("a bar shows how many rows of accounts `secure` has looked at, and is gone before the result", {
    timeout,
  }, async () => {
    const accounts = `file:${join(folder, "accounts.db")}`
    const [{ id, key }, other] = [newKey("first"), newKey("gone")]
    const env = { RUST_AUTH_ADAPTER_KEYS: `${id}:${key}` }
    for (const [count, encryption] of [[40], [2, { keys: [other] }]]) {
      const adapter = RustAdapter(accounts, { migrate: true, encryption })
      const user = await adapter.createUser(newUser())
      for (let made = 0; made < count; made++) await adapter.linkAccount(newAccount(user.id))
      await adapter.close()
    }
    const command = ["secure", accounts, "--rotate", "--batch-size", "1"]
    const unread = "no key can read 6 account tokens, which stay as they are\n"
    for (const secured of [120, 0]) {
      const { code, shown } = await cliOnTerminal(command, env)
      assert.equal(code, 0, shown)
      const places = [...shown.matchAll(/(\d+) of 42 rows/g)].map(([, place]) => Number(place))
      assert.ok(places.length > 0 && places.every((place) => place <= 42), shown)
      assert.deepEqual(
        places,
        places.toSorted((one, next) => one - next),
      )
      const result = `${PARTLY}secured ${secured} account tokens; ${unread}`
      assert.ok(shown.endsWith(result), shown)
      const before = shown.slice(0, -result.length)
      assert.ok(before.endsWith(WIPED), JSON.stringify(before.slice(-20)))
    }
    const { shown: plain } = await cliOnTerminal([...command, "--json"], env)
    assert.ok(plain.endsWith(`${JSON.stringify({ accountTokens: 0, unreadable: 6 })}\n`), plain)
    const { stdout, stderr } = await cli(command, env)
    assert.deepEqual([stdout, stderr], [`secured 0 account tokens; ${unread}`, ""])
  })
})
