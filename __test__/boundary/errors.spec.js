// What a failing call tells, and what it must never tell: code, method, cause and stack; no secret.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { inspect } from "node:util"
import { RustAdapter, RustAdapterError } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases, enabled } from "../databases.js"

/** Everything of an error that can reach a log. */
function everythingOf(error) {
  const texts = [
    String(error),
    error.stack,
    inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(Object.fromEntries(Object.getOwnPropertyNames(error).map((name) => [name, `${error[name]}`]))),
  ]
  return error.cause instanceof Error ? [...texts, ...everythingOf(error.cause)] : texts
}

async function rejection(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  assert.fail("no rejection")
}

function tellsNothing(error, secrets) {
  const texts = everythingOf(error)
  for (const secret of secrets) {
    for (const text of texts) assert.ok(!text?.includes(secret), `"${secret}" is in: ${text}`)
  }
}

for (const database of databases) {
  describe(`errors on ${database.name}`, () => {
    const lane = openLane(database)

    test("an error has a code, the method, a cause that is an error, and its class", async () => {
      const user = await lane.user()
      const error = await rejection(lane.adapter.createUser(user))
      assert.ok(error instanceof RustAdapterError && error instanceof Error)
      assert.equal(error.name, "RustAdapterError")
      assert.equal(Object.prototype.toString.call(error), "[object Error]")
      assert.deepEqual([error.code, error.method], ["ERR_UNIQUE", "createUser"])
      assert.ok(error.cause instanceof Error)
      assert.ok(error.message.length > 10)
      assert.match(inspect(error), /^RustAdapterError: /)
      assert.equal(Object.keys(error).includes("name"), false)
      for (const value of Object.values(error)) assert.equal(typeof value, "string")
    })

    test("the stack leads to the functions that called, across awaits", async () => {
      const user = await lane.user()
      const theAction = async () => {
        await lane.adapter.createUser(user)
      }
      const theHandler = async () => {
        await theAction()
      }
      const { stack } = await rejection(theHandler())
      assert.match(stack, /theAction.*errors\.spec\.js[^]*theHandler.*errors\.spec\.js/)
    })

    test("no value, token or e-mail is in any error of the database", async () => {
      const secret = (what) => `s3cret-${what}-${Math.random().toString(36).slice(2)}`
      const user = newUser({
        id: secret("id"),
        email: `${secret("mail")}@example.com`,
        name: secret("name"),
        image: secret("image"),
      })
      await lane.adapter.createUser(user)
      const other = await lane.user()
      const account = newAccount(user.id, {
        providerAccountId: secret("account"),
        access_token: secret("access"),
        refresh_token: secret("refresh"),
        id_token: secret("idtoken"),
      })
      await lane.adapter.linkAccount(account)
      const session = newSession(user.id, { sessionToken: secret("session") })
      await lane.adapter.createSession(session)
      const token = newVerificationToken({ identifier: secret("identifier"), token: secret("token") })
      await lane.adapter.createVerificationToken(token)
      const authenticator = newAuthenticator(user.id, {
        credentialID: secret("credential"),
        credentialPublicKey: secret("key"),
      })
      await lane.adapter.createAuthenticator(authenticator)
      const nobody = secret("nobody")

      const failing = {
        ERR_UNIQUE: [
          () => lane.adapter.createUser(user),
          () => lane.adapter.createUser({ ...user, id: secret("id") }),
          () => lane.adapter.updateUser({ id: other.id, email: user.email }),
          () => lane.adapter.linkAccount({ ...account, userId: other.id }),
          () => lane.adapter.createSession(session),
          () => lane.adapter.createVerificationToken(token),
          () => lane.adapter.createAuthenticator(authenticator),
        ],
        ERR_FOREIGN_KEY: [
          () => lane.adapter.linkAccount({ ...account, providerAccountId: secret("other"), userId: nobody }),
          () => lane.adapter.createSession(newSession(nobody, { sessionToken: secret("other") })),
          () => lane.adapter.updateSession({ sessionToken: session.sessionToken, userId: nobody }),
          () => lane.adapter.createAuthenticator(newAuthenticator(nobody, { credentialID: secret("other") })),
        ],
        ERR_NOT_FOUND: [
          () => lane.adapter.updateUser({ id: nobody, name: secret("name") }),
          () => lane.adapter.updateAuthenticatorCounter(secret("x"), 1),
        ],
        ERR_INVALID_VALUE: [
          () => lane.adapter.createUser({ ...user, email: `${secret("nul")}\0` }),
          () => lane.adapter.createUser({ ...user, email: secret("long").repeat(99) }),
          () => lane.adapter.createUser({ ...user, name: [secret("array")] }),
          () => lane.adapter.createUser({ ...user, emailVerified: secret("date") }),
          () => lane.adapter.linkAccount({ ...account, expires_at: secret("number") }),
          () => lane.adapter.linkAccount({ ...account, access_token: { a: secret("deep") } }),
          () => lane.adapter.createSession({ ...session, sessionToken: `${secret("lone")}\ud800` }),
          () => lane.adapter.createSession({ ...session, userId: undefined }),
        ],
        ERR_INVALID_ARGUMENT: [
          () => lane.adapter.createUser(secret("text")),
          () => lane.adapter.createSession([secret("array")]),
        ],
      }
      for (const [code, calls] of Object.entries(failing)) {
        for (const call of calls) {
          const error = await rejection(call())
          failure(code)(error)
          tellsNothing(error, ["s3cret"])
        }
      }
    })

    test("nor where the database refuses on its own account", async (t) => {
      // A rule of the user's, whose message any database would write values into.
      const user = newUser({ name: "s3cret-name", email: "s3cret@example.com", image: "s3cret-image" })
      await addCheck(lane)
      t.after(() => dropCheck(lane))
      const error = await rejection(lane.adapter.createUser(user))
      assert.ok(["ERR_DATABASE", "ERR_INVALID_VALUE"].includes(error.code), error.stack)
      tellsNothing(error, ["s3cret"])
      assert.equal(await lane.adapter.getUser(user.id), null)
    })

    test("a connection serves on after each kind of refusal", async () => {
      const user = await lane.user()
      for (let i = 0; i < 20; i++) {
        await assert.rejects(lane.adapter.createUser(user), failure("ERR_UNIQUE"))
        await assert.rejects(lane.adapter.createSession(newSession("nobody")), failure("ERR_FOREIGN_KEY"))
        assert.deepEqual(await lane.adapter.getUser(user.id), user)
      }
    })
  })
}

