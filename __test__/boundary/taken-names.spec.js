// A session that looks like ours alone, in which others have prepared statements: PGlite's one session, or a pooler's.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { newAccount, newSession, newVerificationToken, newUser } from "../contract/rows.js"

/** Takes, as another client would, the names that come next. */
const TAKE = `CREATE FUNCTION take_names() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    FOR n IN 1..200 LOOP
      IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'sqlx_s_' || n) THEN
        EXECUTE 'PREPARE sqlx_s_' || n || ' AS SELECT 1';
      END IF;
    END LOOP;
    RETURN NEW;
  END $$`

for (const lane of databases.filter(({ name }) => name === "postgres")) {
  describe(`names of statements that are taken on ${lane.name}`, () => {
    test("every call is made, once, under no name", async (t) => {
      const database = await lane.create()
      const adapter = RustAdapter(database.url, { migrate: true, pool: { max: 1 } })
      t.after(async () => {
        await adapter.close()
        await database.close()
      })
      await adapter.getUser("nobody")
      await database.rows(TAKE)
      for (const table of ["user", "session", "account"]) {
        await database.rows(
          `CREATE TRIGGER "taking" AFTER INSERT OR UPDATE ON "${table}" FOR EACH ROW EXECUTE FUNCTION take_names()`,
        )
      }
      const user = await adapter.createUser(newUser())
      const session = await adapter.createSession(newSession(user.id))
      const account = newAccount(user.id)
      await adapter.linkAccount(account)
      const token = newVerificationToken()
      await adapter.createVerificationToken(token)
      assert.equal((await adapter.useVerificationToken(token))?.token, token.token)
      assert.equal((await adapter.getSessionAndUser(session.sessionToken)).user.id, user.id)
      assert.equal((await adapter.getUserByAccount(account)).id, user.id)
      assert.ok(await adapter.updateSession({ ...session, expires: new Date(2e12) }))
      assert.equal((await adapter.updateUser({ id: user.id, name: "Grace" })).name, "Grace")
      const others = await Promise.all(Array.from({ length: 8 }, () => adapter.createUser(newUser())))
      const count = async (table) => (await database.rows(`SELECT "userId" FROM "${table}"`)).length
      assert.deepEqual([await count("session"), await count("account")], [1, 1])
      assert.equal((await database.rows(`SELECT "id" FROM "user"`)).length, 1 + others.length)
      await adapter.deleteUser(user.id)
      assert.deepEqual([await count("session"), await count("account")], [0, 0])
    })
  })
}
