// Servers that only let us read: what may be read is read, a write is a typed error, and nothing is stored.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { openLane } from "../contract/lane.js"
import { newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"

const timeout = 30_000

for (const database of databases.filter(({ name }) => name !== "sqlite")) {
  describe(`privileges on ${database.name}`, () => {
    const lane = openLane(database)

    const readsOnly = async (url, code, details) => {
      const user = await lane.user()
      // A session that is there: MySQL, which cannot return what it deletes, looks first and deletes only then.
      const { sessionToken } = await lane.adapter.createSession(newSession(user.id))
      const adapter = RustAdapter(url)
      await lane.unchangedBy(async () => {
        assert.deepEqual(await adapter.getUser(user.id), user)
        for (const [method, call] of Object.entries({
          createUser: () => adapter.createUser(newUser()),
          updateUser: () => adapter.updateUser({ id: user.id, name: "x" }),
          deleteUser: () => adapter.deleteUser(user.id),
          deleteSession: () => adapter.deleteSession(sessionToken),
        }))
          await assert.rejects(call(), failure(code, { method, ...details }))
        assert.deepEqual(await adapter.getUser(user.id), user)
      })
      await adapter.close()
    }

    const urlOf = (name, password) => {
      const url = new URL(lane.database.url)
      Object.assign(url, { username: name, password })
      return url.href
    }

    test("a user who may only read: ERR_DATABASE with the SQLSTATE", { timeout }, async (t) => {
      const reader = `reader_${process.pid}`
      const [grants, revokes, sqlState] =
        database.name === "postgres"
          ? [
              [
                `CREATE ROLE ${reader} LOGIN PASSWORD 'reads'`,
                `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`,
              ],
              [`DROP OWNED BY ${reader}`, `DROP ROLE ${reader}`],
              "42501",
            ]
          : [
              [
                `CREATE USER ${reader} IDENTIFIED BY 'reads'`,
                `GRANT SELECT ON "${new URL(lane.database.url).pathname.slice(1)}".* TO ${reader}`,
              ],
              [`DROP USER ${reader}`],
              "42000",
            ]
      for (const statement of grants) await lane.rows(statement)
      t.after(async () => {
        for (const statement of revokes) await lane.rows(statement)
      })
      const url = urlOf(reader, "reads")
      await readsOnly(url, "ERR_DATABASE", { sqlState })
      // To be told to migrate, where there is nothing to migrate, changes nothing about that.
      await assert.rejects(
        RustAdapter(url, { migrate: true, pool: { max: 1 } }).createUser(newUser()),
        failure("ERR_DATABASE"),
      )
    })

    if (database.name === "mysql") {
      // Who may not make triggers is not shown any either.
      for (const privileges of ["SELECT, INSERT, UPDATE, DELETE", "ALL PRIVILEGES"]) {
        test(`a trigger's say in a new row is seen by a user with ${privileges}`, { timeout }, async (t) => {
          const writer = `writer_${process.pid}@work`
          await lane.rows(`CREATE USER ?@'%' IDENTIFIED BY 'writes'`, writer)
          t.after(() => lane.rows("DROP USER ?@'%'", writer))
          await lane.rows(`GRANT ${privileges} ON "${new URL(lane.database.url).pathname.slice(1)}".* TO ?@'%'`, writer)
          await lane.rows(
            `CREATE TRIGGER shouting BEFORE INSERT ON "user" FOR EACH ROW SET NEW."name" = upper(NEW."name")`,
          )
          t.after(() => lane.rows("DROP TRIGGER shouting"))
          const adapter = RustAdapter(urlOf(writer, "writes"))
          t.after(() => adapter.close())
          const user = newUser()
          assert.deepEqual(await adapter.createUser(user), { ...user, name: user.name.toUpperCase() })
        })
      }
    }

    test("a deletion that is refused half way leaves all as it was", { timeout }, async (t) => {
      const name = `deleter_${process.pid}`
      const may = database.name === "postgres" ? "" : `"${new URL(lane.database.url).pathname.slice(1)}".`
      await lane.rows(
        database.name === "postgres"
          ? `CREATE ROLE ${name} LOGIN PASSWORD 'deletes'`
          : `CREATE USER ${name} IDENTIFIED BY 'deletes'`,
      )
      t.after(async () => {
        if (database.name === "postgres") await lane.rows(`DROP OWNED BY ${name}`)
        await lane.rows(database.name === "postgres" ? `DROP ROLE ${name}` : `DROP USER ${name}`)
      })
      // Else all tables count as having triggers.
      if (database.name === "mysql") await lane.rows(`GRANT TRIGGER ON ${may}* TO ${name}`)
      // Of the user's rows, those in "session" are not to be deleted by name.
      for (const table of ["user", "account", "session", "authenticator"])
        await lane.rows(`GRANT SELECT${table === "session" ? "" : ", DELETE"} ON ${may}"${table}" TO ${name}`)
      const user = await lane.user()
      await lane.adapter.createSession(newSession(user.id))
      const adapter = RustAdapter(urlOf(name, "deletes"), { pool: { max: 1 } })
      t.after(() => adapter.close())
      await lane.unchangedBy(async () => {
        await assert.rejects(adapter.deleteUser(user.id), failure("ERR_DATABASE", { method: "deleteUser" }))
        // On the same connection, which would see what it has deleted, and keep it from others.
        assert.deepEqual(await adapter.getUser(user.id), user)
      })
      assert.deepEqual(await lane.adapter.updateUser({ id: user.id, name: "free" }), { ...user, name: "free" })
    })

    if (database.name === "postgres") {
      test("a read-only database: ERR_READ_ONLY", { timeout }, async (t) => {
        const name = new URL(lane.database.url).pathname.slice(1)
        await lane.rows(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
        t.after(() => lane.rows(`ALTER DATABASE ${name} RESET default_transaction_read_only`))
        await readsOnly(`${lane.database.url}?connection_limit=3`, "ERR_READ_ONLY")
      })
    }
  })
}
