// Who is signed in with Auth.js stays signed in with Better Auth: sessions in the database and JWTs, and what must not work.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { before, describe, test } from "node:test"
import { betterAuth } from "better-auth"
import { bearer } from "better-auth/plugins"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { base } from "../base.js"
import { bounds } from "./bounds.js"
import { App, secret } from "../../flows/app.js"
import { authCore, nextAuth4 } from "../../flows/frameworks.js"
import { layouts, migrate, more, onEveryLayout, origin, signInByAuthjs, Visitor } from "./stage.js"

const { continueAuthjsSessions, rustAdapter } = more
const PLAIN = "authjs.session-token"
const OWN = "better-auth.session_token"

const peers = layouts.filter(({ name }) => ["our own tables", "drizzle", "typeorm"].includes(name))

const person = () => {
  const id = crypto.randomUUID()
  return { id, name: "Ada", email: `${id}@example.com` }
}

onEveryLayout(
  "sessions go on",
  (stage) => {
    before(() => migrate(stage.auth().options))
    const auth = (options, rest) =>
      stage.auth({ ...rest, plugins: [...stage.options().plugins, continueAuthjsSessions(options)] })
    /** A visitor with these cookies, whose Better Auth has this plugin. */
    const visitor = async (cookies, options, rest) => {
      const visitor = new Visitor(auth(options, rest))
      for (const [name, value] of Object.entries(cookies)) visitor.cookies.set(name, value)
      return visitor
    }
    const signedIn = async () => {
      const profile = person()
      const browser = await signInByAuthjs(stage, profile)
      return { profile, browser, token: browser.sessionCookie.value }
    }
    /** The cookies of a person whose session is a JWT. */
    const jwtCookies = async (framework, profile, extra) => {
      const provider = stage.server.provider()
      // Without the tokens, which are longer than the columns of some layouts.
      const adapter = {
        ...stage.adapter,
        linkAccount: ({ userId, type, provider, providerAccountId }) =>
          stage.adapter.linkAccount({ userId, type, provider, providerAccountId }),
      }
      const callbacks = { jwt: ({ token }) => ({ ...token, ...extra }) }
      const app = new App(framework, {
        adapter,
        providers: [provider],
        session: { strategy: "jwt" },
        callbacks,
      })
      const kept = new Map()
      const open = async (path, init = {}) => {
        const headers = new Headers(init.headers)
        headers.set("cookie", [...kept].map((pair) => pair.join("=")).join("; "))
        const response = await app.handle(new Request(new URL(path, `${origin}/api/auth/`), { ...init, headers }))
        for (const line of response.headers.getSetCookie()) {
          const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)
          if (value === "" || /max-age=0/i.test(line)) kept.delete(name)
          else kept.set(name, value)
        }
        return response
      }
      const { csrfToken } = await (await open("csrf")).json()
      const begun = await open("signin/fake", {
        method: "POST",
        body: new URLSearchParams({ csrfToken, callbackUrl: "/" }),
      })
      await open(await stage.server.agree(begun.headers.get("location"), profile))
      assert.deepEqual(app.errors, [])
      return Object.fromEntries([...kept].filter(([name]) => name.includes("session-token")))
    }
    const sessions = async () => {
      const { adapter } = await stage.auth().$context
      return adapter.count({ model: "session" })
    }

    test("a session of the database is Better Auth's, which gets its cookie for the same row", async () => {
      const { profile, token, browser } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      const before = await sessions()
      const { user, session } = await ada.session()
      assert.deepEqual([user.email, session.token], [profile.email, decodeURIComponent(token)])
      assert.equal(await sessions(), before)
      // Its own cookie is enough from now on, and Auth.js's stays.
      assert.equal(ada.cookies.get(PLAIN), token)
      ada.cookies.delete(PLAIN)
      assert.equal((await ada.session()).session.token, session.token)
      assert.equal((await browser.session()).user.email, profile.email)
    })

    test("the cookie lasts as long as the session, which is not shortened", async () => {
      const { token } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      const { headers, body } = await ada.ask("/get-session")
      const line = headers.getSetCookie().find((each) => each.startsWith(OWN))
      const [, maxAge] = /max-age=(\d+)/i.exec(line)
      assert.ok(Math.abs(maxAge - 30 * 86_400) < 60, line)
      assert.match(line, /HttpOnly/i)
      assert.ok(new Date(body.session.expiresAt) - Date.now() > 29 * 86_400_000)
    })

    test("with finish, Auth.js's cookie goes", async () => {
      const { token } = await signedIn()
      const ada = await visitor({ [PLAIN]: token }, { finish: true, cookie: { domain: "example.com", path: "/app" } })
      const { headers } = await ada.ask("/get-session")
      const line = headers.getSetCookie().find((each) => each.startsWith(`${PLAIN}=`))
      assert.match(line, /Max-Age=0/)
      assert.match(line, /Domain=example\.com/)
      assert.match(line, /Path=\/app/)
      assert.ok(await ada.session())
    })

    test("with finish, it also goes from a browser that has Better Auth's cookie already", async () => {
      const { token } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      await ada.session()
      const later = await visitor(Object.fromEntries(ada.cookies), { finish: true })
      const { session } = await later.session()
      assert.equal(session.token, decodeURIComponent(token))
      assert.deepEqual([...later.cookies.keys()], [OWN])
      // Not while there is nothing in its place.
      const gone = await visitor({ [PLAIN]: "of-a-session-that-has-ended" }, { finish: true })
      assert.equal(await gone.session(), null)
    })

    test("whom Auth.js signs in anew is signed in, though Better Auth's own session has ended", async () => {
      const { token, profile } = await signedIn()
      const before = await visitor({ [PLAIN]: token })
      await before.session()
      await stage.adapter.deleteSession(decodeURIComponent(token))
      const anew = (await signInByAuthjs(stage, profile)).sessionCookie.value
      const cookies = { ...Object.fromEntries(before.cookies), [PLAIN]: anew }
      // A server component, which can set no cookie, is first to ask.
      const headers = new Headers({
        cookie: Object.entries(cookies)
          .map((pair) => pair.join("="))
          .join("; "),
      })
      assert.equal((await before.auth.api.getSession({ headers }))?.user.email, profile.email)
      const ada = await visitor(cookies)
      assert.equal((await ada.session()).session.token, decodeURIComponent(anew))
      ada.cookies.delete(PLAIN)
      assert.equal((await ada.session()).session.token, decodeURIComponent(anew))
      // A cookie that Better Auth has not signed is none.
      const forged = await visitor({ [OWN]: `${anew}.bm8gc2lnbmF0dXJl`, [PLAIN]: anew })
      assert.equal((await forged.session()).session.token, decodeURIComponent(anew))
      assert.equal(await (await visitor({ [OWN]: `${anew}.bm8gc2lnbmF0dXJl` })).session(), null)
    })

    test("any endpoint that wants a session finds it, and a server component too", async () => {
      const { profile, token } = await signedIn()
      // Since when it has been open, Auth.js's row does not say: it is not fresh.
      const { status } = await (await visitor({ [PLAIN]: token })).ask("/list-sessions")
      assert.equal(status, bounds.listsStale ? 200 : 403)
      const ada = await visitor({ [PLAIN]: token }, {}, { session: { freshAge: 0 } })
      const list = await ada.must("/list-sessions")
      assert.deepEqual(
        list.map((session) => session.token),
        [decodeURIComponent(token)],
      )
      const headers = new Headers({ cookie: `${PLAIN}=${token}` })
      assert.equal((await ada.auth.api.getSession({ headers })).user.email, profile.email)
    })

    test("one look-up more at most, and none with Better Auth's cookie", async () => {
      const { token } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      const { adapter } = await ada.auth.$context
      const calls = []
      for (const method of ["findOne", "findMany", "update", "create", "count"]) {
        const original = adapter[method]
        adapter[method] = (call) => (calls.push(method), original(call))
      }
      await ada.session()
      assert.deepEqual(calls.splice(0), ["findOne"])
      await ada.session()
      assert.deepEqual(calls, ["findOne"])
    })

    test("who signs out does not come back", async () => {
      const { token, browser } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      await ada.must("/sign-out", {})
      assert.deepEqual([...ada.cookies.keys()], [])
      assert.equal(await browser.session(), null)
      ada.cookies.set(PLAIN, token)
      assert.equal(await ada.session(), null)
      // Also where Better Auth's cookie is another session's.
      const [one, other] = [await signedIn(), await signedIn()]
      const both = await visitor({ [PLAIN]: one.token })
      await both.session()
      both.cookies.set(PLAIN, other.token)
      await both.must("/sign-out", {})
      assert.equal(await one.browser.session(), null)
      assert.equal(await other.browser.session(), null)
    })

    for (const framework of [authCore, nextAuth4]) {
      describe(`JWTs of ${framework.name}`, () => {
        test("one is exchanged once, for a session that lasts as long", async () => {
          const profile = person()
          const cookies = await jwtCookies(framework, profile)
          const before = await sessions()
          const ada = await visitor(cookies, { secret: ["a later secret", secret] })
          const { user, session } = await ada.session()
          assert.equal(user.email, profile.email)
          assert.equal((await ada.ask("/list-sessions")).status, bounds.listsStale ? 200 : 403) // not fresh
          assert.ok(new Date(session.expiresAt) - Date.now() > 29 * 86_400_000)
          assert.deepEqual([...ada.cookies.keys()], [OWN])
          // Where no cookie can be set, the same token is the same session.
          const replayed = await visitor(cookies, { secret })
          assert.equal((await replayed.session()).session.id, session.id)
          assert.equal(await sessions(), before + 1)
          // After a sign-out it opens nothing, for either of them.
          await ada.must("/sign-out", {})
          for (const again of [replayed, await visitor(cookies, { secret })]) assert.equal(await again.session(), null)
          assert.equal(await sessions(), before)
        })

        for (const generateId of [undefined, "uuid"]) {
          test(`of several requests at once, one opens the session, and all find it${generateId ? `: ids by ${generateId}` : ""}`, async () => {
            const cookies = await jwtCookies(framework, person())
            const before = await sessions()
            const rest = generateId && { advanced: { database: { generateId } } }
            const several = await Promise.all(Array.from({ length: 5 }, () => visitor(cookies, { secret }, rest)))
            const found = await Promise.all(several.map((each) => each.session()))
            assert.equal(new Set(found.map((each) => each?.session.id)).size, 1)
            assert.ok(found[0])
            for (const each of several) assert.ok(each.cookies.has(OWN))
            assert.equal(await sessions(), before + 1)
          })
        }

        test("an exchange that fails is made again", async () => {
          const cookies = await jwtCookies(framework, person())
          let refused = 0
          const before = async () => (refused++ === 0 ? false : undefined)
          const ada = await visitor(cookies, { secret }, { databaseHooks: { session: { create: { before } } } })
          assert.equal(await ada.session(), null)
          assert.ok((await ada.session()).user)
        })

        test("a sign-out before the exchange uses the token up", async () => {
          const cookies = await jwtCookies(framework, person())
          const ada = await visitor(cookies, { secret })
          await ada.must("/sign-out", {})
          assert.deepEqual([...ada.cookies.keys()], [])
          assert.equal(await (await visitor(cookies, { secret })).session(), null)
        })

        test("a long one comes in pieces, which all go", async () => {
          const profile = person()
          const cookies = await jwtCookies(framework, profile, { roles: "r".repeat(9_000) })
          assert.ok(Object.keys(cookies).length >= 3, Object.keys(cookies).join())
          const ada = await visitor(cookies, { secret })
          assert.equal((await ada.session()).user.email, profile.email)
          assert.deepEqual([...ada.cookies.keys()], [OWN])
        })
      })
    }

    test("a bearer token counts, and Auth.js's cookie beside it does not", async () => {
      const [ada, grace] = [await signedIn(), await signedIn()]
      const own = await visitor({ [PLAIN]: ada.token })
      await own.session()
      const plugins = [...stage.options().plugins, bearer(), continueAuthjsSessions()]
      const headers = new Headers({
        authorization: `Bearer ${decodeURIComponent(own.cookies.get(OWN))}`,
        cookie: `${PLAIN}=${grace.token}`,
      })
      const found = await stage.auth({ plugins }).api.getSession({ headers })
      assert.equal(found?.user.email, ada.profile.email)
    })

    test("the token of a session that Better Auth has opened is no cookie of Auth.js's", async () => {
      const rest = { emailAndPassword: { enabled: true } }
      const ada = await visitor({}, { secret }, rest)
      const { email, name } = person()
      const { token } = await ada.must("/sign-up/email", { email, name, password: "correct horse battery" })
      assert.equal((await ada.session()).session.token, token)
      const profile = person()
      const exchanged = await visitor(await jwtCookies(authCore, profile), { secret })
      for (const stolen of [token, (await exchanged.session()).session.token]) {
        assert.match(stolen, /^better-auth_/)
        const thief = await visitor({ [PLAIN]: stolen }, { secret }, rest)
        assert.equal(await thief.session(), null)
        assert.deepEqual([...thief.cookies.keys()], [PLAIN])
      }
    })

    test("what proves nothing opens nothing, and stores nothing", async () => {
      const { token } = await signedIn()
      const jwt = (await jwtCookies(authCore, person()))[PLAIN]
      const [header, , iv, content, tag] = jwt.split(".")
      const changed = `${content[0] === "A" ? "B" : "A"}${content.slice(1)}`
      const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")
      const hash = async (text) => Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text)))
      const { adapter } = await stage.auth().$context
      const before = [await sessions(), await adapter.count({ model: "verification" })]
      const attacks = {
        "an unknown token": crypto.randomUUID(),
        "the hash of a token": (await hash(decodeURIComponent(token))).toString("hex"),
        "a token with a changed letter": `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`,
        "a token in other capitals": token.toUpperCase(),
        "a token with a space": `${token}%20`,
        "a NUL character": `${token}%00`,
        "half a percent sign": `${token}%`,
        "an empty one": "",
        SQL: encodeURIComponent("' OR '1'='1"),
        "a changed JWT": [header, "", iv, changed, tag].join("."),
        "a changed tag": [header, "", iv, content, `${tag[0] === "A" ? "B" : "A"}${tag.slice(1)}`].join("."),
        "a changed beginning": [header, "", `${iv[0] === "A" ? "B" : "A"}${iv.slice(1)}`, content, tag].join("."),
        "a cut-off tag": [header, "", iv, content, tag.slice(0, 8)].join("."),
        "a JWT without encryption": [none, "", iv, content, tag].join("."),
        "a header that is no JSON": ["AAAA", "", iv, content, tag].join("."),
        "a very long one": [header, "", iv, "A".repeat(70_000), tag].join("."),
      }
      for (const [what, value] of Object.entries(attacks)) {
        const thief = await visitor({ [PLAIN]: value }, { secret })
        assert.equal(await thief.session(), null, what)
        assert.equal(thief.cookies.has(OWN), false, what)
      }
      for (const [what, options] of Object.entries({
        "no secret": {},
        "another secret": { secret: "another secret" },
      })) {
        assert.equal(await (await visitor({ [PLAIN]: jwt }, options)).session(), null, what)
      }
      // A name that the key was not made for.
      assert.equal(await (await visitor({ "next-auth.session-token": jwt }, { secret })).session(), null)
      assert.deepEqual([await sessions(), await adapter.count({ model: "verification" })], before)
    })

    test("on https only the names count that nothing but https can set", async () => {
      const { profile, token } = await signedIn()
      const secure = { advanced: { useSecureCookies: true } }
      for (const stolen of [PLAIN, "next-auth.session-token"]) {
        assert.equal(await (await visitor({ [stolen]: token }, {}, secure)).session(), null, stolen)
      }
      for (const kept of [`__Secure-${PLAIN}`, `__Host-${PLAIN}`, "__Secure-next-auth.session-token"]) {
        const ada = await visitor({ [kept]: token }, {}, secure)
        assert.equal((await ada.session()).user.email, profile.email, kept)
        assert.ok(ada.cookies.has(`__Secure-${OWN}`))
      }
      assert.equal(await (await visitor({ [`__Secure-${PLAIN}`]: token })).session(), null)
    })

    test("a cookie that a stranger planted does not replace the session that is there", async () => {
      const [ada, mallory] = [await signedIn(), await signedIn()]
      const browser = await visitor({ [PLAIN]: ada.token })
      await browser.session()
      browser.cookies.set(PLAIN, mallory.token)
      assert.equal((await browser.session()).user.email, ada.profile.email)
      // A value that names no session is not taken for a new one.
      const planted = await visitor({ [PLAIN]: "planted-by-mallory" })
      const { body } = await planted.ask("/sign-up/email", {
        name: "Bob",
        email: person().email,
        password: "correct horse battery",
      })
      assert.ok(body.token)
      assert.notEqual(body.token, "planted-by-mallory")
    })

    test("requests of other sites are refused as ever", async () => {
      const { token, browser } = await signedIn()
      const ada = await visitor({ [PLAIN]: token })
      for (const path of ["/sign-out", "/revoke-sessions"]) {
        const { status } = await ada.ask(path, {}, { origin: "https://evil.example" })
        assert.equal(status, 403, path)
      }
      assert.ok(await browser.session())
    })

    test("an expired session does not go on, and a deleted user's neither", async () => {
      const { token, profile } = await signedIn()
      const sessionToken = decodeURIComponent(token)
      await stage.adapter.updateSession({ sessionToken, expires: new Date(Date.now() - 60_000) })
      assert.equal(await (await visitor({ [PLAIN]: token })).session(), null)
      const cookies = await jwtCookies(authCore, profile)
      const { internalAdapter } = await stage.auth().$context
      const { user } = await internalAdapter.findUserByEmail(profile.email)
      await internalAdapter.deleteUser(user.id)
      assert.equal(await (await visitor(cookies, { secret })).session(), null)
    })
  },
  { peers },
)

