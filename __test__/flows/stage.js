// Sets a flow up on every database and framework: a fresh database, an adapter on it, and empty tables for each test.
import { after, before, beforeEach, describe } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { App } from "./app.js"
import { Browser } from "./browser.js"
import { frameworks as both } from "./frameworks.js"

// Children first: no reliance on cascades.
const tables = ["authenticator", "account", "session", "verificationToken", "user"]

/**
 * `define(stage)` holds the tests. While they run, `stage` has:
 * - `lane`, `framework`; `database`, the independent view of the tables; `adapter`;
 * - `start(config)`, an app of this framework with that adapter;
 * - what `props` opened (`{ mailbox: () => Mailbox.open() }`), each closed at the end.
 */
export function onEveryStage(title, { frameworks = both, props = {}, options = {} }, define) {
  for (const lane of databases) {
    for (const framework of frameworks) {
      describe(`${title}: ${framework.name} on ${lane.name}`, () => {
        const stage = { lane, framework }
        before(async () => {
          stage.database = await lane.create()
          stage.adapter = RustAdapter(stage.database.url, { migrate: true, ...options })
          // The first call makes the tables.
          await stage.adapter.getUser("nobody")
          for (const [name, open] of Object.entries(props)) stage[name] = await open()
        })
        beforeEach(async () => {
          for (const table of tables) await stage.database.rows(`DELETE FROM "${table}"`)
        })
        after(async () => {
          for (const name of Object.keys(props)) await stage[name]?.close()
          await stage.adapter?.close()
          await stage.database?.close()
        })
        stage.start = (config) =>
          new App(framework, typeof config === "function" ? config : { adapter: stage.adapter, ...config })
        define(stage)
      })
    }
  }
}

/** A browser that has gone through the magic link. */
export async function signInByEmail({ mailbox }, app, email) {
  const browser = new Browser(app)
  await browser.submit("signin/email", { email, callbackUrl: "/welcome" })
  await browser.open(mailbox.takeLink())
  if (!browser.sessionCookie) throw new Error("the magic link opened no session")
  return browser
}

/** Goes through an OAuth provider with `browser`; gives the app's answer to the callback. */
export async function visitOAuth(browser, server, profile, providerId = "fake") {
  const start = await browser.submit(`signin/${providerId}`, { callbackUrl: "/welcome" })
  return browser.open(await server.agree(start.headers.get("location"), profile))
}