async function addCheck({ name, rows }) {
  if (name === "sqlite") {
    await rows(`CREATE TRIGGER "no_s3cret" BEFORE INSERT ON "user" WHEN NEW."name" LIKE 's3cret%'
      BEGIN SELECT RAISE(ABORT, 'refused'); END`)
  } else {
    await rows(`ALTER TABLE "user" ADD CONSTRAINT no_names CHECK ("name" <> 's3cret-name' OR "name" IS NULL)`)
  }
}

async function dropCheck({ name, rows }) {
  await rows(name === "sqlite" ? `DROP TRIGGER "no_s3cret"` : `ALTER TABLE "user" DROP CONSTRAINT no_names`)
}

describe("the URL's secrets", () => {
  const password = "hunter2%2F%40x"
  const secrets = ["hunter2", "bob.the.user"]
  const urls = [
    `postgres://bob.the.user:${password}@127.0.0.1:1/d`,
    `mysql://bob.the.user:${password}@127.0.0.1:1/d`,
    `postgres://bob.the.user:${password}@127.0.0.1:99999/d`,
    `mysql://bob.the.user:${password}@h/d?ssl=hunter2`,
    `postgres://bob.the.user:${password}@h/d?hunter3=hunter2`,
    `bob.the.user:${password}@h`,
    `mongodb://bob.the.user:${password}@h`,
    `postgres://bob.the.user:hunter2/x@h/d`,
    `postgres://bob.the.user:hunter2#x@h/d`,
    `sqlite:/nowhere/x.db?mode=hunter2`,
    `postgres://h/d?password=hunter2&sslmode=never`,
    `postgres://h:1/d?user=bob.the.user&password=hunter2`,
    `mysql://bob.the.user:${password}@h/d?pool_timeout=hunter2`,
  ]
  for (const url of urls) {
    test(`are in no error of ${url.replaceAll("hunter2", "…").replaceAll("bob.the.user", "…")}`, async () => {
      const adapter = RustAdapter(url)
      const error = await rejection(adapter.getUser("x"))
      assert.ok(["ERR_CONFIG", "ERR_CONNECT"].includes(error.code), error.stack)
      tellsNothing(error, url.startsWith("sqlite") ? ["hunter2"] : secrets)
    })
  }

  test("nor in those of wrong options", () => {
    assert.throws(
      () => RustAdapter({ url: urls[0], pooler: "x" }),
      (error) => tellsNothing(error, secrets) ?? true,
    )
    assert.throws(
      () => RustAdapter(urls[0], { pool: { max: "hunter2" } }),
      (error) => tellsNothing(error, secrets) ?? true,
    )
  })

  for (const database of databases.filter(({ name }) => name !== "sqlite")) {
    test(`nor when ${database.name} refuses the password`, async (t) => {
      const { url, close } = await database.create()
      t.after(close)
      const wrong = new URL(url)
      wrong.password = password
      const error = await rejection(RustAdapter(wrong.href).getUser("x"))
      failure("ERR_CONNECT", { method: "getUser" })(error)
      tellsNothing(error, ["hunter2"])
    })
  }
})

if (enabled("sqlite")) {
  test("RustAdapterError can be made and recognised by hand", () => {
    const error = new RustAdapterError("ERR_X", "message")
    assert.deepEqual(
      [error.code, error.message, error.name, error.cause],
      ["ERR_X", "message", "RustAdapterError", undefined],
    )
    assert.equal("cause" in error, false)
  })
}
