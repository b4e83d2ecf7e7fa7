// The tokens of accounts, encrypted on Auth.js's tables: people sign up, sign in, link, refresh and unlink by Better Auth, and both it and
// Auth.js read the tokens. No token that a provider has issued is in the database.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { formsIn, stolen } from "../../contract/dump.js"
import { newKey } from "../../contract/encryption.js"
import { makeRoom } from "../../swap-in/account-tokens.js"
import { layouts, migrate, onEveryLayout, signInByAuthjs, signInByBetterAuth, Visitor } from "./stage.js"

const keys = [newKey("both")]
const encryption = { keys, plain: "refused" }
const TOKENS = { accessToken: "access_token", refreshToken: "refresh_token" }

const peers = layouts.filter(({ name }) => ["our own tables", "pg", "typeorm"].includes(name))

const person = () => {
  const id = crypto.randomUUID()
  return { id, name: "Ada", email: `${id}@example.com` }
}

onEveryLayout(
  "encrypted tokens on Auth.js's tables",
  (stage) => {
    before(async () => {
      const encrypting = (encryption) => RustAdapter(stage.database.url, { encryption })
      await makeRoom(stage.lane, stage.database, encrypting)
      await migrate(stage.auth().options)
    })
    const lastTokens = () => Object.values(TOKENS).map((name) => stage.server.lastTokens[name])
    const signedIn = async (profile, visitor = new Visitor(stage.auth())) => {
      assert.match((await signInByBetterAuth(stage, visitor, profile)).location ?? "", /\/welcome$/)
      return visitor
    }
    const accountsOf = async (visitor) => {
      const { user } = await visitor.session()
      return (await visitor.auth.$context).internalAdapter.findAccounts(user.id)
    }
    const find = async (visitor, provider) =>
      (await accountsOf(visitor)).find(({ providerId }) => providerId === provider)
    /** What an adapter of Auth.js's that has no keys reads of an account. */
    const stored = (profile, provider = "fake") =>
      (stage.opened.getAccount ?? stage.adapter.getAccount)(profile.id, provider)
    /** Checks that an account is stored encrypted, and that Better Auth and Auth.js read these tokens of it. */
    const holds = async (visitor, profile, provider, expected) => {
      const account = await find(visitor, provider)
      assert.deepEqual(
        Object.keys(TOKENS).map((name) => account[name]),
        expected,
      )
      const row = await stored(profile, provider)
      for (const name of Object.values(TOKENS)) assert.match(row[name], /^raa\.enc1\.both\./)
      const authjs = RustAdapter(stage.database.url, { encryption })
      try {
        const read = await authjs.getAccount(profile.id, provider)
        assert.deepEqual(
          Object.values(TOKENS).map((name) => read[name]),
          expected,
        )
      } finally {
        await authjs.close()
      }
      return account
    }

    test("who signs up with a password has an account without tokens", async () => {
      const grace = new Visitor(stage.auth())
      const { user } = await grace.signUp("grace")
      const [account] = await accountsOf(grace)
      assert.deepEqual([account.providerId, account.userId], ["credential", user.id])
      assert.deepEqual([account.accessToken ?? null, account.refreshToken ?? null], [null, null])
      assert.equal((await new Visitor(grace.auth).signIn(grace.password, grace.email)).status, 200)
      assert.equal((await grace.ask("/get-access-token", { accountId: account.id })).status, 400)
    })

    test("tokens of a sign-in, of the next one and of a refresh are stored, and given", async () => {
      const ada = person()
      await signedIn(ada)
      const [first] = lastTokens()
      const visitor = await signedIn(ada)
      const { id } = await holds(visitor, ada, "fake", lastTokens())
      const { accessToken } = await visitor.must("/get-access-token", { accountId: id })
      assert.equal(accessToken, lastTokens()[0])
      assert.notEqual(accessToken, first)
      const refreshed = await visitor.must("/refresh-token", { accountId: id })
      assert.deepEqual([refreshed.accessToken, refreshed.refreshToken], lastTokens())
      assert.notEqual(refreshed.accessToken, accessToken)
      await holds(visitor, ada, "fake", lastTokens())
      // One that has expired is refreshed on the way.
      const { internalAdapter } = await visitor.auth.$context
      await internalAdapter.updateAccount(id, { accessTokenExpiresAt: new Date(Date.now() - 60_000) })
      const renewed = await visitor.must("/get-access-token", { accountId: id })
      assert.equal(renewed.accessToken, lastTokens()[0])
      assert.notEqual(renewed.accessToken, refreshed.accessToken)
      await holds(visitor, ada, "fake", lastTokens())
    })

    test("accounts are linked, listed and unlinked, each with its own tokens", async () => {
      const ada = person()
      const visitor = await signedIn(ada)
      const own = lastTokens()
      const other = { ...person(), email: ada.email }
      const { location } = await signInByBetterAuth(stage, visitor, other, "other", true)
      assert.match(location ?? "", /\/welcome$/)
      const { id } = await holds(visitor, other, "other", lastTokens())
      await holds(visitor, ada, "fake", own)
      const listed = await visitor.must("/list-accounts")
      assert.deepEqual(listed.map(({ providerId }) => providerId).sort(), ["fake", "other"])
      assert.ok(!/access-|refresh-|raa\.enc1/.test(JSON.stringify(listed)), JSON.stringify(listed))
      await visitor.must("/unlink-account", { accountId: id })
      assert.equal((await stored(other, "other")) ?? null, null)
      await holds(visitor, ada, "fake", own)
    })

    test("what Auth.js links with the same keys, Better Auth reads and refreshes", async (t) => {
      const ada = person()
      const authjs = RustAdapter(stage.database.url, { encryption })
      t.after(() => authjs.close())
      const account = ({ access_token, refresh_token, token_type, scope }) => ({
        access_token,
        refresh_token,
        token_type,
        scope,
      })
      const browser = await signInByAuthjs(
        stage,
        ada,
        stage.app({ adapter: authjs, providers: [stage.server.provider({ account })] }),
      )
      const theirs = lastTokens()
      const { internalAdapter } = await stage.auth().$context
      const { user } = await internalAdapter.findUserByEmail(ada.email)
      const [{ accessToken, refreshToken }] = await internalAdapter.findAccounts(user.id)
      assert.deepEqual([accessToken, refreshToken], theirs)
      const visitor = await signedIn(ada)
      assert.equal((await visitor.session()).user.email, (await browser.session()).user.email)
      const { id } = await holds(visitor, ada, "fake", lastTokens())
      assert.notDeepEqual(lastTokens(), theirs)
      await visitor.must("/refresh-token", { accountId: id })
      await holds(visitor, ada, "fake", lastTokens())
    })

    test("the bytes of the database hold no token and no key", async () => {
      const { issued } = stage.server
      assert.ok(issued.length >= 16, `${issued.length} tokens`)
      const bytes = await stolen(stage.lane, stage.database)
      assert.ok(bytes.includes("raa.enc1.both.") && bytes.includes("grace@example.com"))
      for (const secret of [...issued, Buffer.from(keys[0].key, "base64")])
        assert.deepEqual(formsIn(bytes, secret), [], "a secret is stored")
    })
  },
  {
    peers,
    options: {
      account: { accountLinking: { enabled: true, trustedProviders: ["fake", "other"] } },
    },
    adapterOptions: { encryption },
  },
)
