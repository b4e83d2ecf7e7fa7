// What a write returns is what it wrote, while others write the same row; and at any isolation level that the
// server would choose, none is refused.
import assert from "node:assert/strict"
import { test } from "node:test"
import { isolated } from "../../boundary/isolated.js"
import { databases } from "../../databases.js"
import { onEveryDatabase, quickPasswords, things } from "../stage.js"

const callers = 12

const options = { plugins: [things], emailAndPassword: { enabled: true, password: quickPasswords } }

const otherLevels = (await isolated()).map(({ title, ...lane }) => [title, lane])
for (const [title, lanes] of [
  ["writes at once", databases],
  ...otherLevels.map(([title, lane]) => [`writes at once, ${title}`, [lane]]),
]) {
  onEveryDatabase(title, { options, lanes, adapterOptions: lanes[0].options }, (stage) => {
    const race = async (call, rounds = 10) => {
      for (let round = 0; round < rounds; round++) {
        await Promise.all(Array.from({ length: callers }, (_, i) => call(round * callers + i)))
      }
    }
    const where = (value) => [{ field: "id", value }]

    test("update returns its own values", async () => {
      const { id } = await stage.adapter.create({ model: "thing", data: { label: "a" } })
      await race(async (i) => {
        const update = {
          label: `label ${i}`,
          note: i % 3 ? `note ${i}` : `note ${i} `,
          count: i,
          flag: i % 2 === 0,
          at: new Date(Date.UTC(2030, 0, 1) + i * 1000),
          data: { i, x: [i] },
        }
        const updated = await stage.adapter.update({ model: "thing", where: where(id), update })
        assert.deepEqual({ ...updated, ...update }, updated)
      })
    })

    test("update of plain columns returns its own values", async () => {
      const { id } = await stage.adapter.create({ model: "thing", data: { label: "a" } })
      await race(async (i) => {
        const update = { label: `label ${i}`, count: i, at: new Date(Date.UTC(2030, 0, 1) + i * 1000 + 1) }
        const updated = await stage.adapter.update({ model: "thing", where: where(id), update })
        assert.deepEqual({ ...updated, ...update }, updated)
      })
    })

    test("create returns its own values, though others change them at once", async () => {
      for (let round = 0; round < 10; round++) {
        const id = `thing-${round}`
        let made = false
        const change = async () => {
          while (!made) await stage.adapter.update({ model: "thing", where: where(id), update: { label: "changed" } })
        }
        const create = async () => {
          const created = await stage.adapter
            .create({ model: "thing", data: { id, label: "made" }, forceAllowId: true })
            .finally(() => (made = true))
          assert.equal(created.label, "made")
        }
        await Promise.all([change(), create(), change()])
      }
    })

    test("updates of one user, and of the sessions, are never refused", async () => {
      const auth = stage.auth()
      const { token } = await auth.api.signUpEmail({
        body: { email: "ada@example.com", password: "correct horse", name: "Ada" },
      })
      const { internalAdapter } = await auth.$context
      const { user, session } = await internalAdapter.findSession(token)
      await race(async (i) => {
        if (i % 3 === 0) return internalAdapter.updateSession(session.token, { userAgent: `agent ${i}` })
        const updated = await internalAdapter.updateUser(user.id, { name: `name ${i}` })
        assert.equal(updated.name, `name ${i}`)
      }, 4)
    })
  })
}
