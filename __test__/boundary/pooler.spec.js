// Through a real PgBouncer in transaction mode: every transaction may get another server connection, and statements prepared there
// belong to the client that prepared them. No caller ever gets an answer to another one's question.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { connectionCount } from "./connections.js"
import { startProgram } from "./program.js"

const timeout = 120_000
const [postgres] = databases.filter(({ name }) => name === "postgres")

if (postgres) {
  const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL)
  after(() => pooler.stop())

  const withQuery = (url, query) => `${url}?${query}`
  const create = async (options) => {
    const database = await postgres.create(options)
    return { ...database, direct: database.url, url: pooler.through(database.url) }
  }
  /** The two ways to say that there is a pooler. */
  const ways = {
    "?pgbouncer=true": (url) => [withQuery(url, "pgbouncer=true"), {}],
    'pooler: "transaction"': (url) => [url, { pooler: "transaction" }],
  }

  for (const [way, address] of Object.entries(ways)) {
    describe(`PgBouncer, declared by ${way}`, () => {
      const fresh = async (t, rows = 40) => {
        const database = await create()
        t.after(database.close)
        const [url, options] = address(database.url)
        const adapter = RustAdapter(url, { ...options, migrate: true })
        t.after(() => adapter.close())
        const users = await Promise.all(Array.from({ length: rows }, () => adapter.createUser(newUser())))
        const sessions = await Promise.all(users.map(({ id }) => adapter.createSession(newSession(id))))
        const accounts = await Promise.all(users.map(({ id }) => adapter.linkAccount(newAccount(id))))
        return { database, url, options, adapter, users, sessions, accounts }
      }

      test("8 clients over 3 server connections: 2,000 mixed look-ups, no wrong answer", { timeout }, async (t) => {
        const { database, url, options, users, sessions, accounts } = await fresh(t)
        // A pool of its own each; other options make another pool.
        const clients = Array.from({ length: 8 }, (_, i) =>
          RustAdapter(url, { ...options, pool: { max: 2, idleTimeoutMs: 60_000 + i } }),
        )
        t.after(() => Promise.all(clients.map((client) => client.close())))
        let answers = 0
        await Promise.all(
          clients.map(async (client, number) => {
            const lookUps = Array.from({ length: 250 }, (_, i) => async () => {
              const index = (i * 7 + number) % users.length
              const [user, session, account] = [users[index], sessions[index], accounts[index]]
              switch ((i + number) % 6) {
                case 0:
                  return assert.deepEqual(await client.getUser(user.id), user)
                case 1:
                  return assert.deepEqual(await client.getUserByEmail(user.email), user)
                case 2:
                  return assert.deepEqual(await client.getSessionAndUser(session.sessionToken), { session, user })
                case 3:
                  return assert.deepEqual(await client.getUserByAccount(account), user)
                case 4:
                  return assert.deepEqual(await client.getAccount(account.providerAccountId, account.provider), account)
                default:
                  return assert.equal(await client.getUser(`nobody ${i}`), null)
              }
            })
            for (let i = 0; i < lookUps.length; i += 10) {
              await Promise.all(
                lookUps.slice(i, i + 10).map(async (lookUp) => {
                  await lookUp()
                  answers++
                }),
              )
            }
          }),
        )
        assert.equal(answers, 2000)
        const server = await connectionCount({ name: "postgres", rows: database.rows })
        assert.ok(server > 0 && server <= 3, `${server} server connections`)
      })

      test("two processes that read and write at once, no wrong answer", { timeout }, async (t) => {
        const { database, url, options, users, sessions } = await fresh(t, 20)
        const programs = Array.from({ length: 2 }, () =>
          startProgram(
            `
          import assert from "node:assert/strict"
          const adapter = RustAdapter(url, options)
          await Promise.all(given.ids.map(async ([id, sessionToken], i) => {
            for (let round = 0; round < 6; round++) {
              assert.equal((await adapter.getUser(id)).id, id)
              assert.equal((await adapter.getSessionAndUser(sessionToken)).user.id, id)
              const made = await adapter.createUser({ name: "made " + i + round })
              assert.equal((await adapter.updateUser({ id: made.id, image: "i" })).name, made.name)
              const token = { identifier: made.id, token: "t", expires: new Date(0) }
              await adapter.createVerificationToken(token)
              assert.deepEqual(await adapter.useVerificationToken(token), token)
            }
          }))
        `,
            { url, options, ids: users.map(({ id }, i) => [id, sessions[i].sessionToken]) },
          ),
        )
        for (const { ended } of programs) {
          const { code, stderr } = await ended
          assert.equal(code, 0, stderr)
        }
        assert.equal((await database.stored("user")).length, 20 + 2 * 20 * 6)
        assert.deepEqual(await database.stored("verificationToken"), [])
      })

      test("a failed operation leaves no transaction behind", { timeout }, async (t) => {
        const { adapter, users } = await fresh(t, 3)
        for (let i = 0; i < 12; i++) {
          await assert.rejects(adapter.createUser(users[0]), failure("ERR_UNIQUE"))
          await assert.rejects(adapter.createSession(newSession("nobody")), failure("ERR_FOREIGN_KEY"))
          assert.deepEqual(await adapter.getUser(users[i % 3].id), users[i % 3])
        }
      })

      test("a token has one winner", { timeout }, async (t) => {
        const { adapter } = await fresh(t, 1)
        for (let round = 0; round < 10; round++) {
          const token = await adapter.createVerificationToken(newVerificationToken())
          const results = await Promise.all(Array.from({ length: 20 }, () => adapter.useVerificationToken(token)))
          assert.deepEqual(results.filter(Boolean), [token])
        }
      })
    })
  }

  test("an undeclared pooler: an error at worst, never another one's row", { timeout }, async (t) => {
    const database = await create()
    t.after(database.close)
    const users = await (async () => {
      const adapter = RustAdapter(database.direct, { migrate: true })
      const made = await Promise.all(Array.from({ length: 20 }, () => adapter.createUser(newUser())))
      await adapter.close()
      return made
    })()
    const clients = Array.from({ length: 8 }, (_, i) =>
      RustAdapter(database.url, { pool: { max: 2, idleTimeoutMs: 60_000 + i } }),
    )
    t.after(() => Promise.all(clients.map((client) => client.close())))
    let wrong = 0
    await Promise.all(
      clients.flatMap((client, number) =>
        Array.from({ length: 40 }, async (_, i) => {
          const user = users[(i + number) % users.length]
          const found = i % 2 ? client.getUser(user.id) : client.getUserByEmail(user.email)
          const answer = await found.catch((error) => (assert.match(error.code, /^ERR_/), null))
          if (answer && answer.id !== user.id) wrong++
        }),
      ),
    )
    assert.equal(wrong, 0)
  })
}
