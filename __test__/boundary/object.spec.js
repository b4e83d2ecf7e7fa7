// The adapter as an object: what Auth.js enumerates, detaches, spreads and turns into JSON; and what constructing it does not do.
import assert from "node:assert/strict"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { inspect } from "node:util"
import * as namespace from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { runProgram } from "./program.js"

const { RustAdapter, RustAdapterError } = namespace

const methods = [
  "createUser",
  "getUser",
  "getUserByEmail",
  "getUserByAccount",
  "updateUser",
  "deleteUser",
  "linkAccount",
  "unlinkAccount",
  "createSession",
  "getSessionAndUser",
  "updateSession",
  "deleteSession",
  "createVerificationToken",
  "useVerificationToken",
  "getAccount",
  "getAuthenticator",
  "createAuthenticator",
  "listAuthenticatorsByUserId",
  "updateAuthenticatorCounter",
]

const sessionMethods = [
  "listSessions",
  "listAccounts",
  "revokeSession",
  "revokeOtherSessions",
  "revokeAllSessions",
  "pruneExpired",
  "getAccessToken",
]

describe("the object", () => {
  test("is plain and has the 19 methods as its own enumerable properties, exactly", () => {
    const adapter = RustAdapter(":memory:")
    assert.equal(methods.length, 19)
    assert.deepEqual(Object.keys(adapter).sort(), [...methods].sort())
    assert.equal(Object.getPrototypeOf(adapter), Object.prototype)
    for (const method of methods) {
      assert.equal(typeof adapter[method], "function", method)
      assert.equal(Object.getOwnPropertyDescriptor(adapter, method).writable, true)
    }
    assert.ok(Object.isExtensible(adapter))
    const enumerated = []
    for (const name in adapter) enumerated.push(name)
    assert.deepEqual(enumerated.sort(), [...methods].sort())
  })

  test("has close, Symbol.asyncDispose and the session methods, not enumerable", () => {
    const adapter = RustAdapter(":memory:")
    for (const name of ["close", "stats", Symbol.asyncDispose, ...sessionMethods]) {
      assert.equal(typeof adapter[name], "function")
      assert.equal(Object.getOwnPropertyDescriptor(adapter, name).enumerable, false)
    }
    assert.deepEqual(Object.keys(adapter.passwords).sort(), ["register", "remove", "set", "verify"])
    assert.ok(Object.isFrozen(adapter.passwords))
    assert.equal(Object.getOwnPropertyDescriptor(adapter, "passwords").enumerable, false)
    const { close, ...spread } = { ...adapter }
    assert.equal(close, undefined)
    assert.deepEqual(Object.keys(spread).sort(), [...methods].sort())
  })

  test("lends its session methods detached, and beside a spread copy", async () => {
    const adapter = RustAdapter(":memory:")
    const { listSessions, revokeAllSessions } = adapter
    const custom = { ...adapter, listSessions }
    const user = await custom.createUser(newUser())
    await custom.createSession({ sessionToken: "token", userId: user.id, expires: new Date(Date.now() + 1e6) })
    assert.equal((await custom.listSessions(user.id)).length, 1)
    assert.equal(await revokeAllSessions.call(null, user.id), 1)
    assert.deepEqual(await listSessions.call({ core: 1 }, user.id), [])
    await adapter.close()
  })

  test("works detached, spread, overridden, called with another this", async () => {
    const adapter = RustAdapter(":memory:")
    const user = newUser()
    const { createUser, getUser } = adapter
    assert.deepEqual(await createUser(user), user)
    assert.deepEqual(await getUser(user.id), user)
    assert.deepEqual(await getUser.call(null, user.id), user)
    assert.deepEqual(await getUser.call({ getUser: 1 }, user.id), user)
    assert.deepEqual(await Promise.resolve(user.id).then(adapter.getUser), user)
    const custom = {
      ...adapter,
      getUserByEmail: async (email) => ({ ...(await adapter.getUserByEmail(email)), role: "admin" }),
    }
    assert.deepEqual(await custom.getUserByEmail(user.email), { ...user, role: "admin" })
    assert.deepEqual(await custom.getUser(user.id), user)
    await adapter.close()
  })

  test("every method returns a promise for any argument", async () => {
    const adapter = RustAdapter(":memory:")
    for (const method of [...methods, ...sessionMethods]) {
      const result = adapter[method]()
      assert.ok(result instanceof Promise, method)
      await result.catch(failureOf(method))
    }
  })

  test("is safe to turn into JSON, to inspect and to compare", () => {
    const adapter = RustAdapter("postgres://user:hunter2@localhost/db")
    assert.equal(JSON.stringify(adapter), "{}")
    assert.equal(JSON.stringify({ ...adapter }), "{}")
    assert.equal("then" in adapter, false)
    assert.ok(!inspect(adapter, { showHidden: true, depth: 9 }).includes("hunter2"))
  })

  test("comes by import and by require, the same", () => {
    const required = createRequire(import.meta.url)("../../index.js")
    assert.equal(required.RustAdapter, RustAdapter)
    assert.equal(required.RustAdapterError, RustAdapterError)
    assert.deepEqual(Object.keys(required).sort(), ["RustAdapter", "RustAdapterError"])
    assert.deepEqual(
      Object.keys(namespace)
        .filter((name) => name.startsWith("Rust"))
        .sort(),
      ["RustAdapter", "RustAdapterError"],
    )
  })
})

