// Sign-in with a password that opens a database session: the configuration that people have, and the one with our passwords.
import assert from "node:assert/strict"
import { scrypt, randomBytes, timingSafeEqual } from "node:crypto"
import { test } from "node:test"
import { promisify } from "node:util"
import { RustAdapter } from "../../index.js"
import { credentials } from "../../credentials.js"
import { failure } from "../contract/failure.js"
import { App, outcome } from "./app.js"
import { Browser } from "./browser.js"
import { OAuthServer } from "./oauth-server.js"
import { onEveryStage, visitOAuth } from "./stage.js"

const second = 1000
const day = 24 * 60 * 60 * second
const fields = { email: { label: "Email", type: "email" }, password: { label: "Password", type: "password" } }
const ada = { email: "ada@example.com", password: "correct horse battery" }

onEveryStage("password", { props: { server: () => OAuthServer.open() } }, (stage) => {
  const stored = (table) => stage.database.stored(table)
  const provider = (authorize) => stage.framework.credentialsProvider({ credentials: fields, authorize })
  const signIn = (browser, given = ada) => browser.submit("callback/credentials", { ...given, callbackUrl: "/welcome" })
  /** An application with our passwords. */
  const start = (options, more) => {
    const passwordSignIn = credentials(stage.adapter, options)
    return stage.start({
      ...passwordSignIn,
      providers: [stage.server.provider(), provider(passwordSignIn.authorize)],
      ...more,
    })
  }
  const register = (given) => stage.adapter.passwords.register({ name: "Ada", ...ada, ...given })

  for (const last of [false, true]) {
    test(`a configuration as people have it, with one line more ${last ? "at its end" : "at its beginning"}`, async () => {
      // Their own hash, their own look-up, their own callback; the column is the application's.
      const derive = promisify(scrypt)
      const salt = randomBytes(16)
      const hash = await derive(ada.password, salt, 32)
      const { id } = await stage.adapter.createUser({ email: ada.email, name: "Ada" })
      const authorize = async (given) => {
        if (!given?.email || !given?.password) return null
        const [user] = await stage.database.rows(
          `SELECT "id", "email", "name" FROM "user" WHERE "email" = ?`,
          given.email,
        )
        if (!user || !timingSafeEqual(await derive(given.password, salt, 32), hash)) return null
        return { ...user, role: "user" }
      }
      const line = credentials(stage.adapter)
      const app = stage.start({
        adapter: stage.adapter,
        ...(!last && line),
        session: { strategy: "database", maxAge: 30 * 24 * 60 * 60, updateAge: 24 * 60 * 60 },
        providers: [stage.server.provider(), provider(authorize)],
        callbacks: {
          async session({ session, user }) {
            if (session.user) session.user.id = user.id
            return session
          },
        },
        ...(last && line),
      })
      const browser = new Browser(app)
      assert.notEqual(outcome(await signIn(browser, { ...ada, password: "wrong" })).path, "/welcome")
      assert.deepEqual([await stored("session"), browser.sessionCookie], [[], undefined])

      const asked = Date.now()
      assert.equal(outcome(await signIn(browser)).path, "/welcome")
      const [row, ...others] = await stored("session")
      assert.deepEqual(others, [])
      assert.equal(row.userId, id)
      assert.equal(browser.sessionCookie.value, row.sessionToken)
      assert.ok(row.expires >= asked + 30 * day && row.expires <= Date.now() + 30 * day)
      assert.ok(Math.abs(browser.sessionCookie.expires - row.expires) <= 2 * second)
      assert.equal((await browser.session()).user.id, id)
      // Past updateAge it is renewed, like every other session.
      const old = Date.now() + 30 * day - day - second
      await stage.adapter.updateSession({ sessionToken: row.sessionToken, expires: new Date(old) })
      await browser.session()
      assert.ok((await stored("session"))[0].expires > old)
      await browser.submit("signout", { callbackUrl: "/bye" })
      assert.deepEqual([await stored("session"), browser.sessionCookie], [[], undefined])
      assert.deepEqual(
        app.errors.filter((error) => !/CredentialsSignin/.test(`${error} ${error?.type}`)),
        [],
      )
    })
  }

  test("only a password, and no strategy: sign in, look, sign out; events and the token generator", async () => {
    const user = await register()
    const events = []
    const passwordSignIn = credentials(stage.adapter, {
      session: { maxAge: 90, generateSessionToken: () => `own-${randomBytes(8).toString("hex")}` },
      events: { signIn: ({ user, account }) => void events.push([user.id, account.type]) },
      rateLimit: false,
    })
    const app = stage.start({ ...passwordSignIn, providers: [provider(passwordSignIn.authorize)] })
    const browser = new Browser(app)
    assert.deepEqual(outcome(await signIn(browser)), { path: "/welcome", error: null })
    const [row] = await stored("session")
    assert.match(row.sessionToken, /^own-/)
    assert.equal(browser.sessionCookie.value, row.sessionToken)
    assert.ok(Math.abs(row.expires - Date.now() - 90 * second) < 60 * second)
    assert.deepEqual(events, [[user.id, "credentials"]])
    const seen = await browser.session()
    assert.equal(seen.user.email, ada.email)
    assert.ok(!JSON.stringify(seen).includes("argon2"))
    assert.deepEqual(app.errors, [])
  })

  test("a wrong password, an unknown address and nonsense answer alike, and open nothing", async () => {
    await register()
    const app = start({ rateLimit: false })
    const answers = []
    for (const given of [
      { ...ada, password: "wrong" },
      { ...ada, email: "grace@example.com" },
      { ...ada, password: "" },
      { email: ada.email },
      { password: ada.password },
      { ...ada, password: "a\0b" },
    ]) {
      const browser = new Browser(app)
      const response = await signIn(browser, given)
      answers.push([response.status, response.headers.get("location"), await response.text()])
      assert.equal(browser.sessionCookie, undefined)
    }
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    assert.deepEqual(await stored("session"), [])
  })

  test("a token that was planted in the browser is worth nothing afterwards", async () => {
    const [mallory, victim] = [await register({ email: "mallory@example.com" }), await register()]
    const app = start()
    const planted = new Browser(app)
    await signIn(planted, { ...ada, email: mallory.email })
    const token = planted.sessionCookie.value
    const browser = new Browser(app)
    browser.setSessionCookie(token)
    await signIn(browser)
    assert.notEqual(browser.sessionCookie.value, token)
    assert.deepEqual(
      (await stored("session")).map(({ userId }) => userId),
      [victim.id],
    )
    assert.equal(await planted.session(), null)
    assert.equal((await browser.session()).user.email, victim.email)
    // A cookie that never was a session: nothing is planted by it.
    browser.setSessionCookie("chosen-by-mallory")
    await signIn(browser)
    assert.notEqual(browser.sessionCookie.value, "chosen-by-mallory")
    assert.equal(await stage.adapter.getSessionAndUser("chosen-by-mallory"), null)
    // A failure ends no session.
    const { value } = browser.sessionCookie
    await signIn(browser, { ...ada, password: "wrong" })
    assert.ok(await stage.adapter.getSessionAndUser(value))
  })

  test("an address that Mallory registered is the owner's after the provider's sign-in", async () => {
    const victim = await register()
    const app = stage.start({
      ...credentials(stage.adapter),
      providers: [
        { ...stage.server.provider(), allowDangerousEmailAccountLinking: true },
        provider(credentials(stage.adapter).authorize),
      ],
    })
    const mallory = new Browser(app)
    await signIn(mallory)
    assert.ok(await mallory.session())
    const owner = new Browser(app)
    await visitOAuth(owner, stage.server, { id: "ada", name: "Ada", email: ada.email })
    assert.equal((await owner.session()).user.email, ada.email)
    assert.deepEqual(
      (await stored("session")).map(({ userId }) => userId),
      [victim.id],
    )
    assert.equal(await mallory.session(), null)
    await signIn(mallory)
    assert.equal(await mallory.session(), null)
  })

  const from = (address) => ({ headers: { "x-real-ip": address } })
  const ip = (request) =>
    typeof request.headers.get === "function" ? request.headers.get("x-real-ip") : request.headers["x-real-ip"]
  const attempt = async (app, given, address) => {
    const browser = new Browser(app)
    const { csrfToken } = await (await browser.open("csrf")).json()
    const body = new URLSearchParams({ csrfToken, callbackUrl: "/welcome", ...given })
    await browser.open("callback/credentials", { method: "POST", body, ...from(address) })
    return browser.sessionCookie !== undefined
  }

  test("guesses at one account from one address are refused beyond the limit, also all at once; its owner is not shut out", async () => {
    await register()
    const limited = []
    const compared = []
    const passwordSignIn = credentials(stage.adapter, {
      ip,
      rateLimit: { perAccountAndAddress: 5, freePerAccount: 100 },
      onLimited: ({ retryAfterMs }) => void limited.push(retryAfterMs),
    })
    const app = stage.start({
      ...passwordSignIn,
      providers: [
        provider(
          passwordSignIn.guard(async (given) => {
            compared.push(given.password)
            return stage.adapter.passwords.verify({ email: given.email, password: given.password })
          }),
        ),
      ],
    })
    const guesses = Array.from({ length: 20 }, (_, n) =>
      attempt(app, { ...ada, password: `guess ${n}` }, "203.0.113.9"),
    )
    assert.deepEqual(await Promise.all(guesses), Array(20).fill(false))
    assert.ok(compared.length <= 5, `${compared.length} compared`)
    assert.ok(limited.length >= 15 && limited.every((ms) => ms > 0 && ms <= 900_000))
    while (compared.length < 5) await attempt(app, { ...ada, password: "guess" }, "203.0.113.9")
    assert.equal(await attempt(app, ada, "203.0.113.9"), false)
    // Another spelling of the address is the same account.
    assert.equal(await attempt(app, { ...ada, email: "ADA@example.com" }, "203.0.113.9"), false)
    assert.equal(await attempt(app, ada, "198.51.100.4"), true)
    // The window goes by.
    await stage.database.rows(`DELETE FROM "verificationToken"`)
    assert.equal(await attempt(app, ada, "203.0.113.9"), true)
  })

  test("one address that tries many accounts is refused beyond the limit", async () => {
    await register()
    const app = start({ ip, rateLimit: { perAddress: 6 } })
    for (let n = 0; n < 6; n++) await attempt(app, { ...ada, email: `nobody-${n}@example.com` }, "203.0.113.9")
    assert.equal(await attempt(app, ada, "203.0.113.9"), false)
    assert.equal(await attempt(app, ada, "198.51.100.4"), true)
  })

  test("guesses from many addresses are slowed, and shut no person out", async () => {
    await register()
    const app = start({ ip, rateLimit: { freePerAccount: 3, longestDelayMs: 400 } })
    const took = []
    for (let n = 0; n < 6; n++) {
      const started = Date.now()
      await attempt(app, { ...ada, password: "guess" }, `203.0.113.${n}`)
      took.push(Date.now() - started)
    }
    assert.ok(took[4] >= 390 && took[5] >= 390, `${took}`)
    assert.equal(await attempt(app, ada, "198.51.100.4"), true)
  })

  /** A table of tokens that keeps no two of them apart, as TypeORM's. */
  async function withoutKeys(t) {
    await stage.database.rows(`ALTER TABLE "verificationToken" RENAME TO "kept_tokens"`)
    await stage.database.rows(`CREATE TABLE "verificationToken" AS SELECT * FROM "kept_tokens" WHERE 1 = 0`)
    const adapter = RustAdapter(stage.database.url)
    t.after(async () => {
      await adapter.close()
      await stage.database.rows(`DROP TABLE "verificationToken"`)
      await stage.database.rows(`ALTER TABLE "kept_tokens" RENAME TO "verificationToken"`)
    })
    return adapter
  }

  for (const keyed of [true, false]) {
    const tokens = keyed ? "" : ", of tokens without a unique key"
    test(`of 200 guesses at once from nowhere in particular, no more are compared than one after the other${tokens}`, async (t) => {
      await register()
      const adapter = keyed ? stage.adapter : await withoutKeys(t)
      const compared = []
      const limited = []
      const passwordSignIn = credentials(adapter, {
        rateLimit: { freePerAccount: 5, longestDelayMs: 2_000 },
        onLimited: ({ retryAfterMs }) => void limited.push(retryAfterMs),
      })
      const authorize = passwordSignIn.guard(async ({ password }) => void compared.push(password))
      const guess = (_, n) => authorize({ email: ada.email, password: `guess ${n}` }, new Request("http://localhost"))
      const began = Date.now()
      const answers = await Promise.all(Array.from({ length: 200 }, guess))
      const took = Date.now() - began
      assert.deepEqual(answers, Array(200).fill(null))
      // Five at once, one in the time of each of the growing delays, and one in each two seconds.
      const most = 5 + 3 + Math.ceil(took / 2_000) + 1
      assert.ok(compared.length <= most, `${compared.length} compared in ${took} ms`)
      assert.equal(compared.length + limited.length, 200)
      assert.ok(limited.every((ms) => ms > 0 && ms <= 2_000))
      // The one who comes next waits, and is not shut out.
      const { email, password } = ada
      assert.equal((await passwordSignIn.guard(adapter.passwords.verify)({ email, password }))?.email, ada.email)
    })
  }

  test("an address that the owner came from before is not slowed by a flood from others", async () => {
    await register()
    const app = start({ ip, rateLimit: { freePerAccount: 3, longestDelayMs: 60_000 } })
    assert.equal(await attempt(app, ada, "198.51.100.4"), true)
    const passwordSignIn = credentials(stage.adapter, { ip, rateLimit: { freePerAccount: 3, longestDelayMs: 100 } })
    const guess = (_, n) =>
      passwordSignIn.authorize({ ...ada, password: "guess" }, new Request("http://localhost", from(`203.0.113.${n}`)))
    await Promise.all(Array.from({ length: 12 }, guess))
    const began = Date.now()
    for (let n = 0; n < 12; n++) await guess(null, n)
    assert.equal(await attempt(app, ada, "198.51.100.4"), true)
    assert.ok(Date.now() - began < 30_000)
  })

  test("where a token is unique by itself, attempts are counted all the same", async (t) => {
    await register()
    await stage.database.rows(`CREATE UNIQUE INDEX "one_token" ON "verificationToken" ("token")`)
    const on = stage.lane.name === "mysql" ? ` ON "verificationToken"` : ""
    t.after(() => stage.database.rows(`DROP INDEX "one_token"${on}`))
    const app = start({ ip, rateLimit: { perAccountAndAddress: 2 } })
    assert.equal(await attempt(app, ada, "203.0.113.9"), true)
    for (let n = 0; n < 2; n++) assert.equal(await attempt(app, { ...ada, password: "slip" }, "203.0.113.9"), false)
    assert.equal(await attempt(app, ada, "203.0.113.9"), false)
    assert.deepEqual(
      app.errors.filter((error) => !/CredentialsSignin/.test(`${error} ${error?.type}`)),
      [],
    )
  })

  test("a success forgets its failures, and rows tell no address", async () => {
    await register()
    const app = start({ ip, rateLimit: { perAccountAndAddress: 3 } })
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 2; n++) assert.equal(await attempt(app, { ...ada, password: "slip" }, "203.0.113.9"), false)
      const rows = await stored("verificationToken")
      assert.ok(rows.length > 0 && !JSON.stringify(rows).includes("ada@") && !JSON.stringify(rows).includes("203.0"))
      assert.equal(await attempt(app, ada, "203.0.113.9"), true)
    }
  })

  test("a database that is away is an error, and no sign-in", async () => {
    const away = RustAdapter("postgres://nobody:x@127.0.0.1:1/none")
    const passwordSignIn = credentials(away)
    const app = new App(stage.framework, {
      adapter: away,
      ...passwordSignIn,
      providers: [provider(passwordSignIn.authorize)],
    })
    const browser = new Browser(app)
    await signIn(browser)
    assert.equal(browser.sessionCookie, undefined)
    // v4 puts the message into the address, and logs nothing.
    if (stage.framework.sessionInCallback) assert.ok(app.errors.length > 0)
    await away.close()
  })
})

test("what credentials() cannot mean is ERR_CONFIG at once", () => {
  const adapter = RustAdapter(":memory:")
  for (const given of [undefined, null, {}, { ...adapter }, 7])
    assert.throws(() => credentials(given), failure("ERR_CONFIG"))
  for (const options of [
    null,
    7,
    { limit: 1 },
    { ip: "1.2.3.4" },
    { rateLimit: true },
    { rateLimit: { perAddress: 0 } },
    { rateLimit: { per: 1 } },
    { session: { strategy: "jwt" } },
    { onLimited: {} },
    { cookieName: 7 },
  ]) {
    assert.throws(() => credentials(adapter, options), failure("ERR_CONFIG"), JSON.stringify(options))
  }
  assert.deepEqual(Object.keys(credentials(adapter)), ["jwt"])
})
