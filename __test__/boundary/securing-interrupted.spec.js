// `npx rust-auth-adapter secure` that is killed in the midst of a table, and two of them at once: each secret is converted once, and
// none is lost.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { newKey } from "../contract/encryption.js"
import { hashOf, newAccount, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startCli } from "./cli.js"
import { atOnce, killHalfWay } from "./half-way.js"

const timeout = 120_000
/** So many sessions, and so many accounts of three tokens. A command is killed when it has converted `KILLED` rows. */
const COUNT = 60
const KILLED = 6
const TOKENS = ["access_token", "refresh_token", "id_token"]
const [first, second] = [newKey("first"), newKey("second")]
const keysOf = (...keys) => ({ RUST_AUTH_ADAPTER_KEYS: keys.map(({ id, key }) => `${id}:${key}`).join(",") })
const isHash = (text) => text.startsWith("sha256:")
const isUnder = (key) => (text) => text.startsWith(`raa.enc1.${key.id}.`)

for (const database of databases) {
  describe(`the command secure, killed and at once, on ${database.name}`, () => {
    const arrange = async (t) => {
      const lane = { ...(await database.create()), name: database.name }
      t.after(lane.close)
      const using = async (options, work) => {
        const adapter = RustAdapter(lane.url, options)
        try {
          return await work(adapter)
        } finally {
          await adapter.close()
        }
      }
      const times = (make) => Promise.all(Array.from({ length: COUNT }, (_, place) => make(place)))
      const sessions = (adapter, userId) => times(() => adapter.createSession(newSession(userId)))
      const [user, accounts, begun] = await using({ migrate: true }, async (adapter) => {
        const user = await adapter.createUser(newUser())
        const link = (place) => adapter.linkAccount(newAccount(user.id, { provider: `p${place % 3}` }))
        return [user, await times(link), await sessions(adapter, user.id)]
      })
      const hashed = await using({ sessionTokens: "hashed" }, (adapter) => adapter.createSession(newSession(user.id)))
      const tokens = [...begun, hashed].map(({ sessionToken }) => sessionToken)

      /** What is stored of each token, by its place. */
      const stored = async () => ({
        sessions: new Map((await lane.stored("session")).map(({ sessionToken: text }) => [plain.get(text), text])),
        accounts: new Map(
          (await lane.stored("account")).flatMap((row) =>
            TOKENS.map((name) => [`${row.provider} ${row.providerAccountId} ${name}`, row[name]]),
          ),
        ),
      })
      const plain = new Map(tokens.flatMap((token) => [token, hashOf(token)].map((text) => [text, token])))
      /** How many of the stored texts are what they are to become. */
      const countOf = (texts, isConverted) => [...texts.values()].filter(isConverted).length
      /** Checks that there is each token once, and that what was converted before is stored as it was. */
      const goesOn = async (before, isConverted) => {
        const now = await stored()
        assert.deepEqual([now.sessions.size, now.accounts.size], [COUNT + 1, COUNT * 3])
        assert.deepEqual([...now.sessions.keys()].sort(), [...tokens].sort())
        for (const kind of ["sessions", "accounts"])
          for (const [place, text] of before?.[kind] ?? [])
            if (isConverted(text)) assert.equal(now[kind].get(place), text, place)
        return now
      }
      /** Checks that each session signs in and each token is read, where an adapter has these options. */
      const allWork = (options) =>
        using(options, async (adapter) => {
          const found = await Promise.all(tokens.map((token) => adapter.getSessionAndUser(token)))
          for (const each of found) assert.equal(each?.user.id, user.id)
          const read = accounts.map((account) => adapter.getAccount(account.providerAccountId, account.provider))
          assert.deepEqual(await Promise.all(read), accounts)
        })
      const start = (keys, ...args) => startCli(["secure", lane.url, "--json", ...args], keysOf(...keys))
      const finished = async (started) => {
        const { code, stdout, stderr } = await started.ended
        assert.deepEqual([code, stderr], [0, ""])
        return JSON.parse(stdout)
      }
      const counting = (table, column, like) => async () =>
        Number((await lane.rows(`SELECT COUNT(*) AS "n" FROM "${table}" WHERE "${column}" LIKE '${like}%'`))[0].n)
      return { lane, stored, countOf, goesOn, allWork, start, finished, counting }
    }

    test("killed in each table, it is brought to its end by the next run", { timeout }, async (t) => {
      const { lane, countOf, goesOn, allWork, start, finished, counting } = await arrange(t)
      const isSecured = (text) => isHash(text) || isUnder(first)(text)
      const fewAtATime = ["--batch-size", "2"]
      const half = { sessionTokens: "hashed", encryption: { keys: [first] } }

      // In the midst of the accounts, which come first.
      await killHalfWay(start([first], ...fewAtATime), lane, counting("account", "access_token", "raa.enc1."), KILLED)
      const accountsBegun = await goesOn()
      const encrypted = countOf(accountsBegun.accounts, isUnder(first))
      assert.ok(encrypted >= KILLED * 3 && encrypted < COUNT * 3, `${encrypted} account tokens`)
      assert.equal(countOf(accountsBegun.sessions, isHash), 1)
      await allWork(half)

      // In the midst of the sessions: of the accounts, the rest has become encrypted meanwhile.
      await killHalfWay(start([first], ...fewAtATime), lane, counting("session", "sessionToken", "sha256:"), KILLED)
      const sessionsBegun = await goesOn(accountsBegun, isSecured)
      assert.equal(countOf(sessionsBegun.accounts, isUnder(first)), COUNT * 3)
      const hashes = countOf(sessionsBegun.sessions, isHash)
      assert.ok(hashes >= KILLED && hashes <= COUNT, `${hashes} hashes`)
      await allWork(half)

      const left = { sessionTokens: COUNT + 1 - hashes, accountTokens: 0, unreadable: 0 }
      assert.deepEqual(await finished(start([first])), left)
      const secured = await goesOn(sessionsBegun, isSecured)
      assert.equal(countOf(secured.sessions, isHash), COUNT + 1)
      await allWork({ sessionTokens: "hashed-only", encryption: { keys: [first], plain: "refused" } })

      // In the midst of the accounts, on their way to another key.
      const rotating = start([second, first], "--rotate", ...fewAtATime)
      await killHalfWay(rotating, lane, counting("account", "access_token", "raa.enc1.second."), KILLED)
      const rotationBegun = await goesOn(secured, isHash)
      const rotated = countOf(rotationBegun.accounts, isUnder(second))
      assert.ok(rotated >= KILLED * 3 && rotated < COUNT * 3, `${rotated} account tokens`)
      await allWork({ sessionTokens: "hashed-only", encryption: { keys: [second, first], plain: "refused" } })
      const rest = { accountTokens: COUNT * 3 - rotated, unreadable: 0 }
      assert.deepEqual(await finished(start([second, first], "--rotate")), rest)
      await goesOn(rotationBegun, (text) => isHash(text) || isUnder(second)(text))
      await allWork({ sessionTokens: "hashed-only", encryption: { keys: [second], plain: "refused" } })
    })

    test("two that come to the first row at once convert each secret once", { timeout }, async (t) => {
      const { lane, countOf, goesOn, allWork, start, finished } = await arrange(t)
      const command = () => start([first], "--batch-size", "3")
      const ends = await atOnce(lane, ["account", "session"], [command, command])
      const [one, other] = await Promise.all(ends.map((end) => finished({ ended: end })))
      const sum = Object.fromEntries(Object.keys(one).map((name) => [name, one[name] + other[name]]))
      assert.deepEqual(sum, { accountTokens: COUNT * 3, sessionTokens: COUNT, unreadable: 0 })
      const secured = await goesOn()
      assert.deepEqual(
        [countOf(secured.accounts, isUnder(first)), countOf(secured.sessions, isHash)],
        [COUNT * 3, COUNT + 1],
      )
      await allWork({ sessionTokens: "hashed-only", encryption: { keys: [first], plain: "refused" } })
    })
  })
}