const failureOf = (method) => (error) => assert.equal(error.method, method)

describe("constructing", () => {
  const calls = (adapter) => methods.map((method) => [method, () => adapter[method]({ id: "x" })])
  const wrongUrls = {
    undefined: undefined,
    null: null,
    "an empty string": "",
    "white space": "  \n",
    "no scheme": "localhost",
    "another scheme": "mongodb://localhost/db",
    "a port that is none": "postgres://localhost:x/db",
    "an unknown parameter": "postgres://localhost/db?sslmodus=require",
    "no file": "sqlite:",
    "no UTF-8 behind percent signs": "mysql://u:p@localhost/%ff",
    "a NUL": "sqlite:a\0b",
    "1 MB": "x".repeat(1_000_000),
  }
  for (const [what, url] of Object.entries(wrongUrls)) {
    test(`with ${what} for a URL throws nothing; each call rejects with ERR_CONFIG`, async () => {
      for (const adapter of [
        RustAdapter(url),
        RustAdapter({ url }),
        RustAdapter(url, {}),
        RustAdapter({ url, migrate: true }),
      ]) {
        for (const [method, call] of calls(adapter)) await assert.rejects(call(), failure("ERR_CONFIG", { method }))
        await adapter.close()
      }
    })
  }

  test("without any argument likewise", async () => {
    await assert.rejects(RustAdapter().getUser("x"), failure("ERR_CONFIG"))
    await assert.rejects(RustAdapter({}).getUser("x"), failure("ERR_CONFIG"))
    await assert.rejects(RustAdapter().getUser("x"), /DATABASE_URL/)
  })

  test("takes the URL and options in both forms", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "forms-"))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, "auth.db")
    const user = newUser()
    const first = RustAdapter(`sqlite:${file}`)
    await first.createUser(user)
    for (const url of [
      `sqlite:${file}`,
      `sqlite://${file}`,
      `file:${file}`,
      `file://${file}`,
      new URL(`file://${file}`),
    ]) {
      const pool = { max: 2 }
      for (const adapter of [
        RustAdapter(url),
        RustAdapter({ url }),
        RustAdapter(url, { pool }),
        RustAdapter({ url, pool }),
      ]) {
        assert.deepEqual(await adapter.getUser(user.id), user, `${url}`)
        await adapter.close()
      }
    }
    await first.close()
  })

  test("takes relative SQLite paths from the working directory", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "relative-"))
    t.after(() => rmSync(folder, { recursive: true }))
    for (const url of ["sqlite:./a.db", "sqlite://./b.db", "file:./c.db", "sqlite:d.db"]) {
      const { code, stderr } = await runProgram(
        `
        process.chdir(given.folder)
        await RustAdapter(url).createUser({})
      `,
        { url, folder },
      )
      assert.equal(code, 0, stderr)
      assert.ok(existsSync(join(folder, url.at(-4) + ".db")), url)
    }
  })

  test(":memory: is shared by adapters of the same URL and options, and by no others", async () => {
    const make = (max) => RustAdapter(":memory:", { pool: { max } })
    const [one, same, other] = [make(11), make(11), make(12)]
    const user = await one.createUser(newUser())
    assert.deepEqual(await same.getUser(user.id), user)
    assert.equal(await other.getUser(user.id), null)
    for (const adapter of [one, same, other]) await adapter.close()
    assert.equal(await make(11).getUser(user.id), null)
  })

  test("makes no file, no connection and no thread", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "nothing-"))
    const server = createServer()
    let connections = 0
    server.on("connection", () => connections++)
    await once(server.listen(0, "127.0.0.1"), "listening")
    t.after(() => {
      server.close()
      rmSync(folder, { recursive: true })
    })
    const { port } = server.address()
    const { code, stdout, stderr } = await runProgram(
      `
      import { existsSync, readdirSync } from "node:fs"
      const threads = () => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0)
      const before = threads()
      const adapters = given.urls.map((url) => RustAdapter(url, { migrate: true }))
      await sleep(200)
      console.log(JSON.stringify({ adapters: adapters.length, threads: threads() - before }))
    `,
      { urls: [`sqlite:${folder}/auth.db`, `postgres://u:p@127.0.0.1:${port}/d`, `mysql://u:p@127.0.0.1:${port}/d`] },
    )
    assert.equal(code, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), { adapters: 3, threads: 0 })
    assert.equal(existsSync(join(folder, "auth.db")), false)
    assert.equal(connections, 0)
  })
})

