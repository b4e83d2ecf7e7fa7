// Tokens of providers, encrypted where they are stored: each can be read in its own place, by the keys of the application.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { accountTokens } from "../../tokens.js"
import { dumped } from "./dump.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newUser, noTokens } from "./rows.js"

const TOKENS = ["access_token", "refresh_token", "id_token"]
const SEALED = /^raa\.enc1\.([\w-]+)\.[\w-]+$/

export const newKey = (id) => ({ id, key: randomBytes(32).toString("base64") })
const seconds = () => Math.floor(Date.now() / 1000)
const tokensOf = (row) => Object.fromEntries(TOKENS.map((name) => [name, row[name]]))
const idOf = (text) => SEALED.exec(text)?.[1]

/** The account as it was linked can be read but for `field`. */
function refuses(account, field, details) {
  assert.throws(() => account[field], failure("ERR_DECRYPT", { table: "account", field, ...details }))
  assert.ok(!(field in { ...account }) && !JSON.stringify(account).includes(`"${field}"`))
}

export function encryption(database) {
  const keys = [newKey("2026"), newKey("2025")]
  const options = { ...database.options, encryption: { keys } }
  const lane = openLane({ ...database, options })
  /** Adapters on the same database with other options, for the time of one test. */
  const others = (t, encryption) => {
    const other = RustAdapter(lane.database.url, { ...database.options, encryption })
    t.after(() => other.close())
    return other
  }
  const linked = async (given, adapter = lane.adapter) => {
    const user = await adapter.createUser(newUser())
    return { user, account: await adapter.linkAccount(newAccount(user.id, given)) }
  }
  const key = ({ provider, providerAccountId }) => ({ provider, providerAccountId })
  const stored = async (account) => (await lane.storedWhere("account", key(account)))[0]
  const found = (account, adapter = lane.adapter) => adapter.getAccount(account.providerAccountId, account.provider)
  const put = (account, field, value) =>
    lane.rows(
      `UPDATE "account" SET "${field}" = ? WHERE "provider" = ? AND "providerAccountId" = ?`,
      value,
      account.provider,
      account.providerAccountId,
    )
  const never = () => assert.fail("refresh was called")

  describe("what is stored", () => {
    test("tokens are stored encrypted by the first key, and given back as they were", async () => {
      const { account } = await linked()
      const row = await stored(account)
      for (const name of TOKENS) assert.equal(idOf(row[name]), "2026", row[name])
      assert.deepEqual({ ...row, ...tokensOf(account) }, account)
      assert.deepEqual(await found(account), account)
      assert.equal(new Set(TOKENS.map((name) => row[name])).size, 3)
    })

    test("what is no token stays none, and every text comes back", async () => {
      const none = await linked(noTokens)
      assert.deepEqual(await stored(none.account), none.account)
      for (const text of ["", " ", "x".repeat(20_000), "🔑 ключ", "0123", "null", "raa.enx"]) {
        const { account } = await linked({ access_token: text, provider: `p ${text.length}` })
        assert.equal(account.access_token, text)
        assert.equal((await found(account)).access_token, text)
        assert.equal(idOf((await stored(account)).access_token), "2026")
      }
    })

    test("equal tokens are stored as different texts", async () => {
      const [one, other] = [await linked({ access_token: "same" }), await linked({ access_token: "same" })]
      assert.notEqual((await stored(one.account)).access_token, (await stored(other.account)).access_token)
    })

    test("accounts that are linked, read and unlinked at the same time", async () => {
      const user = await lane.user()
      const given = Array.from({ length: 40 }, (_, n) => newAccount(user.id, { provider: `p${n % 4}` }))
      const accounts = await Promise.all(given.map((account) => lane.adapter.linkAccount(account)))
      assert.deepEqual(accounts.map(tokensOf), given.map(tokensOf))
      const rows = await Promise.all(accounts.map(stored))
      for (const row of rows) for (const name of TOKENS) assert.equal(idOf(row[name]), "2026")
      assert.deepEqual(await Promise.all(accounts.map((account) => found(account))), accounts)
      assert.deepEqual(await Promise.all(accounts.map((account) => lane.adapter.unlinkAccount(key(account)))), accounts)
    })

    test("a text that begins as encrypted ones do is refused, and nothing is stored", async () => {
      const user = await lane.user()
      const { account } = await linked()
      const encrypted = (await stored(account)).access_token
      await lane.unchangedBy(async () => {
        for (const access_token of [encrypted, "raa.enc1.", "raa.enc9.a.b"]) {
          await assert.rejects(
            lane.adapter.linkAccount(newAccount(user.id, { access_token })),
            failure("ERR_INVALID_VALUE", { table: "account", field: "access_token" }),
          )
        }
      })
    })

    test("a link that is there already answers, and another user's stays refused", async () => {
      const { user, account } = await linked()
      assert.deepEqual(await lane.adapter.linkAccount({ ...account, access_token: "later" }), account)
      const other = await lane.user()
      await assert.rejects(lane.adapter.linkAccount({ ...account, userId: other.id }), failure("ERR_UNIQUE"))
      assert.equal((await lane.adapter.getUserByAccount(key(account))).id, user.id)
      assert.deepEqual(await lane.adapter.unlinkAccount(key(account)), account)
      assert.equal(await found(account), null)
    })

    test("no table holds any of the secrets", async () => {
      const secrets = []
      for (let round = 0; round < 3; round++) {
        const { user, account } = await linked({ expires_at: seconds() - 1 })
        secrets.push(...Object.values(tokensOf(account)))
        const refreshed = {
          access_token: randomBytes(24).toString("hex"),
          refresh_token: randomBytes(24).toString("hex"),
        }
        await lane.adapter.getAccessToken(user.id, "github", async () => ({ ...refreshed, expires_in: 60 }))
        const signedIn = { ...account, ...refreshed, id_token: randomBytes(24).toString("hex") }
        await accountTokens(lane.adapter)({ account: signedIn })
        secrets.push(...Object.values(refreshed), signedIn.id_token)
        assert.deepEqual(tokensOf(await found(account)), tokensOf(signedIn))
      }
      const dump = await dumped(database, lane.database)
      assert.match(dump, /raa\.enc1\./)
      for (const secret of [...secrets, ...keys.map(({ key }) => key)]) {
        for (const form of ["utf8", "base64", "hex"]) {
          assert.ok(!dump.includes(Buffer.from(secret).toString(form)), "a secret is stored")
        }
      }
    })
  })

  describe("later writes", () => {
    test("accountTokens and getAccessToken encrypt what they store", async () => {
      const { user, account } = await linked({ expires_at: seconds() - 1 })
      const before = await stored(account)
      const seen = []
      const refresh = async (given) => {
        seen.push(given)
        return { access_token: "refreshed", expires_in: 3600 }
      }
      assert.equal(await lane.adapter.getAccessToken(user.id, "github", refresh), "refreshed")
      assert.equal(await lane.adapter.getAccessToken(user.id, "github", never), "refreshed")
      assert.equal(seen[0].refresh_token, account.refresh_token)
      const after = await stored(account)
      assert.equal(idOf(after.access_token), "2026")
      assert.deepEqual([after.refresh_token, after.id_token], [before.refresh_token, before.id_token])
      const { refresh_token, ...again } = { ...account, access_token: "signed in", id_token: "its id" }
      await accountTokens(lane.adapter)({ account: again })
      const last = await found(account)
      assert.deepEqual(tokensOf(last), { access_token: "signed in", refresh_token, id_token: "its id" })
      assert.equal(idOf((await stored(account)).access_token), "2026")
    })

    test("of fifty callers one refreshes, and all get its token", async (t) => {
      const { user, account } = await linked({ expires_at: seconds() - 1 })
      const other = others(t, { keys })
      let calls = 0
      const refresh = async ({ refresh_token }) => {
        calls++
        return { access_token: `after ${refresh_token}`, refresh_token: "rotated", expires_in: 3600 }
      }
      const callers = Array.from({ length: 50 }, (_, n) => (n % 2 ? lane.adapter : other))
      const all = await Promise.all(callers.map((adapter) => adapter.getAccessToken(user.id, "github", refresh)))
      assert.equal(calls, 1)
      assert.deepEqual(new Set(all), new Set([`after ${account.refresh_token}`]))
      assert.equal((await found(account)).refresh_token, "rotated")
    })

    test("a sign-in of an account that is not there stores nothing", async () => {
      const { account } = await linked()
      await lane.unchangedBy(() =>
        accountTokens(lane.adapter)({ account: { ...account, providerAccountId: "another", access_token: "x" } }),
      )
    })
  })

  describe("keys", () => {
    test("the first key writes, and all read", async (t) => {
      const old = others(t, { keys: [keys[1]] })
      const { account } = await linked({}, old)
      assert.equal(idOf((await stored(account)).access_token), "2025")
      assert.deepEqual(await found(account), account)
      await accountTokens(lane.adapter)({ account: { ...account, access_token: "newer" } })
      const row = await stored(account)
      assert.equal(idOf(row.access_token), "2026")
      refuses(await found(account, old), "access_token", { keyId: "2026" })
    })

    test("plain texts are read, and encrypted when they are next written", async (t) => {
      const plain = others(t, undefined)
      const { account } = await linked({}, plain)
      assert.deepEqual(await stored(account), account)
      assert.deepEqual(await found(account), account)
      const { refresh_token, id_token, ...given } = account
      await accountTokens(lane.adapter)({ account: { ...given, access_token: "newer" } })
      const row = await stored(account)
      assert.deepEqual([idOf(row.access_token), row.refresh_token, row.id_token], ["2026", refresh_token, id_token])
      assert.equal((await found(account)).access_token, "newer")
      // Without keys, there is nothing but text.
      assert.equal((await found(account, plain)).access_token, row.access_token)
    })

    test("where plain texts are refused, they are no tokens", async (t) => {
      const strict = others(t, { keys, plain: "refused" })
      const { account } = await linked()
      assert.deepEqual(await found(account, strict), account)
      await put(account, "access_token", "gho_of_an_attacker")
      refuses(await found(account, strict), "access_token", { keyId: undefined })
      assert.equal((await found(account)).access_token, "gho_of_an_attacker")
    })

    test("what cannot be a key is refused by name, and not shown", async () => {
      const { key } = keys[0]
      const refused = [
        ["encryption", null],
        ["encryption", "secret"],
        ["encryption.keys", {}],
        ["encryption.keys", { keys: [] }],
        ["encryption.keys", { keys: key }],
        ["encryption.keys", { keys: [key] }],
        ["encryption.keys", { keys: [keys[0], keys[0]] }],
        ["encryption.keys", { keys: Array.from({ length: 21 }, (_, n) => newKey(`key${n}`)) }],
        ["encryption.keys[0].id", { keys: [{ key }] }],
        ["encryption.keys[0].id", { keys: [{ id: "", key }] }],
        ["encryption.keys[0].id", { keys: [{ id: "a.b", key }] }],
        ["encryption.keys[0].id", { keys: [{ id: 7, key }] }],
        ["encryption.keys[0].key", { keys: [{ id: "a" }] }],
        ["encryption.keys[0].key", { keys: [{ id: "a", key: key.slice(4) }] }],
        ["encryption.keys[1].key", { keys: [keys[0], { id: "a", key: `${key}${key}` }] }],
        ["encryption.keys[0].key", { keys: [{ id: "a", key: Buffer.from(key, "base64").subarray(1) }] }],
        ["encryption.keys[0].key", { keys: [{ id: "a", key: "passwordpasswordpasswordpassword" }] }],
        ["encryption.plain", { keys, plain: true }],
      ]
      for (const [name, encryption] of refused) {
        assert.throws(
          () => RustAdapter(lane.database.url, { encryption }),
          (error) => {
            failure("ERR_CONFIG", { message: new RegExp(`option ${name.replace(/[[\].]/g, "\\$&")} must be`) })(error)
            assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(key.slice(4, 20)), error.message)
            return true
          },
        )
      }
    })

    test("one key in all its forms", async (t) => {
      const { account } = await linked()
      const [{ id, key }] = keys
      const bytes = Buffer.from(key, "base64")
      for (const form of [
        bytes,
        new Uint8Array(bytes),
        bytes.toString("hex"),
        bytes.toString("base64url"),
        ` ${key}\n`,
      ]) {
        assert.deepEqual(await found(account, others(t, { keys: [{ id, key: form }] })), account)
      }
    })
  })

  describe("attacks on what is stored", () => {
    const flipped = (text) => {
      const at = text.length - 9
      return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`
    }
    const damages = {
      "the access token in the place of the refresh token": (row) => ["refresh_token", row.access_token],
      "the refresh token in the place of the access token": (row) => ["access_token", row.refresh_token],
      "the id token in the place of the access token": (row) => ["access_token", row.id_token],
      "the token of another account": (_, other) => ["access_token", other.access_token],
      "the token of the same id at another provider": (_, __, elsewhere) => ["access_token", elsewhere.access_token],
      "another character": (row) => ["access_token", flipped(row.access_token)],
      "another character of the nonce": (row) => [
        "access_token",
        row.access_token.replace(/^(raa\.enc1\.2026\.)(.)/, (_, mark, first) => mark + (first === "A" ? "B" : "A")),
      ],
      "the last character cut off": (row) => ["access_token", row.access_token.slice(0, -1)],
      "the last four characters cut off": (row) => ["access_token", row.access_token.slice(0, -4)],
      "cut off behind the key": (row) => ["access_token", row.access_token.slice(0, 14), { keyId: "2026" }],
      "cut off within the key": (row) => ["access_token", row.access_token.slice(0, 11), { keyId: undefined }],
      "the id of another key": (row) => [
        "access_token",
        row.access_token.replace("2026", "2025"),
        { keyId: "2025", message: /changed or moved/ },
      ],
      "the id of a key that there is not": (row) => [
        "access_token",
        row.access_token.replace("2026", "2019"),
        { keyId: "2019", message: /a key that the option encryption does not have/ },
      ],
      "another version": (row) => ["access_token", row.access_token.replace("enc1", "enc0"), { keyId: undefined }],
      "no mark": (row) => ["access_token", row.access_token.replace("raa.enc1.", ""), { keyId: undefined }, "refused"],
      "a plain token": () => ["access_token", "gho_0123456789", { keyId: undefined }, "refused"],
    }
    for (const [what, damage] of Object.entries(damages)) {
      test(`${what} is refused, and signing in, linking and unlinking go on`, async (t) => {
        const { user, account } = await linked({ expires_at: seconds() + 3600 })
        const other = await linked()
        const elsewhere = await linked({ provider: "gitlab", providerAccountId: account.providerAccountId })
        const rows = await Promise.all([account, other.account, elsewhere.account].map(stored))
        const [field, value, details = { keyId: "2026" }, plain = "accepted"] = damage(...rows)
        const adapter = others(t, { keys, plain })
        await put(account, field, value)

        const given = await found(account, adapter)
        refuses(given, field, details)
        // The others of the row can be read.
        for (const name of TOKENS.filter((name) => name !== field)) assert.equal(given[name], account[name])
        try {
          given[field]
        } catch (error) {
          const said = `${error.stack}${JSON.stringify(error)}`
          assert.ok(![value, account[field]].some((secret) => said.includes(secret)), said)
        }
        if (field === "access_token") {
          await assert.rejects(adapter.getAccessToken(user.id, "github", never), failure("ERR_DECRYPT", { field }))
        }

        assert.equal((await adapter.getUserByAccount(key(account))).id, user.id)
        refuses(await adapter.linkAccount(newAccount(user.id, key(account))), field, details)
        assert.equal((await adapter.listAccounts(user.id)).length, 1)
        const again = { ...account, [field]: "of the next sign-in" }
        await accountTokens(adapter)({ account: again })
        assert.equal((await found(account, adapter))[field], "of the next sign-in")
        await put(account, field, value)
        refuses(await adapter.unlinkAccount(key(account)), field, details)
        assert.equal(await found(account, adapter), null)
      })
    }

    test("a row that is given another account is not that account's", async () => {
      const { account } = await linked()
      await put(account, "providerAccountId", "another")
      const moved = await found({ ...account, providerAccountId: "another" })
      for (const name of TOKENS) refuses(moved, name, { keyId: "2026" })
    })

    test("a token of an account whose names have the same characters in all is not this account's", async () => {
      const one = await linked({ provider: "ab", providerAccountId: "c" })
      const other = await linked({ provider: "a", providerAccountId: "bc" })
      await put(other.account, "access_token", (await stored(one.account)).access_token)
      refuses(await found(other.account), "access_token", { keyId: "2026" })
    })
  })

  if (database.name !== "sqlite") {
    test("columns without room are refused at first contact, with what lengthens them", async (t) => {
      const narrow = await database.create()
      t.after(() => narrow.close())
      const made = RustAdapter(narrow.url, { ...database.options, migrate: true })
      await made.getUser("nobody")
      await made.close()
      for (const [field, type, said] of [
        ["access_token", "varchar(255)", /room for 255 characters/],
        ["refresh_token", "varchar(4095)", /room for 4095 characters/],
        ["id_token", database.name === "postgres" ? "char(255)" : "tinytext", /room for 255 characters/],
      ]) {
        const alter = (type) =>
          narrow.rows(
            database.name === "postgres"
              ? `ALTER TABLE "account" ALTER COLUMN "${field}" TYPE ${type}`
              : `ALTER TABLE "account" MODIFY "${field}" ${type}`,
          )
        await alter(type)
        const adapter = RustAdapter(narrow.url, { ...database.options, encryption: { keys } })
        let refused
        await assert.rejects(adapter.getSessionAndUser("x"), (error) => {
          refused = error
          return failure("ERR_SCHEMA", { table: "account", field, message: said })(error)
        })
        const [, ddl] = /: (ALTER TABLE .*;)$/.exec(refused.message)
        await narrow.rows(ddl.replaceAll("`", '"'))
        assert.equal(await adapter.getSessionAndUser("x"), null)
        const user = await adapter.createUser(newUser())
        const account = await adapter.linkAccount(newAccount(user.id, { [field]: "y".repeat(10_000) }))
        assert.deepEqual(await found(account, adapter), account)
        await adapter.close()
      }
    })
  }
}
