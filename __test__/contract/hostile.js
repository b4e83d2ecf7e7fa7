// Arguments that throw when they are looked at, or have no end: each call settles, and only that call hears of it.
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter, RustAdapterError } from "../../index.js"
import { failure } from "./failure.js"
import { counted, makers, Own, random } from "./hostile-values.js"
import { openLane } from "./lane.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const kinds = Object.keys(makers)
const BUDGET_MS = 8_000

/** The outcome of a call, whether it throws or rejects: never anything but a result or an error of ours. */
async function settled(call, what) {
  let answer
  try {
    answer = call()
  } catch (error) {
    throw new Error(`${what} threw`, { cause: error })
  }
  assert.ok(answer instanceof Promise, `${what} returned no promise`)
  const late = Symbol("late")
  let timer
  const outcome = await Promise.race([
    answer.then(
      (value) => ({ value }),
      (reason) => ({ reason }),
    ),
    new Promise((resolve) => (timer = setTimeout(resolve, 10_000, late))),
  ])
  clearTimeout(timer)
  assert.notEqual(outcome, late, `${what} never settled`)
  if ("reason" in outcome) assert.ok(outcome.reason instanceof RustAdapterError, `${what}: ${outcome.reason?.stack}`)
  return outcome
}

export function hostile(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      lane.bystander = await lane.user()
      lane.theirs = await lane.adapter.createSession(newSession(lane.bystander.id))
    },
  })
  const rows = () => {
    const { id } = lane.bystander
    return {
      createUser: newUser(),
      updateUser: { id, name: "Fill Murray" },
      linkAccount: newAccount(id),
      createSession: newSession(id),
      updateSession: { sessionToken: "none", expires: new Date() },
      createVerificationToken: newVerificationToken(),
      createAuthenticator: newAuthenticator(id),
      getUserByAccount: newAccount(id),
      unlinkAccount: newAccount(id),
      useVerificationToken: newVerificationToken(),
    }
  }
  const byValue = [
    "getUser",
    "getUserByEmail",
    "deleteUser",
    "getSessionAndUser",
    "deleteSession",
    "getAuthenticator",
    "listAuthenticatorsByUserId",
    "getAccount",
    "updateAuthenticatorCounter",
    "listSessions",
    "revokeSession",
    "revokeOtherSessions",
    "revokeAllSessions",
    "listAccounts",
    "pruneExpired",
  ]
  const others = () => [
    lane.adapter.getUser(lane.bystander.id).then((user) => assert.equal(user.id, lane.bystander.id)),
    lane.adapter
      .getSessionAndUser(lane.theirs.sessionToken)
      .then(({ session }) => assert.deepEqual(session, lane.theirs)),
    lane.adapter.getUserByEmail("nobody@example.com").then((user) => assert.equal(user, null)),
  ]

  test("each kind, as the whole argument of each method", { timeout: 60_000 }, async () => {
    const objects = Object.keys(rows())
    for (const method of [...objects, ...byValue]) {
      const calls = kinds.map((kind) => [
        settled(() => lane.adapter[method](makers[kind](), makers[kind]()), `${method} of ${kind}`),
        ...others(),
      ])
      await Promise.all(calls.flat())
    }
  })

  test(`any field may be any of them (TEST_SEED=${seed})`, { timeout: 60_000 }, async (t) => {
    t.diagnostic(`TEST_SEED=${seed}`)
    const pick = random(seed)
    const until = Date.now() + BUDGET_MS
    for (let round = 0; round < 30 && Date.now() < until; round++) {
      const calls = []
      for (let count = 0; count < 10; count++) {
        const all = rows()
        const method = Object.keys(all)[pick(Object.keys(all).length)]
        const argument = all[method]
        const names = [...Object.keys(argument), "unknown"]
        const name = names[pick(names.length)]
        const kind = kinds[pick(kinds.length)]
        argument[name] = makers[kind]()
        calls.push(
          settled(() => lane.adapter[method](argument), `${method} with ${kind} as ${name}, TEST_SEED=${seed}`),
          ...others(),
        )
      }
      await Promise.all(calls)
    }
  })

  test("what the caller's code threw is the cause", async () => {
    const details = (method) => ({ method })
    for (const kind of ["a proxy with throwing traps", "a proxy whose keys throw", "a getter that throws"]) {
      for (const method of Object.keys(rows())) {
        const { reason } = await settled(() => lane.adapter[method](makers[kind]()), method)
        failure("ERR_INVALID_ARGUMENT", details(method))(reason)
        assert.ok(reason.cause instanceof Own, `${kind}: ${reason.cause}`)
        assert.doesNotMatch(reason.message, /caller's own/)
      }
    }
    const { reason } = await settled(
      () => lane.adapter.createUser({ ...newUser(), name: makers["a toJSON that throws"]() }),
      "createUser",
    )
    failure("ERR_INVALID_VALUE", { table: "user", field: "name" })(reason)
    assert.ok(reason.cause instanceof Own)
  })

  test("each property is read once", async () => {
    for (const [method, argument] of Object.entries(rows())) {
      const reads = {}
      await settled(() => lane.adapter[method](counted({ ...argument, unknown: { deep: 1 } }, reads)), method)
      for (const [name, times] of Object.entries(reads)) assert.equal(times, 1, `${method}: ${name}`)
    }
    const reads = {}
    await lane.adapter.listSessions(lane.bystander.id, counted({ currentToken: "x" }, reads))
    assert.deepEqual(reads, { currentToken: 1 })
  })

  test("an argument's own code may call the adapter", { timeout: 20_000 }, async () => {
    const inner = []
    const user = newUser()
    const argument = {
      ...user,
      get image() {
        inner.push(lane.adapter.getUser(lane.bystander.id), lane.adapter.createUser(newUser()))
        return "i"
      },
    }
    Object.defineProperty(argument, "name", {
      enumerable: true,
      get: () => (inner.push(lane.adapter.getUserByEmail(user.email)), "n"),
    })
    await Promise.all([lane.adapter.createUser(argument), ...others()])
    assert.equal((await Promise.all(inner)).length, 3)
  })

  test("options and URLs of these kinds are thrown or reported as ERR_CONFIG", async () => {
    for (const kind of kinds) {
      for (const make of [
        () => RustAdapter(lane.database.url, makers[kind]()),
        () => RustAdapter(makers[kind]()),
        () => RustAdapter(makers[kind](), {}),
        () => RustAdapter({ url: lane.database.url, pool: makers[kind]() }),
        () => RustAdapter(lane.database.url, { columns: { user: makers[kind]() } }),
        () => RustAdapter(lane.database.url, { pool: { max: makers[kind]() } }),
        () => RustAdapter(lane.database.url, { schema: makers[kind]() }),
      ]) {
        try {
          await make().close()
        } catch (error) {
          failure("ERR_CONFIG")(error)
        }
      }
    }
  })
}
