// `npx rust-auth-adapter better-auth secure` that is killed in the midst of the accounts, and then two of them at once: each token is
// converted once, and none is lost. What else there is to convert: boundary/securing-interrupted.spec.js.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { atOnce, killHalfWay } from "../../boundary/half-way.js"
import { newKey } from "../../contract/encryption.js"
import { databases } from "../../databases.js"
import { arranging, sorts } from "./securing.js"

/** So many accounts, of three tokens each. The command is killed when it has converted `KILLED` of them. */
const COUNT = 40
const KILLED = 4
const key = newKey("first")
const isEncrypted = (text) => text.startsWith("raa.enc1.first.")

for (const lane of databases) {
  for (const [sort, how] of Object.entries(sorts)) {
    describe(`better-auth secure, killed and at once, on ${sort}: ${lane.name}`, () => {
      const arrange = arranging(lane, how)
      const said = ({ code, output, errors }) => {
        assert.deepEqual([code, errors], [0, ""])
        return JSON.parse(output)
      }
      test("killed in the midst, it is brought to its end by two that come to the first row at once", async (t) => {
        const { database, stored, start, areRead, areUnder } = await arrange(t, COUNT)
        const view = { name: lane.name, rows: database.rows }
        const converted = async () => (await stored()).filter(isEncrypted)
        const count = async () => (await converted()).length
        await killHalfWay(start([key], "--batch-size", "1"), view, count, KILLED * 3)
        const begun = await converted()
        assert.ok(begun.length >= KILLED * 3 && begun.length < COUNT * 3, `${begun.length} tokens`)
        await areRead({ keys: [key] })
        const command = () => start([key], "--batch-size", "2", "--json")
        const [one, other] = (await atOnce(view, ["account"], [command, command])).map(said)
        const sum = [one.accountTokens + other.accountTokens, one.unreadable + other.unreadable]
        assert.deepEqual(sum, [COUNT * 3 - begun.length, 0])
        const ended = new Set(await stored())
        assert.equal(ended.size, COUNT * 3)
        for (const text of begun) assert.ok(ended.has(text), "converted twice")
        await areUnder(key)
      })
    })
  }
}
