// What is stored comes back: every type of field, to the millisecond, past 2038, NULL as null.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { databases } from "../../databases.js"
import { openAdapter, reference } from "../adapter.js"
import { base, onEveryDatabase, things } from "../stage.js"

const values = {
  label: ["", " ", "Zoë 🔑 Ångström", `'"\\;%_\n\t`, "x".repeat(20_000)],
  count: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  big: [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32],
  flag: [true, false],
  at: [
    "1970-01-01T00:00:00.001Z",
    "2038-01-19T03:14:08.000Z",
    "2099-12-31T23:59:59.999Z",
    "2024-02-29T12:00:00.120Z",
  ].map((text) => new Date(text)),
  data: [{ a: { b: [1, "2", null, true] } }, [], [1, 2], ["a", { b: 1 }], {}, { 'quo"te': "it's 🔑" }],
  words: [[], ["a"], ["with, comma", `"quoted"`, "{brace}", "", "Zoë 🔑", "NULL"]],
  numbers: [[], [1, -2, 3]],
  kind: ["small", "large"],
}
const optional = ["note", "count", "big", "flag", "at", "data", "words", "numbers", "kind"]

const define = (stage) => {
  const create = (data) => stage.adapter.create({ model: "thing", data: { label: "a", ...data } })
  const read = ({ id }) => stage.adapter.findOne({ model: "thing", where: [{ field: "id", value: id }] })

  for (const [field, each] of Object.entries(values)) {
    test(`${field} comes back from create, findOne, findMany and update as it was`, async () => {
      for (const value of each) {
        const made = await create({ [field]: value })
        assert.deepEqual(made[field], value)
        assert.deepEqual((await read(made))[field], value)
        const where = [{ field: "id", value: made.id }]
        assert.deepEqual((await stage.adapter.findMany({ model: "thing", where }))[0][field], value)
        assert.deepEqual(
          (await stage.adapter.update({ model: "thing", where, update: { note: "n", [field]: value } }))[field],
          value,
        )
      }
    })
  }

  test("nothing is null, and stays null", async () => {
    const nothing = Object.fromEntries(optional.map((field) => [field, null]))
    for (const data of [{}, nothing]) {
      const made = await create(data)
      assert.deepEqual(made, { id: made.id, label: "a", ...nothing })
      assert.deepEqual(await read(made), made)
    }
  })

  test("something becomes null", async () => {
    const made = await create(Object.fromEntries(optional.map((field) => [field, values[field]?.at(-1) ?? "n"])))
    const nothing = Object.fromEntries(optional.map((field) => [field, null]))
    const changed = await stage.adapter.update({
      model: "thing",
      where: [{ field: "id", value: made.id }],
      update: nothing,
    })
    assert.deepEqual(changed, { id: made.id, label: "a", ...nothing })
  })

  test("a key derived from a hash fits an id, and is unique", async () => {
    const data = {
      id: randomBytes(32).toString("base64url"),
      identifier: "x",
      value: "v",
      expiresAt: new Date(),
      createdAt: new Date(),
      updatedAt: new Date(),
    }
    assert.equal(data.id.length, 43)
    const again = () => stage.adapter.create({ model: "verification", data, forceAllowId: true })
    assert.equal((await again()).id, data.id)
    await assert.rejects(
      again,
      (error) =>
        /23505|ER_DUP_ENTRY|1062|SQLITE_CONSTRAINT|2067|1555/.test(`${error.code} ${error.errno}`) ||
        /unique(?: key)? constraint|duplicate (?:entry|key)/i.test(error.message),
    )
    assert.equal(await stage.count("verification"), 1)
  })

  test("a reserved verification value is reserved once", async () => {
    const { internalAdapter } = await stage.auth().$context
    const reserve = () =>
      internalAdapter.reserveVerificationValue({
        identifier: "r",
        value: "v",
        expiresAt: new Date(Date.now() + 60_000),
      })
    const reserved = await Promise.all(Array.from({ length: 10 }, reserve))
    assert.equal(reserved.filter(Boolean).length, 1)
    assert.equal(await stage.count("verification"), 1)
  })

  test("a long value of a verification is stored whole", async () => {
    const value = JSON.stringify({ state: "s".repeat(5000) })
    const made = await stage.adapter.create({
      model: "verification",
      data: { identifier: "x", value, expiresAt: new Date(), createdAt: new Date(), updatedAt: new Date() },
    })
    assert.equal(made.value, value)
  })
}

onEveryDatabase("values", { own: true, options: { plugins: [things] } }, define)

/** Whether a driver hands JSON over as a text, which Better Auth's own adapters read then: SQLite has no other, and MariaDB's json is one. */
const hasTexts = ({ name, flavour }) => name === "sqlite" || (name === "mysql" && flavour !== "mysql")

