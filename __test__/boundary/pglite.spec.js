// PGlite behind its socket, as `prisma dev` and tests use it: all clients share one session, and a name that one of them gives to a
// statement is taken for all. The adapter finds that out by itself.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { startPglite } from "../servers/pglite.js"

const timeout = 120_000

const OWN_TYPES = `CREATE DOMAIN person AS text;
  CREATE DOMAIN short AS varchar(200);
  CREATE TYPE sort AS ENUM ('oauth', 'oidc', 'email');
  ALTER TABLE "user" ALTER "name" TYPE person, ALTER "image" TYPE short;
  ALTER TABLE "account" ALTER "type" TYPE sort USING "type"::sort, ALTER "scope" TYPE person, ALTER "token_type" TYPE short`

const WATCHED = `CREATE SCHEMA "_prisma_dev_wal";
  CREATE TABLE "_prisma_dev_wal"."events" ("what" text);
  CREATE FUNCTION "_prisma_dev_wal"."capture_event"() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO "_prisma_dev_wal"."events" VALUES (TG_OP); RETURN NULL; END $$;
  ALTER TABLE "user" ADD "age" smallint;
  CREATE TRIGGER "prisma_dev_wal_capture" AFTER INSERT OR UPDATE OR DELETE ON "user"
    FOR EACH ROW EXECUTE FUNCTION "_prisma_dev_wal"."capture_event"()`

/** The server that serves one may not have noticed yet that the one before has gone. */
async function patiently(work) {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === 200) throw error
      await sleep(100)
    }
  }
}

if (!process.env.TEST_DATABASES || process.env.TEST_DATABASES.includes("postgres")) {
  for (const maxConnections of [1, 100]) {
    describe(`PGlite, whose socket serves ${maxConnections} connections`, () => {
      let server
      before(async () => {
        server = await startPglite({ maxConnections })
      })
      after(() => server.stop())

      const run = async (text) => {
        const client = new pg.Client({ connectionString: server.url })
        await client.connect()
        await client.query(text)
        await client.end()
      }

      /** What a client of another kind finds in the session. */
      const look = async () => {
        const client = new pg.Client({ connectionString: server.url })
        await client.connect()
        const rows = async (text) => (await client.query(text)).rows
        const seen = {
          statements: await rows("SELECT name FROM pg_prepared_statements"),
          settings: await rows(
            `SELECT name, setting FROM pg_settings WHERE name IN
              ('statement_timeout', 'lock_timeout', 'search_path', 'default_transaction_isolation') ORDER BY name`,
          ),
        }
        await client.end()
        return seen
      }

      test("calls one after the other, and many at once, before and after a quiet moment", { timeout }, async (t) => {
        const before = await look()
        const adapter = RustAdapter(server.url, { migrate: true })
        t.after(() => adapter.close())
        const user = await adapter.createUser(newUser())
        const session = await adapter.createSession(newSession(user.id))
        const account = await adapter.linkAccount(newAccount(user.id))
        for (let round = 0; round < 3; round++) {
          assert.deepEqual(await adapter.getUser(user.id), user)
          assert.deepEqual(await adapter.getUserByAccount(account), user)
          const people = Array.from({ length: 20 }, () => newUser())
          assert.deepEqual(await Promise.all(people.map((person) => adapter.createUser(person))), people)
          const asked = Array.from({ length: 50 }, () => adapter.getSessionAndUser(session.sessionToken))
          for (const answer of await Promise.all(asked)) assert.deepEqual(answer, { session, user })
          await assert.rejects(adapter.createUser(user), failure("ERR_UNIQUE"))
          const token = await adapter.createVerificationToken(newVerificationToken())
          const used = await Promise.all(Array.from({ length: 5 }, () => adapter.useVerificationToken(token)))
          assert.deepEqual(used.filter(Boolean), [token])
          // In which statements are prepared, where the session is ours.
          await sleep(300)
        }
        await adapter.deleteUser(user.id)
        assert.equal(await adapter.getSessionAndUser(session.sessionToken), null)
        await adapter.close()
        assert.deepEqual(await patiently(look), before)
      })

      test("columns of types of its own, with values and without", { timeout }, async (t) => {
        const maker = RustAdapter(server.url, { migrate: true })
        await maker.getUser("nobody")
        await maker.close()
        const { statements } = await patiently(look)
        assert.deepEqual(statements, [])
        await patiently(() => run(OWN_TYPES))
        for (const round of [1, 2]) {
          // Each round's first statement would get the same name.
          const adapter = RustAdapter(server.url, { pool: { max: round } })
          t.after(() => adapter.close())
          for (const given of [newUser({ name: null, image: null }), newUser({ name: "Ada" })]) {
            assert.deepEqual(await adapter.createUser(given), given)
            assert.equal((await adapter.updateUser({ id: given.id, name: null })).name, null)
            const account = newAccount(given.id, { scope: null, token_type: null })
            await adapter.linkAccount(account)
            assert.equal((await adapter.getAccount(account.providerAccountId, account.provider)).scope, null)
          }
          await adapter.close()
          assert.deepEqual((await patiently(look)).statements, [])
        }
      })

      test("triggers by which prisma dev writes down what is done", { timeout }, async (t) => {
        await patiently(() => run(WATCHED))
        const adapter = RustAdapter(server.url, { pool: { max: 3 } })
        t.after(() => adapter.close())
        const user = await adapter.createUser(newUser())
        const refused = adapter.updateUser({ id: user.id, age: 40_000 })
        // A trigger of another sort might have written to another table.
        await assert.rejects(refused, failure("ERR_INVALID_VALUE", { table: "user", field: "age" }))
        assert.deepEqual(await adapter.getUser(user.id), user)
      })

      // Where it serves one, it refuses the other.
      if (maxConnections === 1) return
      test("two clients at once, each of which gets its own answers", { timeout }, async (t) => {
        const clients = [1, 2].map((number) =>
          RustAdapter(server.url, { migrate: true, pool: { max: 2, idleTimeoutMs: 60_000 + number } }),
        )
        t.after(() => Promise.all(clients.map((client) => client.close())))
        await Promise.all(
          clients.map(async (client) => {
            for (let round = 0; round < 20; round++) {
              const user = await client.createUser(newUser())
              assert.deepEqual(await client.getUserByEmail(user.email), user)
              assert.equal((await client.updateUser({ id: user.id, name: "renamed" })).name, "renamed")
              if (round % 10 === 0) await sleep(100)
            }
          }),
        )
      })
    })
  }
}