for (const lane of databases) {
  test(`sessions whose tokens are hashed at rest go on: ${lane.name}`, async () => {
    const database = await lane.create()
    const authjs = RustAdapter(database.url, { migrate: true, sessionTokens: "hashed" })
    const open = rustAdapter(database.url, { tables: "authjs" })
    try {
      const user = await authjs.createUser({ email: "ada@example.com", emailVerified: null })
      const sessionToken = crypto.randomUUID()
      const opened = { sessionToken, userId: user.id, expires: new Date(Date.now() + 86_400_000) }
      await authjs.createSession(opened)
      const [{ sessionToken: stored }] = await database.rows(`SELECT "sessionToken" FROM "session"`)
      assert.match(stored, /^sha256:/)
      const auth = betterAuth({
        ...base,
        database: open,
        session: { freshAge: 0 },
        plugins: [continueAuthjsSessions(), bearer()],
      })
      await migrate(auth.options)
      const visit = (cookies) => {
        const visitor = new Visitor(auth)
        for (const [name, value] of Object.entries(cookies)) visitor.cookies.set(name, value)
        return visitor
      }
      const ada = visit({ [PLAIN]: sessionToken })
      const { user: found, session } = await ada.session()
      assert.deepEqual([found.id, session.token], [user.id, sessionToken])
      assert.equal((await ada.session()).session.token, sessionToken)
      // By the hash, which a reader of the table has, there is no way in, and no way to sign Ada out.
      for (const presented of [stored, stored.toUpperCase()]) {
        const thief = visit({ [PLAIN]: encodeURIComponent(presented) })
        assert.equal(await thief.session(), null)
        await thief.must("/sign-out", {})
        const { body } = await visit({}).ask("/get-session", undefined, { authorization: `Bearer ${presented}` })
        assert.equal(body, null)
      }
      assert.ok(await ada.session())
      // Listed, and ended from Better Auth's side, one by one and with the others.
      const others = Array.from({ length: 3 }, () => ({ ...opened, sessionToken: crypto.randomUUID() }))
      for (const other of others) await authjs.createSession(other)
      const bob = await authjs.createUser({ email: "bob@example.com", emailVerified: null })
      const bobs = { ...opened, sessionToken: crypto.randomUUID(), userId: bob.id }
      await authjs.createSession(bobs)
      const tokens = (await ada.must("/list-sessions")).map(({ token }) => token)
      assert.equal(tokens.length, 4)
      assert.ok(tokens.includes(sessionToken))
      const hashOf = (text) => `sha256:${createHash("sha256").update(text).digest("base64url")}`
      await ada.must("/revoke-session", { token: hashOf(others[0].sessionToken) })
      await ada.must("/revoke-session", { token: hashOf(bobs.sessionToken) })
      assert.equal(await authjs.getSessionAndUser(others[0].sessionToken), null)
      assert.ok(await authjs.getSessionAndUser(others[1].sessionToken))
      await ada.must("/revoke-other-sessions", {})
      for (const other of others) assert.equal(await authjs.getSessionAndUser(other.sessionToken), null)
      assert.ok(await authjs.getSessionAndUser(bobs.sessionToken))
      assert.ok(await ada.session())
      await ada.must("/sign-out", {})
      assert.equal(await authjs.getSessionAndUser(sessionToken), null)
    } finally {
      await open.close()
      await authjs.close()
      await database.close()
    }
  })
}

test("options that are wrong are refused", () => {
  for (const options of [
    { secrets: "s" },
    { secret: "" },
    { secret: 5 },
    { finish: "yes" },
    { cookie: { domain: 5 } },
    { cookie: "c" },
  ])
    assert.throws(() => continueAuthjsSessions(options), { code: "ERR_CONFIG" }, JSON.stringify(options))
})
