// A user who is deleted by one message and a COMMIT, on MySQL and MariaDB: what goes wrong in the midst of it leaves no transaction open, and what the
// message answers is what a statement of its own would.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newAccount, newSession, newUser } from "../contract/rows.js"
import { enabled } from "../databases.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startMySql9 } from "../servers/mysql9.js"

const timeout = 60_000
const isMySql9 = process.env.TEST_DATABASES === "mysql"

if (enabled("mysql"))
  describe(`a user who is deleted by one message on ${isMySql9 ? "MySQL 9" : "MariaDB"}`, () => {
    let [server, admin, url, adapter] = []
    before(async () => {
      server = isMySql9 ? await startMySql9() : await startMariaDb()
      admin = await mysql.createConnection({ uri: server.url, multipleStatements: true })
      // An account that has to keep to what the server may do.
      await admin.query(`CREATE DATABASE application; CREATE USER writer IDENTIFIED BY 'writes';
        GRANT ALL ON application.* TO writer; USE application`)
      url = Object.assign(new URL(server.url), {
        pathname: "/application",
        username: "writer",
        password: "writes",
      }).href
      adapter = RustAdapter(url, { migrate: true, pool: { max: 1 } })
      await adapter.getUser("nobody")
    })
    after(async () => {
      await adapter?.close()
      await admin?.end()
      await server?.stop()
    })
    const rows = async (text, ...values) => (await admin.query(text, values))[0]

    test("on a server that only reads, nothing is deleted, and later writes are for good", { timeout }, async () => {
      const user = await adapter.createUser(newUser())
      await admin.query("SET GLOBAL read_only = ON")
      // More than once: a connection that is older is given up for a new one.
      for (let time = 0; time < 3; time++) await assert.rejects(adapter.deleteUser(user.id), failure("ERR_READ_ONLY"))
      await admin.query("SET GLOBAL read_only = OFF")
      const other = await adapter.createUser(newUser())
      const found = await rows("SELECT id FROM user WHERE id IN (?, ?)", user.id, other.id)
      assert.equal(found.length, 2, "another connection sees both")
      assert.deepEqual(await rows("SELECT * FROM information_schema.innodb_trx"), [])
      await rows("UPDATE user SET name = 'seen' WHERE id = ?", user.id)
      assert.equal((await adapter.getUser(user.id)).name, "seen")
      assert.deepEqual(await adapter.deleteUser(user.id), { ...user, name: "seen" })
    })

    test("on a server that only reads by the time of COMMIT, no transaction stays open", { timeout }, async () => {
      const user = await adapter.createUser(newUser())
      await adapter.createSession(newSession(user.id))
      const locker = await mysql.createConnection(url)
      await locker.query("BEGIN")
      await locker.query("SELECT * FROM session FOR UPDATE")
      const deletion = adapter.deleteUser(user.id).then(
        () => "deleted",
        ({ code }) => code,
      )
      await sleep(300)
      const closing = admin.query("SET GLOBAL read_only = ON")
      await sleep(300)
      await locker.query("ROLLBACK")
      await locker.end()
      const outcome = await deletion
      await closing
      await admin.query("SET GLOBAL read_only = OFF")
      assert.ok(["deleted", "ERR_READ_ONLY"].includes(outcome), outcome)
      const found = await rows("SELECT id FROM user WHERE id = ?", user.id)
      assert.equal(found.length, outcome === "deleted" ? 0 : 1)
      assert.deepEqual(await rows("SELECT * FROM information_schema.innodb_trx"), [])
      const other = await adapter.createUser(newUser())
      assert.equal((await rows("SELECT id FROM user WHERE id = ?", other.id)).length, 1, "it is committed")
      await adapter.deleteUser(user.id)
    })

    test("values of all sorts are answered as by look-ups", { timeout }, async () => {
      const moments = [null, new Date("2026-01-02T03:04:05.678Z"), new Date("1999-12-31T23:59:59Z")]
      for (const emailVerified of moments) {
        const user = await adapter.createUser(
          newUser({ emailVerified, name: "Zoë 🙂 \\'\"", image: "x".repeat(70_000) }),
        )
        await adapter.linkAccount(newAccount(user.id))
        await adapter.createSession(newSession(user.id))
        const found = await adapter.getUser(user.id)
        assert.deepEqual(await adapter.deleteUser(user.id), found)
        assert.equal(await adapter.deleteUser(user.id), null)
        for (const table of ["account", "session"]) assert.deepEqual(await rows(`SELECT * FROM ${table}`), [])
      }
    })

    test("a date that stands for none is none", { timeout }, async () => {
      const user = await adapter.createUser(newUser({ emailVerified: new Date() }))
      await admin.query("SET SESSION sql_mode = ''")
      await rows("UPDATE user SET emailVerified = '0000-00-00 00:00:00' WHERE id = ?", user.id)
      const found = { ...user, emailVerified: null }
      assert.deepEqual(await adapter.getUser(user.id), found)
      assert.deepEqual(await adapter.deleteUser(user.id), found)
      assert.equal(await adapter.getUser(user.id), null)
    })

    test("ids of other forms are parameters", { timeout }, async () => {
      for (const id of ["a'b", "ada@example.com", "ä", "y".repeat(200), "a b", "1.5", "%"]) {
        const user = await adapter.createUser(newUser({ id }))
        await adapter.createSession(newSession(id))
        assert.deepEqual(await adapter.deleteUser(id), user)
        assert.equal(await adapter.getUser(id), null)
      }
    })
  })
