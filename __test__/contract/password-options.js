// The option passwords: peppers, parameters and the queue.
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { eventually } from "../boundary/program.js"
import { failure } from "./failure.js"
import { newEmail, password } from "./password-place.js"

export function passwordOptions(database) {
  let created
  before(async () => {
    created = await database.create()
    const adapter = RustAdapter(created.url, { migrate: true, ...database.options })
    await adapter.getUser("nobody")
    await adapter.close()
  })
  after(() => created?.close())
  const open = (t, passwords) => {
    const adapter = RustAdapter(created.url, { ...database.options, passwords })
    t.after(() => adapter.close())
    return adapter
  }

  test("a pepper goes into the hash, and another one takes its place", async (t) => {
    const [first, second] = ["the first pepper of ours", "the second pepper of ours"]
    const email = newEmail()
    const user = await open(t, { pepper: first }).passwords.register({ email, password })
    const stored = async () =>
      (await created.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id))[0].hash
    const before = await stored()
    assert.match(before, /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=[A-Za-z0-9+/]{8}\$/)
    assert.deepEqual(await open(t, { pepper: first }).passwords.verify({ email, password }), user)
    const warnings = []
    const hear = (warning) => warnings.push(warning.code)
    process.on("warning", hear)
    t.after(() => process.off("warning", hear))
    assert.equal(await open(t, { pepper: second }).passwords.verify({ email, password }), null)
    assert.equal(await open(t, {}).passwords.verify({ email, password }), null)
    await eventually("two warnings", () => warnings.length >= 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(warnings, ["RUST_ADAPTER_UNKNOWN_PEPPER", "RUST_ADAPTER_UNKNOWN_PEPPER"])
    assert.equal(await stored(), before)
    assert.deepEqual(
      await open(t, { pepper: { current: second, older: first } }).passwords.verify({ email, password }),
      user,
    )
    assert.notEqual(await stored(), before)
    assert.deepEqual(await open(t, { pepper: second }).passwords.verify({ email, password }), user)
    assert.equal(await open(t, { pepper: first }).passwords.verify({ email, password }), null)
  })

  test("parameters are raised, and hashes follow", async (t) => {
    const email = newEmail()
    const user = await open(t).passwords.register({ email, password })
    const raised = open(t, { memoryKiB: 32_768, iterations: 3 })
    assert.deepEqual(await raised.passwords.verify({ email, password }), user)
    const [{ hash }] = await created.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id)
    assert.match(hash, /^\$argon2id\$v=19\$m=32768,t=3,p=1\$/)
    assert.deepEqual(await open(t).passwords.verify({ email, password }), user)
  })

  test("a full queue is ERR_BUSY, and those in it are answered", async (t) => {
    const { passwords } = open(t, { queue: 2 })
    const email = newEmail()
    const user = await passwords.register({ email, password })
    const tries = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.verify({ email, password })))
    const refused = tries.filter(({ status }) => status === "rejected")
    for (const { reason } of refused) failure("ERR_BUSY", { method: "passwords.verify" })(reason)
    assert.ok(refused.length > 0 && refused.length < 40, `${refused.length} refused`)
    for (const { value } of tries) if (value !== undefined) assert.deepEqual(value, user)
  })
}
