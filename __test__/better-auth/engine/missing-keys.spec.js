// Tables without a unique key where Better Auth's schema has one: no two rows get one value, by whichever call it comes.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { isolated } from "../../boundary/isolated.js"
import { databases } from "../../databases.js"
import { onEveryDatabase, quickPasswords } from "../stage.js"

const options = {
  emailAndPassword: { enabled: true, password: quickPasswords },
  user: { changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
}
const timeout = 60_000

/** The table again, without its keys and what refers to it. */
async function dropKeys({ lane, database: { rows } }) {
  if (lane.name === "postgres") {
    const keys = await rows(`SELECT conname AS "name", conrelid::regclass::text AS "table" FROM pg_constraint
      WHERE conrelid = '"user"'::regclass AND contype = 'u'`)
    assert.equal(keys.length, 1)
    for (const { name, table } of keys) await rows(`ALTER TABLE ${table} DROP CONSTRAINT "${name}"`)
    return
  }
  if (lane.name === "mysql") {
    const keys = await rows(`SELECT DISTINCT index_name AS "name" FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'user' AND non_unique = 0 AND index_name <> 'PRIMARY'`)
    assert.equal(keys.length, 1)
    for (const { name } of keys) await rows(`ALTER TABLE "user" DROP INDEX "${name}"`)
    return
  }
  const [{ sql }] = await rows(`SELECT sql FROM sqlite_master WHERE name = 'user'`)
  await rows(`DROP TABLE "user"`)
  await rows(sql.replace(/ unique/gi, ""))
}

const emailOf = (i, round) => `user-${i}-${round}@example.com`

for (const [title, lanes] of [
  ["missing unique keys", databases],
  ...(await isolated()).map(({ title, ...lane }) => [`missing unique keys, ${title}`, [lane]]),
]) {
  onEveryDatabase(title, { options, lanes, adapterOptions: lanes[0]?.options }, (stage) => {
    before(() => dropKeys(stage))
    const make = (email) => stage.adapter.create({ model: "user", data: { name: "N", email, emailVerified: false } })
    const update = (id, email) =>
      stage.adapter.update({ model: "user", where: [{ field: "id", value: id }], update: { email } })
    const has = (email) => stage.adapter.count({ model: "user", where: [{ field: "email", value: email }] })
    const taken = ({ code, message }) => code === "ERR_UNIQUE" && /unique constraint/.test(message)

    test("create and update with an address that another has are ERR_UNIQUE, and change nothing", async () => {
      const [one, other] = [await make("a@example.com"), await make("b@example.com")]
      await assert.rejects(make("b@example.com"), taken)
      await assert.rejects(update(one.id, "b@example.com"), taken)
      const by = { model: "user", where: [{ field: "id", value: one.id }] }
      await assert.rejects(stage.adapter.updateMany({ ...by, update: { email: "b@example.com" } }), taken)
      assert.deepEqual(await stage.adapter.findOne(by), one)
      assert.equal((await update(other.id, "b@example.com")).email, "b@example.com")
      assert.equal((await update(other.id, "c@example.com")).email, "c@example.com")
      assert.equal((await update(one.id, "b@example.com")).email, "b@example.com")
      assert.equal(await update("not-there", "b@example.com"), null)
      assert.equal(await stage.count("user"), 2)
    })

    test("updateMany of several users to one address is ERR_UNIQUE", async () => {
      await make("a@example.com")
      await make("b@example.com")
      const where = [{ field: "name", value: "N" }]
      await assert.rejects(
        stage.adapter.updateMany({ model: "user", where, update: { email: "c@example.com" } }),
        taken,
      )
      assert.equal(await has("c@example.com"), 0)
    })

    test("a transaction goes on after a create that was refused, and after a lock", async () => {
      await make("a@example.com")
      await stage.adapter.transaction(async (tx) => {
        const data = { name: "N", emailVerified: false }
        await assert.rejects(tx.create({ model: "user", data: { ...data, email: "a@example.com" } }), taken)
        await tx.create({ model: "user", data: { ...data, email: "b@example.com" } })
      })
      await assert.rejects(make("b@example.com"), taken)
      assert.equal(await stage.count("user"), 2)
    })

    test("of 20 updates and creates of one address, one has it", { timeout }, async () => {
      for (let round = 0; round < 5; round++) {
        const others = await Promise.all(Array.from({ length: 14 }, (_, i) => make(emailOf(i, round))))
        const email = `one-${round}@example.com`
        const made = await Promise.allSettled([
          ...others.map(({ id }) => update(id, email)),
          ...Array.from({ length: 3 }, () => make(email)),
          ...Array.from({ length: 3 }, () =>
            stage.adapter.transaction((tx) =>
              tx.create({ model: "user", data: { name: "N", emailVerified: false, email } }),
            ),
          ),
        ])
        const refused = made.filter(({ status }) => status === "rejected")
        for (const { reason } of refused) assert.ok(taken(reason), reason.stack)
        assert.equal(refused.length, 19)
        assert.equal(await has(email), 1)
      }
    })

    test("of two sign-ups at once, one has the address", { timeout }, async () => {
      const auth = stage.auth()
      for (let round = 0; round < 5; round++) {
        const body = { email: `twin-${round}@example.com`, password: "correct horse", name: "Ada" }
        const made = await Promise.allSettled(Array.from({ length: 4 }, () => auth.api.signUpEmail({ body })))
        assert.equal(made.filter(({ status }) => status === "fulfilled").length, 1)
        assert.equal(await has(body.email), 1)
      }
    })
  })
}