describe("wrong options", () => {
  const wrong = [
    [{ pol: {} }, "pol"],
    [{ migrate: "yes" }, "migrate"],
    [{ migrate: null }, "migrate"],
    [{ pool: 3 }, "pool"],
    [{ pool: null }, "pool"],
    [{ pool: [] }, "pool"],
    [{ pool: { mx: 1 } }, "pool.mx"],
    [{ prune: true }, "prune"],
    [{ prune: 1000 }, "prune"],
    [{ prune: {} }, "prune.everyMs"],
    [{ prune: { everyMs: 0 } }, "prune.everyMs"],
    [{ prune: { everyMs: "1000" } }, "prune.everyMs"],
    [{ prune: { every: 1000 } }, "prune.every"],
    ...[true, "postgres://localhost/db", {}, [1], [""], [{}], [["x"]]].map((replicas) => [
      { replicas, maxStalenessMs: 1000 },
      "replicas",
    ]),
    [{ replicas: ["postgres://localhost/db"] }, "maxStalenessMs"],
    ...[0, -1, 1.5, "1000", null].map((maxStalenessMs) => [{ maxStalenessMs }, "maxStalenessMs"]),
    [{ sessionsFromReplicas: 1 }, "sessionsFromReplicas"],
    [{ snapshot: 1 }, "snapshot"],
    [{ pooler: "session" }, "pooler"],
    [{ pooler: true }, "pooler"],
    [{ passwords: true }, "passwords"],
    [{ passwords: { memory: 1 } }, "passwords.memory"],
    [{ passwords: { memoryKiB: 1024 } }, "passwords.memoryKiB"],
    [{ passwords: { iterations: 1 } }, "passwords.memoryKiB"],
    [{ passwords: { iterations: 1000 } }, "passwords.iterations"],
    [{ passwords: { parallelism: 64 } }, "passwords.parallelism"],
    [{ passwords: { pepper: "short" } }, "passwords.pepper"],
    [{ passwords: { pepper: {} } }, "passwords.pepper"],
    [{ passwords: { pepper: { older: "a pepper of some length" } } }, "passwords.pepper"],
    [{ passwords: { queue: 0 } }, "passwords.queue"],
    ...["max", "acquireTimeoutMs", "connectTimeoutMs", "idleTimeoutMs", "maxLifetimeMs", "operationTimeoutMs"].flatMap(
      (name) =>
        [0, -1, 1.5, NaN, Infinity, "5", null, 2 ** 31, 5n, {}].map((value) => [
          { pool: { [name]: value } },
          `pool.${name}`,
        ]),
    ),
  ]
  for (const [options, name] of wrong) {
    test(`${inspect(options, { compact: true })} throws ERR_CONFIG at once and names ${name}`, () => {
      const expected = failure("ERR_CONFIG", { message: new RegExp(`\\b${name.replace(".", "\\.")}\\b`) })
      assert.throws(() => RustAdapter(":memory:", options), expected)
      assert.throws(() => RustAdapter({ url: ":memory:", ...options }), expected)
      assert.throws(() => RustAdapter(undefined, options), expected)
    })
  }

  test("options or a URL of another type throw ERR_CONFIG at once", () => {
    for (const options of [7, "migrate", true, null, [], () => {}]) {
      assert.throws(() => RustAdapter(":memory:", options), failure("ERR_CONFIG"), inspect(options))
    }
    for (const url of [7, true, [], () => {}, Symbol("s"), 5n])
      assert.throws(() => RustAdapter(url), failure("ERR_CONFIG"), inspect(url))
  })

  test("undefined options are as if left out", async () => {
    const adapter = RustAdapter(":memory:", { migrate: undefined, pool: { max: undefined }, pooler: undefined })
    assert.equal(await adapter.getUser("x"), null)
    await adapter.close()
    await RustAdapter(":memory:", undefined).close()
    await RustAdapter({ url: ":memory:", pool: undefined }).close()
  })

  test("the object given for options is not changed and not kept", async () => {
    const options = Object.freeze({ url: ":memory:", pool: Object.freeze({ max: 1 }) })
    const adapter = RustAdapter(options)
    assert.equal(await adapter.getUser("x"), null)
    await adapter.close()
  })
})
