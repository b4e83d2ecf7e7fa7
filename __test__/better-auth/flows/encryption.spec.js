// The tokens of accounts, encrypted where they are stored: Better Auth reads and writes them as ever, and a person whose tokens cannot be
// read signs in, links and unlinks.
import { genericOAuth } from "better-auth/plugins"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { formsIn, stolen } from "../../contract/dump.js"
import { newKey } from "../../contract/encryption.js"
import { failure } from "../../contract/failure.js"
import { newAccount, newUser } from "../../contract/rows.js"
import { databases } from "../../databases.js"
import { OidcServer } from "../../flows/oidc-server.js"
import { authUrl } from "../../flows/frameworks.js"
import { openAdapter, ours } from "../adapter.js"
import { onEveryDatabase } from "../stage.js"
import { Visitor } from "./visitor.js"

const ada = { sub: "auth0|ada", name: "Ada Lovelace", email: "ada@example.com", email_verified: true }
const keys = [newKey("one"), newKey("two")]
const TOKENS = ["accessToken", "refreshToken", "idToken"]
const options = { emailAndPassword: { enabled: true }, account: { accountLinking: { allowUnlinkingAll: true } } }

describe("encrypted tokens", () => {
  let server
  before(async () => {
    server = await OidcServer.open()
  })
  after(() => server.close())

  onEveryDatabase("encrypted tokens", { options, adapterOptions: { encryption: { keys } }, own: true }, (stage) => {
    const visitor = () => {
      const { issuer, clientId, clientSecret } = server.provider()
      const discoveryUrl = `${issuer}/.well-known/openid-configuration`
      const redirectURI = `${authUrl}/callback/oidc`
      const scopes = ["openid", "email", "profile"]
      const config = [{ providerId: "oidc", discoveryUrl, clientId, clientSecret, scopes, pkce: true, redirectURI }]
      return new Visitor(stage.auth({ plugins: [genericOAuth({ config })] }))
    }
    const visit = async (browser) => {
      const start = { provider: "oidc", callbackURL: "/welcome", errorCallbackURL: "/error" }
      const { url } = await browser.must("/sign-in/social", start)
      const { search } = new URL(await server.agree(url, ada))
      const { location } = await browser.ask(`/callback/oidc${search}`)
      assert.match(location ?? "", /\/welcome$/)
      return browser.session()
    }
    const person = () => stage.adapter.create({ model: "user", data: { name: "a", email: newUser().email } })
    /** An account with tokens of its own. */
    const linked = async (given) => {
      const { id: userId } = await person()
      const { access_token, refresh_token, id_token, providerAccountId } = newAccount(userId)
      const tokens = { accessToken: access_token, refreshToken: refresh_token, idToken: id_token }
      const data = { userId, providerId: "github", accountId: providerAccountId, ...tokens, ...given }
      return stage.adapter.create({ model: "account", data })
    }
    const byId = ({ id }) => [{ field: "id", value: id }]
    const found = (account) => stage.adapter.findOne({ model: "account", where: byId(account) })
    const stored = async ({ id }) => (await stage.database.rows(`SELECT * FROM "account" WHERE "id" = ?`, id))[0]
    const put = (field, value) => stage.database.rows(`UPDATE "account" SET "${field}" = ?`, value)
    const tokensOf = (account) => TOKENS.map((name) => account[name])
    const refuses = (account, field, details) =>
      assert.throws(() => account[field], failure("ERR_DECRYPT", { table: "account", field, ...details }))

    test("sign-ins store nothing in clear, and Better Auth gives the tokens", async () => {
      const secrets = []
      for (let time = 0; time < 2; time++) {
        const browser = visitor()
        const { user } = await visit(browser)
        const { internalAdapter } = await browser.auth.$context
        const [account] = await internalAdapter.findAccounts(user.id)
        secrets.push(...tokensOf(account))
        const { accessToken } = await browser.must("/get-access-token", { accountId: account.id })
        assert.equal(accessToken, account.accessToken)
        const headers = { authorization: `Bearer ${accessToken}` }
        assert.equal((await (await fetch(`${server.issuer}/me`, { headers })).json()).sub, ada.sub)
        const refreshed = await browser.must("/refresh-token", { accountId: account.id })
        assert.notEqual(refreshed.accessToken, accessToken)
        const [again] = await internalAdapter.findAccounts(user.id)
        assert.equal(again.accessToken, refreshed.accessToken)
        secrets.push(...tokensOf(again))
      }
      const grace = visitor()
      await grace.signUp("grace")
      const bytes = await stolen(stage.lane, stage.database)
      assert.ok(bytes.includes("raa.enc1.one.") && bytes.includes(grace.email))
      assert.equal(secrets.filter((secret) => typeof secret === "string" && secret.length > 20).length, 12)
      for (const secret of [...secrets, grace.password, ...keys.map(({ key }) => Buffer.from(key, "base64"))])
        assert.deepEqual(formsIn(bytes, secret), [], "a secret is stored")
    })

    test("a person whose tokens cannot be read signs in, lists accounts and unlinks", async () => {
      const first = await visit(visitor())
      for (const damage of ["raa.enc1.gone.AAAA", "raa.enc1.one.", "raa.enc7"]) {
        for (const field of TOKENS) await put(field, damage)
        const browser = visitor()
        const { internalAdapter } = await browser.auth.$context
        const [damaged] = await internalAdapter.findAccounts(first.user.id)
        for (const field of TOKENS) refuses(damaged, field)
        assert.equal((await visit(browser)).user.id, first.user.id)
        const [mended] = await internalAdapter.findAccounts(first.user.id)
        assert.ok(tokensOf(mended).every((token) => token.length > 20))
      }
      for (const field of TOKENS) await put(field, "raa.enc1.gone.AAAA")
      const browser = visitor()
      await visit(browser)
      for (const field of TOKENS) await put(field, "raa.enc1.gone.AAAA")
      const [listed, ...more] = await browser.must("/list-accounts")
      assert.deepEqual([listed.providerId, listed.accountId, more], ["oidc", ada.sub, []])
      assert.ok(!TOKENS.some((field) => field in listed))
      assert.notEqual((await browser.ask("/get-access-token", { accountId: listed.id })).status, 200)
      await browser.must("/unlink-account", { accountId: listed.id })
      assert.equal(await stage.count("account"), 0)
    })

    test("every way of reading gives the tokens", async () => {
      const account = await linked()
      assert.equal(tokensOf(await stored(account)).filter((text) => text.startsWith("raa.enc1.one.")).length, 3)
      const { id, userId, accessToken } = account
      assert.deepEqual(await found(account), account)
      assert.deepEqual(
        await stage.adapter.findMany({ model: "account", where: [{ field: "userId", value: userId }] }),
        [account],
      )
      const user = await stage.adapter.findOne({
        model: "user",
        where: [{ field: "id", value: userId }],
        join: { account: true },
      })
      assert.deepEqual(user.account, [account])
      const owned = await stage.adapter.findOne({ model: "account", where: byId(account), join: { user: true } })
      assert.deepEqual([owned.accessToken, owned.user.id], [accessToken, userId])
      for (const select of [["accessToken"], ["refreshToken", "providerId"], ["idToken", "accessToken"]]) {
        const row = await stage.adapter.findOne({ model: "account", where: byId(account), select })
        assert.deepEqual(row, Object.fromEntries(select.map((name) => [name, account[name]])))
      }
      const together = await Promise.all(
        Array.from({ length: 5 }, async () => found(await linked({ accessToken: "own" }))),
      )
      for (const each of together) assert.equal(each.accessToken, "own")
      assert.deepEqual(await stage.adapter.consumeOne({ model: "account", where: byId({ id }) }), account)
    })

    test("every way of writing encrypts them, for the account that the row is", async () => {
      const account = await linked()
      const change = (update, where = byId(account)) => stage.adapter.update({ model: "account", where, update })
      const sealed = async () =>
        assert.ok(tokensOf(await stored(account)).every((text) => text.startsWith("raa.enc1.one.")))
      assert.equal((await change({ accessToken: "changed" })).accessToken, "changed")
      const byKey = ["providerId", "accountId"].map((field) => ({ field, value: account[field] }))
      assert.equal((await change({ accessToken: "by its key" }, byKey)).accessToken, "by its key")
      assert.equal((await found(account)).accessToken, "by its key")
      // As Better Auth does when it links an account that is there.
      const { providerId } = account
      assert.equal((await change({ providerId, accessToken: "with the provider" })).accessToken, "with the provider")
      await sealed()
      const many = (update, where) => stage.adapter.updateMany({ model: "account", where, update })
      assert.equal(await many({ accessToken: "of many" }, byKey), 1)
      assert.equal((await found(account)).accessToken, "of many")
      assert.equal(await many({ accessToken: "of none" }, [{ field: "id", value: "none" }]), 0)
      assert.equal(await change({ accessToken: "of none" }, [{ field: "id", value: "none" }]), null)
      await stage.adapter.transaction(async (adapter) => {
        await adapter.update({ model: "account", where: byId(account), update: { idToken: "within" } })
        assert.equal((await adapter.findOne({ model: "account", where: byId(account) })).idToken, "within")
      })
      assert.equal((await found(account)).idToken, "within")
      await sealed()
      assert.equal((await change({ accessToken: null })).accessToken, null)
      assert.equal((await stored(account)).accessToken, null)
    })

    test("another name of the account goes with all of its tokens", async () => {
      const account = await linked()
      const change = (update) => stage.adapter.update({ model: "account", where: byId(account), update })
      for (const update of [
        { accountId: "other" },
        { providerId: "gitlab" },
        { accountId: "other", accessToken: "x" },
      ]) {
        await assert.rejects(change(update), failure("ERR_INVALID_ARGUMENT", { table: "account" }))
        assert.deepEqual(await found(account), account)
      }
      const tokens = { accessToken: "a", refreshToken: null, idToken: "b" }
      const renamed = await change({ accountId: "other", ...tokens })
      assert.deepEqual(renamed, { ...account, accountId: "other", ...tokens, updatedAt: renamed.updatedAt })
      assert.deepEqual(await found(account), renamed)
      await change({ accessToken: null, idToken: null })
      assert.equal((await change({ providerId: "gitlab" })).providerId, "gitlab")
    })

    test("what no encrypted token can do is refused", async () => {
      const [one, other] = [await linked(), await linked()]
      const refused = failure("ERR_INVALID_ARGUMENT", { table: "account" })
      const where = [{ field: "accessToken", value: one.accessToken }]
      await assert.rejects(stage.adapter.findOne({ model: "account", where }), refused)
      await assert.rejects(stage.adapter.findMany({ model: "account", where }), refused)
      await assert.rejects(stage.adapter.deleteMany({ model: "account", where }), refused)
      const sortBy = { field: "accessToken", direction: "asc" }
      await assert.rejects(stage.adapter.findMany({ model: "account", sortBy }), refused)
      const several = [{ field: "providerId", value: "github" }]
      const update = { accessToken: "of all" }
      await assert.rejects(stage.adapter.updateMany({ model: "account", where: several, update }), refused)
      const none = [{ field: "accessToken", value: null }]
      assert.deepEqual(await stage.adapter.findMany({ model: "account", where: none }), [])
      for (const account of [one, other]) assert.deepEqual(await found(account), account)
    })

    test("a token is read in its own place alone", async () => {
      const [one, other] = [await linked(), await linked()]
      const [row, theirs] = [await stored(one), await stored(other)]
      const attacks = [
        ["accessToken", row.refreshToken],
        ["refreshToken", row.accessToken],
        ["idToken", row.accessToken],
        ["accessToken", theirs.accessToken],
        ["accessToken", row.accessToken.slice(0, -4)],
        ["accessToken", row.accessToken.replace("enc1", "enc0")],
        ["accessToken", row.accessToken.replace(".one.", ".two.")],
        ["accessToken", row.accessToken.replace(".one.", ".three.")],
      ]
      for (const [field, value] of attacks) {
        await stage.database.rows(`UPDATE "account" SET "${field}" = ? WHERE "id" = ?`, value, one.id)
        const read = await found(one)
        refuses(read, field)
        assert.ok(!(field in { ...read }))
        await stage.database.rows(`UPDATE "account" SET "${field}" = ? WHERE "id" = ?`, row[field], one.id)
        assert.deepEqual(await found(one), one)
      }
    })

    test("what Auth.js has stored of an account reads the same", async (t) => {
      const elsewhere = await stage.lane.create()
      t.after(() => elsewhere.close())
      const adapter = RustAdapter(elsewhere.url, { migrate: true, encryption: { keys } })
      t.after(() => adapter.close())
      const user = await adapter.createUser(newUser())
      const theirs = await adapter.linkAccount(newAccount(user.id))
      const [row] = await elsewhere.stored("account")
      const mine = await linked({ providerId: theirs.provider, accountId: theirs.providerAccountId })
      for (const [field, column] of Object.entries({
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
      })) {
        await stage.database.rows(`UPDATE "account" SET "${field}" = ? WHERE "id" = ?`, row[column], mine.id)
        assert.equal((await found(mine))[field], theirs[column])
      }
    })
  })

  for (const lane of databases.filter(({ name }) => name !== "sqlite")) {
    test(`columns without room are refused at first contact: ${lane.name}`, async (t) => {
      const database = await lane.create()
      t.after(() => database.close())
      const opened = await openAdapter(database, { encryption: { keys } })
      t.after(() => opened.close())
      await (await ours()).migrate({ ...options, database: opened.database })
      const change = lane.name === "postgres" ? `ALTER COLUMN "idToken" TYPE` : `MODIFY "idToken"`
      await database.rows(`ALTER TABLE "account" ${change} varchar(1000)`)
      const adapter = opened.database(options)
      const where = [{ field: "id", value: "x" }]
      let said
      await assert.rejects(adapter.findOne({ model: "account", where }), (error) => {
        said = error.message
        return failure("ERR_SCHEMA", { table: "account", field: "idToken", message: /room for 1000 characters/ })(error)
      })
      await database.rows(/: (ALTER TABLE .*;)$/.exec(said)[1].replaceAll("`", '"'))
      assert.equal(await adapter.findOne({ model: "account", where }), null)
    })
  }

  test("options are shown without the keys", async () => {
    const { rustAdapter } = await ours()
    const database = rustAdapter("sqlite::memory:", { encryption: { keys } })
    const adapter = database(options)
    const shown = JSON.stringify([adapter, adapter.options, { ...database }])
    assert.ok(!keys.some(({ key }) => shown.includes(key)), shown)
    await database.close()
    assert.throws(
      () => rustAdapter("sqlite::memory:", { encryption: { keys: [{ id: "a", key: "secretsecret" }] } }),
      (error) => {
        failure("ERR_CONFIG", { message: /encryption\.keys\[0\]\.key/ })(error)
        return !error.stack.includes("secretsecret")
      },
    )
  })
})
