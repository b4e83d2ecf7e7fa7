// What a write returns is what it wrote, while others write the same row.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"
import { recreate } from "./recreate.js"
import { newAuthenticator, newSession, newUser } from "./rows.js"

const callers = 12
const rounds = 8

/** How the tables are. What a stored value is of a given one: `name`, and the milliseconds of `expires`. */
const kinds = {
  "our tables": { alter: { sqlite: () => {}, postgres: () => {}, mysql: () => {} } },
  "whole seconds": {
    alter: {
      sqlite: (rows) => recreate(rows, "session", [/"expires" integer/, `"expires" datetime`]),
      postgres: (rows) => rows(`ALTER TABLE "session" ALTER "expires" TYPE timestamptz(0)`),
      mysql: (rows) => rows(`ALTER TABLE "session" MODIFY "expires" datetime(0) NOT NULL`),
    },
    seconds: { postgres: true, mysql: true },
  },
  "a trigger": {
    alter: {
      postgres: async (rows) => {
        await rows(
          `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."name" = upper(NEW."name"); RETURN NEW; END $$`,
        )
        await rows(`CREATE TRIGGER shouting BEFORE UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION shout()`)
      },
      mysql: (rows) =>
        rows(`CREATE TRIGGER shouting BEFORE UPDATE ON "user" FOR EACH ROW SET NEW."name" = upper(NEW."name")`),
    },
    name: (given) => given.toUpperCase(),
  },
  // Columns of another application's: the layout is not ours any more.
  "other tables": {
    alter: Object.fromEntries(
      ["sqlite", "postgres", "mysql"].map((name) => [
        name,
        async (rows) => {
          await rows(`DROP TABLE "rust_auth_adapter_migration"`)
          await rows(`ALTER TABLE "user" ADD "nick" varchar(40)`)
        },
      ]),
    ),
    more: (index) => ({ nick: `nick ${index}` }),
  },
}

export function returned(database) {
  for (const [kind, { alter, ...expected }] of Object.entries(kinds)) {
    if (alter[database.name]) describe(kind, () => define(database, alter[database.name], expected))
  }
}

function define(database, alter, { name = (given) => given, seconds = {}, more = () => ({}) }) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.adapter.close()
      await alter(lane.rows)
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })
  const expected = (date) => (seconds[database.name] ? new Date(Math.round(date / 1000) * 1000) : date)
  /** Runs `call(adapter, index)` for all callers at once, through two pools, several times. */
  const race = async (t, call) => {
    const other = RustAdapter(lane.database.url, { ...database.options, pool: { max: 6 } })
    t.after(() => other.close())
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        Array.from({ length: callers }, (_, i) => call([lane.adapter, other][i % 2], round * callers + i)),
      )
    }
  }

  test("updateUser returns its own values", async (t) => {
    const { id } = await lane.user()
    await race(t, async (adapter, i) => {
      const given = {
        id,
        name: `Name ${i}`,
        image: i % 5 ? `image ${i}` : `image ${i} `,
        emailVerified: i % 3 ? new Date(i * 1000) : null,
        ...more(i),
      }
      const updated = await adapter.updateUser(given)
      assert.deepEqual(
        { ...updated, email: undefined },
        { ...updated, ...given, name: name(given.name), email: undefined },
      )
    })
  })

  test("updateUser returns its own values of those that it wrote, and stored ones of the others", async (t) => {
    const { id, email } = await lane.user()
    await race(t, async (adapter, i) => {
      const updated = await adapter.updateUser(i % 2 ? { id, name: `Name ${i}` } : { id, image: null })
      if (i % 2) assert.equal(updated.name, name(`Name ${i}`))
      else assert.equal(updated.image, null)
      assert.equal(updated.email, email)
    })
  })

  test("updateSession returns its own values", async (t) => {
    const session = await lane.adapter.createSession(newSession((await lane.user()).id))
    await race(t, async (adapter, i) => {
      const expires = new Date(Date.UTC(2040, 0, 1) + i * 1000 + (i % 4 ? i : 0))
      assert.deepEqual(await adapter.updateSession({ sessionToken: session.sessionToken, expires }), {
        ...session,
        expires: expected(expires),
      })
    })
  })

  test("updateAuthenticatorCounter returns its own count", async (t) => {
    const authenticator = await lane.adapter.createAuthenticator(newAuthenticator((await lane.user()).id))
    await race(t, async (adapter, counter) => {
      assert.deepEqual(await adapter.updateAuthenticatorCounter(authenticator.credentialID, counter), {
        ...authenticator,
        counter,
      })
    })
  })

  test("createSession returns what it stored, though others change it at once", async () => {
    const { id } = await lane.user()
    for (let round = 0; round < rounds; round++) {
      const given = newSession(id, { expires: new Date(Date.UTC(2041, 0, 1) + round) })
      let made = false
      const change = async () => {
        while (!made) await lane.adapter.updateSession({ sessionToken: given.sessionToken, expires: new Date(0) })
      }
      const create = async () => {
        const created = await lane.adapter.createSession(given).finally(() => (made = true))
        assert.deepEqual(created, { ...given, expires: expected(given.expires) })
      }
      await Promise.all([change(), change(), create(), change()])
    }
  })

  test("createUser returns what it stored, though others change it at once", async () => {
    for (let round = 0; round < rounds; round++) {
      const given = newUser(more(round))
      let made = false
      const change = async () => {
        while (!made)
          await lane.adapter
            .updateUser({ id: given.id, image: "changed" })
            .catch(({ code }) => assert.equal(code, "ERR_NOT_FOUND"))
      }
      const create = async () =>
        assert.deepEqual(await lane.adapter.createUser(given).finally(() => (made = true)), given)
      await Promise.all([change(), change(), create(), change()])
    }
  })
}
