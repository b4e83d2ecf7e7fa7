// The adapter as an object: what Auth.js enumerates, what an application may do to it, and what making many of it costs.
import assert from "node:assert/strict"
import { readdirSync, readlinkSync } from "node:fs"
import { test } from "node:test"
import { RustAdapter } from "../../index.js"
import { connectionCount } from "../boundary/connections.js"
import { outcome } from "./app.js"
import { Browser } from "./browser.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

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
const welcome = { path: "/welcome", error: null }
const ada = { id: "ada", name: "Ada", email: "ada@example.com", image: null }

/** How many connections the adapters of this process hold to the database. */
const openConnections = {
  postgres: ({ rows }) => connectionCount({ name: "postgres", rows }),
  mysql: ({ rows }) => connectionCount({ name: "mysql", rows }),
  sqlite: ({ path }) =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path
      } catch {
        return false // closed between the two calls
      }
    }).length - 1, // the oracle's own
}

onEveryStage("the object", { props: { server: () => OAuthServer.open() } }, (stage) => {
  const stored = (table) => stage.database.stored(table)

  test("the nineteen methods are what Auth.js enumerates; nothing else is", () => {
    assert.deepEqual(Object.keys(stage.adapter).sort(), [...methods].sort())
    assert.deepEqual(Object.getOwnPropertySymbols({ ...stage.adapter }), [])
    assert.equal(JSON.stringify({ ...stage.adapter }), "{}")
    assert.equal(typeof stage.adapter.close, "function")
    assert.equal(Object.isFrozen(stage.adapter), false)
  })

  test("a spread copy with a method of one's own", async () => {
    const created = []
    const adapter = {
      ...stage.adapter,
      createUser: (user) => {
        created.push(user)
        return stage.adapter.createUser({ ...user, id: "chosen-by-the-app", name: `${user.name} of the app` })
      },
    }
    const app = stage.start({ adapter, providers: [stage.server.provider()] })
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    assert.equal(created.length, 1)
    assert.deepEqual(
      (await stored("user")).map(({ id, name }) => ({ id, name })),
      [{ id: "chosen-by-the-app", name: "Ada of the app" }],
    )
    assert.equal((await browser.session()).user.name, "Ada of the app")
    assert.deepEqual(app.errors, [])
  })

  test("a method replaced after construction is the one that is called", async () => {
    const adapter = RustAdapter(stage.database.url, { migrate: true })
    const app = stage.start({ adapter, providers: [stage.server.provider()] })
    const { createSession } = adapter
    const tokens = []
    adapter.createSession = (session) => {
      tokens.push(session.sessionToken)
      return createSession(session)
    }
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    assert.deepEqual(tokens, [browser.sessionCookie.value])
  })

  test("an adapter made anew for every request shares one pool", async () => {
    const options = { migrate: true, pool: { max: 3 } }
    const app = stage.start(() => ({
      adapter: RustAdapter(stage.database.url, options),
      providers: [stage.server.provider()],
    }))
    const before = await openConnections[stage.lane.name](stage.database)
    const browser = new Browser(app)
    assert.deepEqual(outcome(await visitOAuth(browser, stage.server, ada)), welcome)
    for (let round = 0; round < 3; round++) {
      const sessions = await Promise.all(Array.from({ length: 40 }, () => browser.session()))
      for (const session of sessions) assert.equal(session.user.email, "ada@example.com")
    }
    const made = (await openConnections[stage.lane.name](stage.database)) - before
    assert.ok(made >= 1 && made <= 3, `${made} connections`)
    assert.deepEqual(app.errors, [])

    await RustAdapter(stage.database.url, options).close()
  })

  test("without a database URL an application starts, and says what is missing when it needs the database", async () => {
    for (const url of [undefined, "", "redis://localhost"]) {
      const app = stage.start({ adapter: RustAdapter(url), providers: [stage.server.provider()] })
      const browser = new Browser(app)
      assert.equal((await browser.open("signin")).status, 200)
      assert.equal(await browser.session(), null)
      assert.deepEqual(app.errors, [])

      browser.setSessionCookie("something")
      assert.equal(await browser.session(), null)
      assert.ok(app.errors.length >= 1)
      assert.notEqual(outcome(await visitOAuth(new Browser(app), stage.server, ada)).path, "/welcome")
    }
    assert.deepEqual(await stored("user"), [])
  })
})
