// A look at the tables that has failed answers the calls that waited for it, and no later ones: the tables may be there by then.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { ours } from "../adapter.js"
import { base } from "../base.js"

const { rustAdapter } = await ours()

for (const lane of databases)
  describe(`a failed look at the tables: ${lane.name}`, () => {
    test("the next call sees tables that have been made meanwhile", { timeout: 60_000 }, async (t) => {
      const own = await lane.create()
      const database = rustAdapter(own.url, { tables: "authjs" })
      const authjs = RustAdapter(own.url, { migrate: true })
      t.after(async () => {
        await Promise.all([database.close(), authjs.close()])
        await own.close()
      })
      const find = () => database(base).findOne({ model: "user", where: [{ field: "id", value: "nobody" }] })
      await assert.rejects(find(), { code: "ERR_SCHEMA" })
      const made = authjs.getUser("nobody")
      assert.equal(await made, null)
      assert.equal(await find(), null)
    })
  })
