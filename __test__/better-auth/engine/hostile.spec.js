// Calls that throw when they are looked at, or have no end: each settles, and only that call hears of it.
import assert from "node:assert/strict"
import { test } from "node:test"
import { failure } from "../../contract/failure.js"
import { counted, makers, Own, random } from "../../contract/hostile-values.js"
import { RustAdapterError } from "../../../index.js"
import { ours } from "../adapter.js"
import { onEveryDatabase, things } from "../stage.js"

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const kinds = Object.keys(makers)
const BUDGET_MS = 8_000

async function settled(call, what) {
  let answer
  try {
    answer = call()
  } catch (error) {
    throw new Error(`${what} threw`, { cause: error })
  }
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 10_000, { late: true })))
  const outcome = await Promise.race([
    Promise.resolve(answer).then(
      (value) => ({ value }),
      (reason) => ({ reason }),
    ),
    late,
  ])
  clearTimeout(timer)
  assert.ok(!outcome.late, `${what} never settled`)
  // Better Auth's factory has words of its own for a model, a field or a list that is wrong.
  if ("reason" in outcome) {
    assert.ok(
      outcome.reason instanceof RustAdapterError || outcome.reason?.name === "BetterAuthError",
      `${what}: ${outcome.reason?.stack}`,
    )
  }
  return outcome
}
/** Fields that a call stores or compares, each given each kind of value, by each way of giving it. */
async function inEachField(adapter, model, fields, id, count) {
  const where = [{ field: "id", value: id }]
  const data = model === "thing" ? { label: "new" } : { thingId: id, place: 1 }
  for (const field of fields) {
    const ways = [
      ["create", (value) => ({ data: { ...data, [field]: value }, forceAllowId: true })],
      ["update", (value) => ({ where, update: { [field]: value } })],
      ["incrementOne", (value) => ({ where, increment: { [field]: value } })],
      ["incrementOne", (value) => ({ where, increment: { [count]: 1 }, set: { [field]: value } })],
      ["findOne", (value) => ({ where: [{ field, value }] })],
      ["findMany", (value) => ({ where: [{ field, value }, ...where] })],
      ["count", (value) => ({ where: [{ field, value: [value], operator: "in" }] })],
    ]
    const made = ways.flatMap(([method, call]) =>
      kinds.map((kind) =>
        settled(() => adapter[method]({ model, ...call(makers[kind]()) }), `${method} of ${kind} as ${model}.${field}`),
      ),
    )
    await Promise.all(made)
  }
}

