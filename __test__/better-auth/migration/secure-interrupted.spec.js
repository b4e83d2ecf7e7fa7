// `npx rust-auth-adapter better-auth secure` that is killed in the midst of the accounts, and two of them at once: each token is converted
// once, and none is lost.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { atOnce, killHalfWay } from "../../boundary/half-way.js"
import { newKey } from "../../contract/encryption.js"
import { databases } from "../../databases.js"
import { arranging, sorts } from "./securing.js"

/** So many accounts, of three tokens each. The command is killed when it has converted `KILLED` of them. */
const COUNT = 40
const KILLED = 4
const [first, second] = [newKey("first"), newKey("second")]
const isUnder = (key) => (text) => text.startsWith(`raa.enc1.${key.id}.`)

for (const lane of databases) {
  for (const [sort, how] of Object.entries(sorts)) {
    describe(`better-auth secure, killed and at once, on ${sort}: ${lane.name}`, () => {
      const arrange = arranging(lane, how)
      const said = ({ code, output, errors }) => {
        assert.deepEqual([code, errors], [0, ""])
        return JSON.parse(output)
      }
      // What plain tokens become, and then what those become under another key.
      const steps = [
        { key: first, keys: [first], options: [] },
        { key: second, keys: [second, first], options: ["--rotate"] },
      ]

      test("killed in the midst, it is brought to its end by the next run", async (t) => {
        const { database, stored, start, areRead, areUnder } = await arrange(t, COUNT)
        for (const { key, keys, options } of steps) {
          const converted = async () => (await stored()).filter(isUnder(key))
          const count = async () => (await converted()).length
          const view = { name: lane.name, rows: database.rows }
          await killHalfWay(start(keys, ...options, "--batch-size", "1"), view, count, KILLED * 3)
          const begun = await converted()
          assert.ok(begun.length >= KILLED * 3 && begun.length < COUNT * 3, `${begun.length} tokens`)
          await areRead({ keys })
          const rest = said(await start(keys, ...options, "--json").ended)
          assert.deepEqual(rest, { accountTokens: COUNT * 3 - begun.length, unreadable: 0 })
          const ended = new Set(await stored())
          assert.equal(ended.size, COUNT * 3)
          for (const text of begun) assert.ok(ended.has(text), "converted twice")
          await areUnder(key)
        }
      })

      test("two that come to the first row at once convert each token once", async (t) => {
        const { database, start, areUnder } = await arrange(t, COUNT)
        const command = () => start([first], "--batch-size", "3", "--json")
        const ends = await atOnce({ name: lane.name, rows: database.rows }, ["account"], [command, command])
        const [one, other] = ends.map(said)
        assert.deepEqual([one.accountTokens + other.accountTokens, one.unreadable + other.unreadable], [COUNT * 3, 0])
        await areUnder(first)
      })
    })
  }
}
