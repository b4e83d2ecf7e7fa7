// An application as it was before, with hashes of bcryptjs that its own Prisma client writes: `...credentials(adapter)` is all that its
// configuration needs for database sessions, and its registration action stays as it is.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { Browser } from "../flows/browser.js"
import { authCore } from "../flows/frameworks.js"
import { outcome } from "../flows/app.js"
import { startApp } from "./password-app/start.js"
import { driverOf } from "./peers/prisma.js"
import { prismaClient } from "./prisma/client.js"
import { push } from "./prisma/push.js"

const ada = { email: "ada@example.com", password: "correct horse battery" }
const form = (fields) => {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  return data
}

/** Where the application keeps its users. */
const layouts = {
  "tables of Prisma's": {
    schema: "snake-case",
    names: { user: "users", session: "sessions", token: "session_token", owner: "user_id" },
    make: (schema, driver, database) => push(schema, driver, database),
  },
  "our own tables": {
    schema: "own-tables",
    names: { user: "user", session: "session", token: "sessionToken", owner: "userId" },
    async make(_, __, database) {
      const adapter = RustAdapter(database.url, { migrate: true })
      await adapter.getUser("nobody")
      await adapter.close()
      await database.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255)`)
      await database.rows(`ALTER TABLE "user" ADD COLUMN "role" varchar(191) NOT NULL DEFAULT 'user'`)
    },
  },
}

for (const lane of databases) {
  for (const [title, { schema, names, make }] of Object.entries(layouts)) {
    describe(`an application with passwords of bcryptjs, on ${title} in ${lane.name}`, () => {
      let database, client, app
      before(async () => {
        database = await lane.create()
        const [name, driver] = driverOf(database)
        await make(`${schema}.${name}`, driver, database)
        const PrismaClient = await prismaClient(`${schema}.${name}`)
        client = new PrismaClient({ adapter: driver })
        app = await startApp(database.url, client, PrismaClient)
      })
      after(async () => {
        await app?.close()
        await client?.$disconnect()
        await database?.close()
      })
      const sessions = () => database.rows(`SELECT * FROM "${names.session}"`)
      const visitor = () => {
        const handle = (request) => app.handlers[request.method](request)
        return new Browser({ handle, sessionCookie: authCore.sessionCookie })
      }
      const signIn = (browser, given) =>
        browser.submit("callback/credentials", { ...ada, ...given, callbackUrl: "/welcome" })

      test("its action registers a person, who signs in, is seen, and signs out", async () => {
        await assert.rejects(app.registerUser(form({ ...ada, name: "Ada" })), { digest: /^NEXT_REDIRECT;.*;\/login;/ })
        assert.deepEqual(await app.registerUser(form({ ...ada, name: "Mallory" })), { error: "User already exists" })
        const [user, ...others] = await database.rows(`SELECT * FROM "${names.user}"`)
        assert.deepEqual(others, [])
        assert.match(user.password, /^\$2[aby]\$10\$/)

        const browser = visitor()
        for (const wrong of [{ password: "wrong" }, { email: "grace@example.com" }, { password: "" }]) {
          assert.notEqual(outcome(await signIn(browser, wrong)).path, "/welcome")
          assert.equal(browser.sessionCookie, undefined)
        }
        assert.deepEqual(await sessions(), [])

        assert.deepEqual(outcome(await signIn(browser)), { path: "/welcome", error: null })
        const [session, ...further] = await sessions()
        assert.deepEqual(further, [])
        assert.equal(session[names.token], browser.sessionCookie.value)
        assert.equal(session[names.owner], user.id)
        const seen = await browser.session()
        assert.deepEqual([seen.user.id, seen.user.email, seen.user.role], [user.id, ada.email, "user"])
        assert.ok(!JSON.stringify(seen).includes("$2"))
        assert.ok(Math.abs(Date.parse(seen.expires) - Date.now() - 30 * 86_400_000) < 60_000)
        // What the application keeps, it keeps: no sign-in through its own function makes the hash anew.
        assert.deepEqual(await database.rows(`SELECT * FROM "${names.user}"`), [user])

        await browser.submit("signout", { callbackUrl: "/bye" })
        assert.deepEqual([await sessions(), browser.sessionCookie], [[], undefined])
        assert.deepEqual(
          app.handlers.errors.filter((error) => error?.type !== "CredentialsSignin"),
          [],
        )
      })

      test("its people sign in through the adapter's own passwords as well, which make their hashes anew", async () => {
        assert.equal(await app.adapter.passwords.verify({ ...ada, password: "wrong" }), null)
        const user = await app.adapter.passwords.verify(ada)
        assert.equal(user.email, ada.email)
        const [{ password }] = await database.rows(`SELECT "password" FROM "${names.user}"`)
        assert.match(password, /^\$argon2id\$/)
        await assert.rejects(
          app.adapter.passwords.register({ ...ada, name: "Mallory" }),
          ({ code }) => code === "ERR_UNIQUE",
        )
      })
    })
  }
}