onEveryDatabase("hostile calls", { options: { plugins: [things] } }, (stage) => {
  const by = (value = "a", more) => ({ model: "thing", where: [{ field: "label", value, ...more }] })
  const calls = () => ({
    create: {
      model: "thing",
      data: { label: "new", note: "n", count: 1, data: { x: 1 }, words: ["w"], at: new Date() },
      select: ["id"],
    },
    findOne: { ...by(), select: ["id", "label"], join: { part: true } },
    findMany: {
      ...by(),
      limit: 3,
      offset: 1,
      sortBy: { field: "label", direction: "asc" },
      select: ["id"],
      join: { part: { limit: 1 } },
    },
    count: by(),
    update: { ...by(), update: { note: "m", data: { y: 1 } } },
    updateMany: { ...by(), update: { note: "m" } },
    delete: by("b"),
    deleteMany: by("b"),
    consumeOne: by("b"),
    incrementOne: { ...by(), increment: { count: 1 }, set: { note: "o" } },
  })
  /** Every place in a call: the call itself, its parts, and what is in these. */
  const places = (call) => [
    [],
    ...Object.keys(call).flatMap((part) => [
      [part],
      ...(typeof call[part] === "object"
        ? Object.keys(call[part]).flatMap((name) => [
            [part, name],
            ...(part === "where" ? Object.keys(call[part][name]).map((each) => [part, name, each]) : []),
          ])
        : []),
    ]),
  ]
  const put = (call, [name, ...rest], value) => {
    if (name === undefined) return value
    const copy = Array.isArray(call) ? [...call] : { ...call }
    copy[name] = put(copy[name], rest, value)
    return copy
  }

  const bystanders = () => [
    stage.adapter
      .findOne({ model: "thing", where: [{ field: "id", value: "there" }] })
      .then((row) => assert.equal(row.label, "there")),
    stage.adapter.count({ model: "part" }).then((count) => assert.equal(count, 0)),
  ]
  const fill = () => stage.adapter.create({ model: "thing", data: { id: "there", label: "there" }, forceAllowId: true })

  test("each kind, as the whole call of each method", { timeout: 60_000 }, async () => {
    await fill()
    for (const method of Object.keys(calls())) {
      await Promise.all(
        kinds.flatMap((kind) => [
          settled(() => stage.adapter[method](makers[kind]()), `${method} of ${kind}`),
          ...bystanders(),
        ]),
      )
    }
  })

  test(`in any place of a call (TEST_SEED=${seed})`, { timeout: 60_000 }, async (t) => {
    t.diagnostic(`TEST_SEED=${seed}`)
    await fill()
    const pick = random(seed)
    const until = Date.now() + BUDGET_MS
    for (let round = 0; round < 40 && Date.now() < until; round++) {
      const made = []
      for (let count = 0; count < 10; count++) {
        const methods = Object.entries(calls())
        const [method, call] = methods[pick(methods.length)]
        const all = places(call)
        const place = all[pick(all.length)]
        const kind = kinds[pick(kinds.length)]
        // Without conditions, an update or a deletion is of all rows.
        if (
          /delete|update|consume|increment/.test(method) &&
          (place.length < 2 || place[0] !== "where") &&
          place[0] === "where"
        )
          continue
        if (/delete|update|consume|increment/.test(method) && place[0] === "where" && place.length < 3) continue
        const given = put(call, place, makers[kind]())
        made.push(
          settled(
            () => stage.adapter[method](given),
            `${method} with ${kind} as ${place.join(".")}, TEST_SEED=${seed}`,
          ),
        )
      }
      await Promise.all([...made, ...bystanders()])
    }
  })

  test("each kind, in each field that is stored or compared with", { timeout: 60_000 }, async () => {
    await fill()
    await inEachField(stage.adapter, "thing", ["id", ...Object.keys(things.schema.thing.fields)], "there", "big")
  })

  test("what the caller's code threw is the cause", async () => {
    for (const method of Object.keys(calls())) {
      const { reason } = await settled(() => stage.adapter[method](makers["a proxy with throwing traps"]()), method)
      failure("ERR_INVALID_ARGUMENT", { method })(reason)
      assert.ok(reason.cause instanceof Own)
    }
    const { reason } = await settled(
      () => stage.adapter.create({ model: "thing", data: { label: "x", data: makers["a toJSON that throws"]() } }),
      "create",
    )
    failure("ERR_INVALID_VALUE")(reason)
    assert.ok(reason.cause instanceof Own)
  })

  test("each property is read once, and nothing is written to a call", async () => {
    await fill()
    for (const [method, call] of Object.entries(calls())) {
      for (let time = 0; time < 2; time++) {
        const reads = {}
        const given = counted(
          {
            ...call,
            ...(call.data && { data: Object.freeze(counted(call.data, (reads.data = {}))) }),
            ...(call.where && { where: [Object.freeze(counted(call.where[0], (reads.where = {})))] }),
            ...(call.update && { update: Object.freeze(counted(call.update, (reads.update = {}))) }),
          },
          (reads.call = {}),
        )
        await settled(() => stage.adapter[method](Object.freeze(given)), method)
        for (const [part, of] of Object.entries(reads))
          for (const [name, times] of Object.entries(of)) assert.equal(times, 1, `${method}: ${part}.${name}`)
      }
    }
  })

  test("replicas are ERR_CONFIG, and the message says why", async () => {
    const { rustAdapter } = await ours()
    for (const replicas of [[], ["postgres://localhost/app"], "x"]) {
      const make = () => rustAdapter("postgres://localhost/app", { replicas, maxStalenessMs: 1000 })
      assert.throws(make, failure("ERR_CONFIG", { message: /\breplicas\b.*does not say of a look-up/ }))
    }
  })

  test("hashed session tokens are ERR_CONFIG, and the message says why", async () => {
    const { rustAdapter } = await ours()
    for (const sessionTokens of ["accept-hashed", "hashed", "hashed-only", true]) {
      const make = () => rustAdapter("postgres://localhost/app", { sessionTokens })
      const message = /\bsessionTokens\b.*\/list-sessions and \/revoke-session work with the token that is stored/
      assert.throws(make, failure("ERR_CONFIG", { message }))
    }
  })

  test("options and URLs of these kinds are ERR_CONFIG", async () => {
    const { rustAdapter } = await ours()
    const { url } = stage.database
    for (const kind of kinds) {
      for (const make of [
        () => rustAdapter(url, makers[kind]()),
        () => rustAdapter(makers[kind]()),
        () => rustAdapter(url, { pool: makers[kind]() }),
        () => rustAdapter(url, { pool: { max: makers[kind]() } }),
        () => rustAdapter(url, { transaction: makers[kind]() }),
      ]) {
        let made
        try {
          made = make()
        } catch (error) {
          failure("ERR_CONFIG")(error)
        }
        await made?.close()
      }
    }
  })
})

const serial = { plugins: [things], advanced: { database: { generateId: "serial" } } }
onEveryDatabase("hostile values where ids are numbers", { own: true, options: serial }, (stage) => {
  test("each kind, in each field that holds an id", { timeout: 60_000 }, async () => {
    const { id } = await stage.adapter.create({ model: "thing", data: { label: "there" } })
    await stage.adapter.create({ model: "part", data: { thingId: id, place: 1 } })
    await inEachField(stage.adapter, "thing", ["id"], id, "big")
    await inEachField(stage.adapter, "part", ["id", "thingId"], id, "place")
  })

  test("an id that is no number or text is refused by its field's name", async () => {
    const refused = (field) => failure("ERR_INVALID_ARGUMENT", { field })
    for (const value of [{ toString: () => "1" }, () => 1, Symbol("1")]) {
      const where = (field) => ({ model: "part", where: [{ field, value }] })
      await assert.rejects(stage.adapter.findOne(where("id")), refused("id"))
      await assert.rejects(stage.adapter.findMany(where("thingId")), refused("thingId"))
      await assert.rejects(
        stage.adapter.create({ model: "part", data: { thingId: value, place: 1 } }),
        refused("thingId"),
      )
    }
  })
})
