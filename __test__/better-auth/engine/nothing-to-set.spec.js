// An update that sets nothing answers the row as it is, and how many there are.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

onEveryDatabase("updates of nothing", { options: { plugins: [things] } }, (stage) => {
  const where = (value) => [{ field: "label", value }]

  for (const [what, update] of [
    ["no field", {}],
    ["undefined", { count: undefined }],
  ])
    test(`${what}`, { timeout: 30_000 }, async () => {
      const label = `${what} of one`
      const made = await stage.adapter.create({ model: "thing", data: { label } })
      assert.deepEqual(await stage.adapter.update({ model: "thing", where: where(label), update }), made)
      assert.equal(await stage.adapter.update({ model: "thing", where: where("none"), update }), null)
      await stage.adapter.create({ model: "thing", data: { label } })
      assert.equal(await stage.adapter.updateMany({ model: "thing", where: where(label), update }), 2)
      assert.equal(await stage.adapter.updateMany({ model: "thing", where: where("none"), update }), 0)
    })
})
