// What is printed while people sign in: by Auth.js what its logger gets, by the adapter nothing, at any log level.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { Browser } from "./browser.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const script = fileURLToPath(new URL("one-sign-in.js", import.meta.url))

onEveryStage("silence", { props: { server: () => OAuthServer.open() } }, (stage) => {
  test("debug: true prints nothing of the adapter's, and the process ends by itself", async () => {
    const env = { ...process.env, DEBUG: "*", RUST_LOG: "trace", RUST_BACKTRACE: "1", NODE_ENV: "development" }
    const child = spawn(process.execPath, [script, stage.framework.name, stage.database.url], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
    })
    let printed = ""
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        printed += chunk
      })
    const [code, signal] = await once(child, "close")
    assert.equal(printed, "signed in as ada@example.com\n")
    assert.deepEqual([code, signal], [0, null])
    assert.deepEqual(
      (await stage.database.stored("user")).map((user) => user.email),
      ["ada@example.com"],
    )
  })

  test("debug: true logs the adapter's calls as Auth.js names them, and nothing else of it", async () => {
    const app = stage.start({ debug: true, providers: [stage.server.provider()] })
    await visitOAuth(new Browser(app), stage.server, { id: "ada", name: "Ada", email: "ada@example.com" })
    const calls = app.debugged.map(([message]) => message).filter((message) => message.startsWith("adapter_"))
    assert.deepEqual(calls, [
      "adapter_getUserByAccount",
      "adapter_getUserByAccount",
      "adapter_getUserByEmail",
      "adapter_createUser",
      "adapter_linkAccount",
      "adapter_createSession",
    ])
    assert.deepEqual(app.errors, [])
  })

  test("a failing call is logged with the adapter's code and without what was to be stored", async () => {
    const failing = {
      ...stage.adapter,
      // Another client gets there first: the adapter's own linkAccount has to refuse.
      linkAccount: async (account) => {
        const { id } = await stage.adapter.createUser({ email: "eve@example.com" })
        await stage.adapter.linkAccount({ userId: id, type: "oauth", provider: "fake", providerAccountId: "ada" })
        return stage.adapter.linkAccount(account)
      },
    }
    const app = stage.start({ adapter: failing, providers: [stage.server.provider()] })
    const browser = new Browser(app)
    await visitOAuth(browser, stage.server, { id: "ada", name: "Ada", email: "ada@example.com" })
    assert.equal(browser.sessionCookie, undefined)
    const log = inspect(app.errors, { depth: 20, maxStringLength: Infinity, showHidden: true })
    assert.match(log, /ERR_UNIQUE/)
    const { access_token, refresh_token, session_state } = stage.server.lastTokens
    for (const secret of [access_token, refresh_token, session_state, "ada@example.com"]) {
      assert.equal(log.includes(secret), false, secret.slice(0, 20))
    }
  })
})
