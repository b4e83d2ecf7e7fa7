// Access tokens that are refreshed by one caller of all processes, and the tokens of later sign-ins.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { inspect } from "node:util"
import { runProgram } from "../boundary/program.js"
import { RustAdapter } from "../../index.js"
import { accountTokens } from "../../tokens.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newUser } from "./rows.js"

const seconds = () => Math.floor(Date.now() / 1000)

export function tokens(database) {
  const lane = openLane(database)
  /** A user with an account whose token expires in so many seconds. */
  async function linked(expiresIn, given) {
    const user = await lane.user()
    const expires_at = expiresIn === null ? null : seconds() + expiresIn
    const account = await lane.adapter.linkAccount(newAccount(user.id, { expires_at, ...given }))
    return { user, account }
  }
  const stored = async ({ providerAccountId }) => (await lane.storedWhere("account", { providerAccountId }))[0]
  const never = () => assert.fail("refresh was called")

  describe("getAccessToken", () => {
    test("gives a token that is valid as it is stored", async () => {
      for (const expiresIn of [3600, null]) {
        const { user, account } = await linked(expiresIn)
        assert.equal(await lane.adapter.getAccessToken(user.id, "github", never), account.access_token)
      }
      assert.equal(await lane.adapter.getAccessToken((await lane.user()).id, "github", never), null)
      const { user } = await linked(3600)
      assert.equal(await lane.adapter.getAccessToken(user.id, "gitlab", never), null)
    })

    test("refreshes one that has expired, or is about to, and stores what comes back", async () => {
      for (const expiresIn of [-3600, 10]) {
        const { user, account } = await linked(expiresIn)
        const seen = []
        const refresh = async (given) => {
          seen.push(given)
          return { access_token: "new access", expires_in: 3600, scope: "openid" }
        }
        assert.equal(await lane.adapter.getAccessToken(user.id, "github", refresh), "new access")
        assert.equal(await lane.adapter.getAccessToken(user.id, "github", never), "new access")
        assert.deepEqual(seen, [account])
        const row = await stored(account)
        assert.ok(Math.abs(row.expires_at - seconds() - 3600) < 30)
        const { expires_at, ...rest } = account
        assert.deepEqual(row, { ...rest, access_token: "new access", scope: "openid", expires_at: row.expires_at })
      }
    })

    test("what a provider answers besides is stored as far as it can be", async () => {
      const ends = new Date(Math.floor(Date.now() / 1000 + 3600) * 1000)
      const inAnHour = ends.getTime() / 1000
      const soon = seconds() + 90
      const odd = [
        [{ expires_at: ends }, inAnHour],
        [{ expires_at: ends.toISOString() }, inAnHour],
        [{ expires_at: String(inAnHour) }, inAnHour],
        [{ expires_in: null }, null],
        [{ expires_in: "" }, null],
        [{ expires_in: 3600n }, inAnHour],
        // The provider is asked again soon.
        [{ expires_in: "soon" }, soon],
        [{ expires_in: Infinity }, soon],
        [{ expires_at: new Date(NaN) }, soon],
        [{ expires_at: inAnHour, scope: ["openid", "email"] }, inAnHour],
        [{ expires_at: inAnHour, id_token: { not: "a text" } }, inAnHour],
      ]
      for (const [answer, expected] of odd) {
        const { user, account } = await linked(-1)
        const refresh = async () => ({ access_token: "new access", refresh_token: "new refresh", ...answer })
        assert.equal(await lane.adapter.getAccessToken(user.id, "github", refresh), "new access")
        const { expires_at, scope, id_token, ...row } = await stored(account)
        const told = inspect(answer)
        assert.deepEqual([row.access_token, row.refresh_token], ["new access", "new refresh"], told)
        if (expected === null) assert.equal(expires_at, null, told)
        else assert.ok(Math.abs(expires_at - expected) < 30, `${told}: ${expires_at}`)
        assert.deepEqual([scope, id_token], [account.scope, account.id_token], told)
      }
    })

    test("of fifty callers one refreshes, and all get its token", async () => {
      const { user, account } = await linked(-1)
      let calls = 0
      const refresh = async ({ refresh_token }) => {
        calls++
        await sleep(50)
        return { access_token: `after ${refresh_token}`, refresh_token: "rotated", expires_in: 3600 }
      }
      const other = RustAdapter(lane.database.url, { ...database.options, pool: { max: 3 } })
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 ? lane.adapter : other).getAccessToken(user.id, "github", refresh)),
      )
      await other.close()
      assert.equal(calls, 1)
      assert.deepEqual(new Set(all), new Set([`after ${account.refresh_token}`]))
      assert.equal((await stored(account)).refresh_token, "rotated")
    })

    test("of several processes one refreshes", { timeout: 60_000 }, async () => {
      if (lane.database.url.includes(":memory:")) return
      const { user } = await linked(-1)
      const program = `
        const adapter = RustAdapter(url)
        let calls = 0
        const tokens = await Promise.all(Array.from({ length: 5 }, () => adapter.getAccessToken(given.user, "github", async () => {
          calls++
          await sleep(500)
          return { access_token: "of " + process.pid, expires_in: 3600 }
        })))
        console.log(JSON.stringify({ calls, tokens }))
      `
      const runs = await Promise.all(
        Array.from({ length: 3 }, () => runProgram(program, { url: lane.database.url, user: user.id })),
      )
      const answers = runs.map(({ stdout, stderr }) => {
        assert.ok(stdout, stderr)
        return JSON.parse(stdout)
      })
      assert.equal(
        answers.reduce((sum, { calls }) => sum + calls, 0),
        1,
      )
      assert.equal(new Set(answers.flatMap(({ tokens }) => tokens)).size, 1)
    })

    test("a failure fails all callers that wait, once, and changes nothing", async () => {
      const { user, account } = await linked(-1)
      const before = await stored(account)
      let calls = 0
      const refresh = async () => {
        calls++
        await sleep(20)
        throw new Error("the provider is away")
      }
      const all = await Promise.allSettled(
        Array.from({ length: 10 }, () => lane.adapter.getAccessToken(user.id, "github", refresh)),
      )
      assert.equal(calls, 1)
      for (const { reason } of all) assert.equal(reason.message, "the provider is away")
      assert.deepEqual(await stored(account), before)
      const works = async () => ({ access_token: "later", expires_at: seconds() + 60 })
      assert.equal(await lane.adapter.getAccessToken(user.id, "github", works), "later")
      for (const wrong of [undefined, null, {}, { access_token: 7 }, { access_token: "" }]) {
        const again = await linked(-1)
        const row = await stored(again.account)
        await assert.rejects(
          lane.adapter.getAccessToken(again.user.id, "github", async () => wrong),
          failure("ERR_INVALID_ARGUMENT", { method: "getAccessToken" }),
        )
        assert.deepEqual(await stored(again.account), row)
      }
    })

    test("a process that died while it refreshed is waited for until its lease ends", async () => {
      const { user, account } = await linked(-1)
      let began
      const started = new Promise((resolve) => (began = resolve))
      // It never comes back.
      // Its lease begins later than this.
      const since = Date.now()
      const dead = RustAdapter(lane.database.url, { ...database.options, pool: { max: 3 } })
      const endless = () => (began(), new Promise(() => {}))
      const hung = assert.rejects(
        dead.getAccessToken(user.id, "github", endless, { leaseSeconds: 2 }),
        failure("ERR_TIMEOUT", { method: "getAccessToken" }),
      )
      await started
      const other = await stored(account)
      assert.ok(other.expires_at > 0 && other.expires_at < 1_000_000_000, "to all others it is expired")
      const refresh = async () => ({ access_token: "second", expires_in: 3600 })
      assert.equal(await lane.adapter.getAccessToken(user.id, "github", refresh, { leaseSeconds: 5 }), "second")
      assert.ok(Date.now() - since >= 900, `${Date.now() - since} ms`)
      // Nothing else keeps this process.
      await Promise.all([hung, sleep(5_500)])
      await dead.close()
    })

    test("one who comes back too late stores nothing over newer tokens", async () => {
      const { user, account } = await linked(-1)
      const slow = RustAdapter(lane.database.url, { ...database.options, pool: { max: 3 } })
      const late = slow.getAccessToken(
        user.id,
        "github",
        async () => {
          await sleep(2_500)
          return { access_token: "late", expires_in: 3600 }
        },
        { leaseSeconds: 1 },
      )
      await sleep(100)
      const refresh = async () => ({ access_token: "newer", expires_in: 3600 })
      assert.equal(await lane.adapter.getAccessToken(user.id, "github", refresh, { leaseSeconds: 5 }), "newer")
      await late
      assert.equal((await stored(account)).access_token, "newer")
      await slow.close()
    })

    test("what it cannot mean", async () => {
      const { user } = await linked(-1)
      for (const given of [
        [],
        [user.id],
        [user.id, "github"],
        [undefined, "github", never],
        ["", "github", never],
        [user.id, "", never],
        [user.id, 7, never],
        [user.id, "github", never, 7],
        [user.id, "github", never, { leaseSeconds: "x" }],
        [user.id, "github", never, { leewaySeconds: -1 }],
      ]) {
        await assert.rejects(
          lane.adapter.getAccessToken(...given),
          failure("ERR_INVALID_ARGUMENT", { method: "getAccessToken" }),
        )
      }
    })
  })

  describe("accountTokens", () => {
    test("stores the tokens and the scope of a later sign-in, and nothing else", async () => {
      const { user, account } = await linked(-1)
      const other = await lane.adapter.createUser(newUser())
      const handler = accountTokens(lane.adapter)
      const { refresh_token, ...given } = newAccount(other.id, {
        providerAccountId: account.providerAccountId,
        type: "oauth",
        scope: "openid repo",
        expires_at: 1_900_000_000,
        unknown: { deep: true },
      })
      await handler({ user: other, account: given, profile: {}, isNewUser: false })
      assert.deepEqual(await stored(account), {
        ...account,
        access_token: given.access_token,
        id_token: given.id_token,
        scope: "openid repo",
        expires_at: 1_900_000_000,
      })
      assert.equal((await stored(account)).userId, user.id)
      await handler({ account: { ...given, expires_at: undefined } })
      assert.equal((await stored(account)).expires_at, null)
    })

    test("leaves everything else alone", async () => {
      const { account } = await linked(3600)
      const handler = accountTokens(lane.adapter)
      for (const message of [
        undefined,
        {},
        { account: null },
        { account: { ...account, type: "credentials", access_token: "x" } },
        { account: { ...account, access_token: undefined } },
        { account: { ...account, access_token: "x", providerAccountId: "another" } },
        { account: { ...account, access_token: "x" }, isNewUser: true },
      ]) {
        await lane.unchangedBy(() => handler(message))
      }
      assert.throws(() => accountTokens({ ...lane.adapter }), failure("ERR_CONFIG"))
    })
  })
}
