// What the commands show on a terminal: a mark and a colour, unless the reader wants none. Nothing of it in JSON, nor where another
// program reads.
import assert from "node:assert/strict"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { before, describe, test } from "node:test"
import { cli, cliOnTerminal } from "./cli.js"

const timeout = 60_000
const [DONE, FAILED, ESCAPE] = ["\x1b[32m✓\x1b[0m ", "\x1b[31m✗\x1b[0m ", "\x1b"]
const [WELL, END] = ["\x1b[32m✓ ", "\x1b[0m"]

describe("the command line on a terminal", () => {
  let url, nowhere
  before(() => {
    const folder = mkdtempSync(join(tmpdir(), "terminal-"))
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
})