onEveryDatabase("instants in JSON", { own: true, options: { plugins: [things] } }, (stage) => {
  const texts = {
    instant: "2030-06-07T08:09:10.123Z",
    seconds: "2030-06-07T08:09:10Z",
    day: "2030-06-07",
    none: "2030-13-47T08:09:10Z",
    zone: "2030-06-07T08:09:10+02:00",
    words: "at 2030-06-07T08:09:10Z",
  }
  const read = (texts) => ({ ...texts, instant: new Date(texts.instant), seconds: new Date(texts.seconds) })
  const where = ({ id }) => [{ field: "id", value: id }]

  test("are dates where the column holds a text, as with Better Auth's own adapters, and else the texts", async () => {
    const expected = hasTexts(stage.lane) ? read : (texts) => texts
    const data = { deep: [texts], given: new Date(texts.instant) }
    const words = Object.values(texts)
    const made = await stage.adapter.create({ model: "thing", data: { label: "a", data, words } })
    const wanted = {
      data: { deep: [expected(texts)], given: expected(texts).instant },
      words: Object.values(expected(texts)),
    }
    const same = (row) => assert.deepEqual({ data: row.data, words: row.words }, wanted)
    same(made)
    same(await stage.adapter.findOne({ model: "thing", where: where(made) }))
    same(await stage.adapter.update({ model: "thing", where: where(made), update: { note: "n", data, words } }))
    const [joined] = await stage.adapter.findMany({ model: "thing", where: where(made), join: { part: true } })
    same(joined)
  })

  if (stage.lane.name === "sqlite")
    test("a text that is no JSON is null", async () => {
      const made = await stage.adapter.create({ model: "thing", data: { label: "a", data: [1], words: ["a"] } })
      await stage.database.rows(`UPDATE "thing" SET "data" = '{"a', "words" = 'b'`)
      const found = await stage.adapter.findOne({ model: "thing", where: where(made) })
      assert.deepEqual([found.data, found.words], [null, null])
    })
})

for (const lane of reference ? [] : databases.filter(({ name }) => name === "postgres")) {
  const advanced = { database: { generateId: "uuid" } }
  onEveryDatabase(
    "who makes UUIDs",
    { own: true, lanes: [lane], options: { plugins: [things], advanced } },
    (stage) => {
      const open = async (statements, work) => {
        for (const statement of statements) await stage.database.rows(statement)
        const url = new URL(stage.database.url)
        url.searchParams.set("application_name", crypto.randomUUID())
        const opened = await openAdapter({ ...stage.database, url: String(url) })
        try {
          await work(opened.database({ ...base, plugins: [things], advanced }))
        } finally {
          await opened.close()
        }
      }
      const make = async (adapter, more) => (await adapter.create({ model: "part", data: { place: 1, ...more } })).id
      const alone = [
        `ALTER TABLE "part" DROP COLUMN "thingId"`,
        `ALTER TABLE "part" ADD COLUMN "thingId" text DEFAULT 'none' NOT NULL`,
      ]

      test("the column's own default, where it has one, or the caller", async () => {
        const made = `('00000000-0000-7000-8000-' || lpad(nextval('made')::text, 12, '0'))::uuid`
        await open(
          [...alone, `CREATE SEQUENCE "made"`, `ALTER TABLE "part" ALTER "id" SET DEFAULT ${made}`],
          async (adapter) => {
            const data = { thingId: "t" }
            assert.match(await make(adapter, data), /^00000000-0000-7000-8000-\d{12}$/)
            const id = crypto.randomUUID()
            const given = { model: "part", data: { place: 1, thingId: "t", id }, forceAllowId: true }
            assert.equal((await adapter.create(given)).id, id)
          },
        )
      })

      test("the adapter, where it has none, also beside ids of another form", async () => {
        const statements = [`ALTER TABLE "part" ALTER "id" DROP DEFAULT`, `ALTER TABLE "part" ALTER "id" TYPE text`]
        const row = `INSERT INTO "part" ("id", "thingId", "place") VALUES ('abcdefghijKLMNOPQRSTuvwxyz012345', 't', 1)`
        await open([...statements, row], async (adapter) =>
          assert.match(await make(adapter, { thingId: "t" }), /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
        )
      })
    },
  )
}

for (const generateId of ["uuid", "serial"]) {
  onEveryDatabase(
    `ids by "${generateId}"`,
    { own: true, options: { plugins: [things], advanced: { database: { generateId } } } },
    (stage) => {
      test("ids are text everywhere, and lead from a part to its whole", async () => {
        const [first, second] = [await make("a"), await make("b")]
        assert.match(first.id, generateId === "uuid" ? /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/ : /^\d+$/)
        assert.notEqual(first.id, second.id)
        const part = await stage.adapter.create({ model: "part", data: { thingId: second.id, place: 1 } })
        assert.equal(part.thingId, second.id)
        assert.deepEqual(
          await stage.adapter.findMany({ model: "part", where: [{ field: "thingId", value: second.id }] }),
          [part],
        )
        assert.deepEqual(
          await stage.adapter.findMany({
            model: "thing",
            where: [{ field: "id", operator: "in", value: [second.id] }],
          }),
          [second],
        )
        assert.equal(
          (await stage.adapter.consumeOne({ model: "part", where: [{ field: "id", value: part.id }] })).id,
          part.id,
        )
      })

      test("a user who signs up signs in", async () => {
        const auth = stage.auth({ emailAndPassword: { enabled: true } })
        const body = { email: "ada@example.com", password: "correct horse", name: "Ada" }
        const { user } = await auth.api.signUpEmail({ body })
        const { user: again } = await auth.api.signInEmail({ body })
        assert.equal(typeof user.id, "string")
        assert.equal(again.id, user.id)
      })

      const make = (label) => stage.adapter.create({ model: "thing", data: { label } })
    },
  )
}
