// What holds on the tables of the hand-written mysql2 adapter, where the database itself guards next to nothing.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { RustAdapter } from "../../index.js"
import { readLines } from "../contract/claims.js"
import { databases } from "../databases.js"
import { tables } from "./peers/mysql2.js"

const AT_ONCE = 10
const NANOID = /^[\w-]{12}$/
const expires = new Date("2030-06-07T08:09:10.123Z")

for (const { name, create } of databases.filter(({ name }) => name === "mysql")) {
  describe(`the mysql2 layout on ${name}`, () => {
    let database, adapter
    before(async () => {
      database = await create()
      for (const table of tables) await database.rows(table)
      adapter = RustAdapter(database.url)
    })
    after(async () => {
      await adapter?.close()
      await database?.close()
    })

    const count = async (table, condition, ...values) =>
      (await database.rows(`SELECT COUNT(*) AS "n" FROM ${table} WHERE ${condition}`, ...values))[0].n
    const newUser = (given) => adapter.createUser({ email: `${randomUUID()}@example.com`, ...given })
    const newAccount = (userId) => ({ provider: "github", type: "oauth", providerAccountId: randomUUID(), userId })
    const newSession = (userId) => ({ sessionToken: randomUUID(), userId, expires })
    async function signedIn() {
      const user = await newUser()
      return {
        user,
        account: await adapter.linkAccount(newAccount(user.id)),
        session: await adapter.createSession(newSession(user.id)),
      }
    }

    test("there is no foreign key", async () => {
      const keys = await database.rows(`SELECT COUNT(*) AS "n" FROM information_schema.table_constraints
        WHERE constraint_type = 'FOREIGN KEY' AND table_schema = DATABASE()`)
      assert.equal(keys[0].n, 0)
    })

    test("ids of users are nanoid(12), with Auth.js’s UUID or without", async () => {
      const users = await Promise.all([...Array(40).keys()].map((n) => newUser(n % 2 ? { id: randomUUID() } : {})))
      for (const user of users) {
        assert.match(user.id, NANOID)
        assert.deepEqual(await adapter.getUser(user.id), user)
      }
      assert.equal(new Set(users.map(({ id }) => id)).size, users.length)
    })

    test("other rows are counted by the database, and their ids are text", async () => {
      const [first, second] = [await signedIn(), await signedIn()]
      for (const row of ["account", "session"]) {
        assert.match(first[row].id, /^[1-9]\d*$/)
        assert.ok(Number(second[row].id) > Number(first[row].id))
      }
    })

    test("created_at and updated_at are filled in, and only updated_at follows a change", async () => {
      const { user, session } = await signedIn()
      const token = await adapter.createVerificationToken({ identifier: user.email, token: randomUUID(), expires })
      const keys = {
        users: ["id", user.id],
        sessions: ["session_token", session.sessionToken],
        accounts: ["user_id", user.id],
        verification_tokens: ["token", token.token],
      }
      const moments = async (table) =>
        (
          await database.rows(`SELECT created_at, updated_at FROM ${table} WHERE ${keys[table][0]} = ?`, keys[table][1])
        )[0]
      for (const table in keys) {
        for (const moment of Object.values(await moments(table)))
          assert.ok(Math.abs(moment - Date.now()) < 60_000, `${table}: ${moment}`)
      }
      const changes = {
        users: () => adapter.updateUser({ id: user.id, name: "changed" }),
        sessions: () => adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date() }),
      }
      for (const [table, change] of Object.entries(changes)) {
        await database.rows(
          `UPDATE ${table} SET created_at = '2020-01-01', updated_at = '2020-01-01' WHERE ${keys[table][0]} = ?`,
          keys[table][1],
        )
        await change()
        const { created_at, updated_at } = await moments(table)
        assert.equal(created_at, Date.parse("2020-01-01T00:00:00Z"))
        assert.ok(Math.abs(updated_at - Date.now()) < 60_000)
      }
    })

    test("deleteUser takes the user’s sessions and accounts along, and no other user’s", async () => {
      const [gone, stays] = [await signedIn(), await signedIn()]
      await adapter.createSession(newSession(gone.user.id))
      assert.deepEqual(await adapter.deleteUser(gone.user.id), gone.user)
      for (const table of ["sessions", "accounts"]) {
        assert.equal(await count(table, "user_id = ?", gone.user.id), 0)
        assert.equal(await count(table, "user_id = ?", stays.user.id), 1)
      }
      assert.deepEqual(await adapter.getSessionAndUser(stays.session.sessionToken), {
        session: stays.session,
        user: stays.user,
      })
    })

    test("a session whose user is gone is no session, and an account leads to no user", async () => {
      const { user, session, account } = await signedIn()
      await database.rows("DELETE FROM users WHERE id = ?", user.id)
      assert.equal(await count("sessions", "user_id = ?", user.id), 1)
      assert.equal(await adapter.getSessionAndUser(session.sessionToken), null)
      assert.equal(await adapter.getUserByAccount(account), null)
    })

    test("a person whose user is gone can sign up again with the same account", async () => {
      const { user, account } = await signedIn()
      await database.rows("DELETE FROM users WHERE id = ?", user.id)
      const again = await newUser()
      const key = { provider: account.provider, providerAccountId: account.providerAccountId }
      await Promise.all(
        Array.from({ length: AT_ONCE }, () => adapter.linkAccount({ ...key, type: "oauth", userId: again.id })),
      )
      assert.deepEqual(await adapter.getUserByAccount(key), again)
      assert.equal(await count("accounts", "provider_account_id = ?", key.providerAccountId), 1)
    })

    test("a token of OAuth 1 is stored under the name that the provider gives it", async () => {
      const { id } = await newUser()
      const given = { ...newAccount(id), oauth_token: "token", oauth_token_secret: "secret" }
      const { oauth_token, oauth_token_secret } = await adapter.linkAccount(given)
      assert.deepEqual({ oauth_token, oauth_token_secret }, { oauth_token: "token", oauth_token_secret: "secret" })
      assert.equal(await count("accounts", "oauth_token = 'token' AND oauth_token_secret = 'secret'"), 1)
    })

    test(`${AT_ONCE} identical linkAccount at once make one row`, async () => {
      const { id } = await newUser()
      for (let round = 0; round < 5; round++) {
        const account = newAccount(id)
        const rows = await Promise.all(Array.from({ length: AT_ONCE }, () => adapter.linkAccount(account)))
        for (const row of rows) assert.deepEqual(row, rows[0])
        assert.equal(await count("accounts", "provider_account_id = ?", account.providerAccountId), 1)
      }
    })

    test("of several users who link one account at once, one gets it", async () => {
      const users = await Promise.all(Array.from({ length: AT_ONCE }, () => newUser()))
      const account = newAccount()
      const results = await Promise.allSettled(users.map(({ id }) => adapter.linkAccount({ ...account, userId: id })))
      const refusals = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code)
      assert.deepEqual(refusals, Array(AT_ONCE - 1).fill("ERR_UNIQUE"))
      const { value } = results.find(({ status }) => status === "fulfilled")
      assert.equal((await adapter.getUserByAccount(account)).id, value.userId)
      assert.equal(await count("accounts", "provider_account_id = ?", account.providerAccountId), 1)
    })

    test("two processes that link the same accounts at once make one row of each", async () => {
      const { id } = await newUser()
      const accounts = Array.from({ length: 10 }, () => newAccount(id))
      const linked = await linkInProcesses(2, { url: database.url, accounts, times: AT_ONCE })
      assert.equal(linked.flat().length, 2 * accounts.length * AT_ONCE)
      for (const { providerAccountId } of accounts) {
        const rows = await database.rows(`SELECT id FROM accounts WHERE provider_account_id = ?`, providerAccountId)
        assert.equal(rows.length, 1)
        for (const row of linked.flat().filter((row) => row.providerAccountId === providerAccountId))
          assert.equal(row.id, String(rows[0].id))
      }
    })

    test("a session’s milliseconds and a long id_token are stored whole", async () => {
      const { user, session } = await signedIn()
      assert.deepEqual((await adapter.getSessionAndUser(session.sessionToken)).session.expires, expires)
      const given = { ...newAccount(user.id), id_token: "x".repeat(4000), expires_at: 2 ** 31 - 1 }
      const { id_token, expires_at } = await adapter.linkAccount(given)
      assert.deepEqual({ id_token, expires_at }, { id_token: given.id_token, expires_at: given.expires_at })
    })
  })
}

/** What each of `count` processes answers, all begun once all of them are connected. */
async function linkInProcesses(count, work) {
  const program = fileURLToPath(new URL("linker.js", import.meta.url))
  const rivals = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
    child.stdin.write(`${JSON.stringify(work)}\n`)
    return { child, lines: readLines(child.stdout), ended: once(child, "exit") }
  })
  for (const { lines } of rivals) await lines.next()
  for (const { child } of rivals) child.stdin.write("go\n")
  const answers = []
  for (const { lines } of rivals) answers.push(JSON.parse((await lines.next()).value))
  await Promise.all(rivals.map(({ ended }) => ended))
  return answers
}
