// `npx rust-auth-adapter check` on the tables that every other adapter's tools make: the whole of what it says, its remedies run, and
// what it says then. The texts are in check/, a file for each dialect. UPDATE_EXPECTED=1 writes them anew: read the diff line by line, and
// judge whether each is true of these tables, and of use to whom they belong.
import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { after, describe, test } from "node:test"
import { cli } from "../boundary/cli.js"
import { databases } from "../databases.js"
import { allPeers } from "./all-peers.js"

const timeout = 60_000
const scripts = new URL("scripts/", import.meta.url)
const update = process.env.UPDATE_EXPECTED

/** What no peer here makes: the tables of the published adapters' own tests, and documented ones with their keys and indexes. */
const written = readdirSync(scripts).map((file) => {
  const [name, lane] = file.split(".")
  return {
    name: `scripts/${name}`,
    lanes: [lane],
    async open({ rows }) {
      const script = readFileSync(new URL(file, scripts), "utf8")
      for (const statement of script.split(/;$/m).filter((text) => text.trim())) await rows(statement)
      return { close() {} }
    },
  }
})
const layouts = [...(await allPeers()), ...written]

/** What is said of the tables. What is said of the server (boundary/check.spec.js) varies. */
const ofTables = (text) => text.slice(text.indexOf("\nuser: found") + 1).replace(/^SQLite [\d.]+, /m, "SQLite, ")

/** The sections of an expected file, by their titles. */
function sections(file) {
  const texts = existsSync(file) ? readFileSync(file, "utf8").split(/^=== /m).slice(1) : []
  return new Map(texts.map((text) => [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n") + 1).trimEnd()]))
}

for (const lane of databases) {
  const file = new URL(`check/${lane.dialect}.txt`, import.meta.url)
  const expected = sections(file)
  const titles = []

  describe(`check on ${lane.dialect}`, () => {
    for (const layout of layouts.filter(({ lanes }) => lanes.includes(lane.name))) {
      titles.push(layout.name)
      test(layout.name, { timeout }, async () => {
        const database = await lane.create()
        try {
          await (await layout.open(database)).close()
          const check = (...more) => cli(["check", database.url, ...more], { TZ: "UTC" })
          const first = await check()
          assert.equal(first.stderr, "")
          const { warnings, recommendations } = JSON.parse((await check("--json")).stdout)
          const remedies = [...warnings, ...recommendations].flatMap(({ remedy }) => remedy ?? [])
          const said = [`${ofTables(first.stdout)}code ${first.code}`]
          for (const remedy of remedies) await database.rows(remedy)
          if (remedies.length) {
            const then = await check()
            assert.equal(then.stderr, "")
            said.push(
              "--- after its remedies",
              then.stdout.slice(then.stdout.search(/^(no|\d+) warning/m)) + `code ${then.code}`,
            )
          }
          if (update) expected.set(layout.name, said.join("\n"))
          assert.equal(said.join("\n"), expected.get(layout.name))
        } finally {
          await database.close()
        }
      })
    }
    test("each expected text is of a layout that is there", () => assert.deepEqual([...expected.keys()], titles))
    if (update)
      after(() => writeFileSync(file, titles.map((title) => `=== ${title}\n${expected.get(title)}\n`).join("\n")))
  })
}
