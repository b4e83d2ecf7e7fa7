// An error about the way to the database, or about what was waited for there, says where: host, port and database, or the file, as
// properties and in the message. Never the password.
import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import mysql from "mysql2/promise"
import { RustAdapter, RustAdapterError } from "../../index.js"
import { databases } from "../databases.js"
import { clientOf11, startMariaDb11 } from "../servers/mariadb11.js"
import { freePort } from "../servers/port.js"
import { lockSqlite } from "./sqlite-lock.js"

const password = "s3cret p@ss"

/** Checks that `call` fails with `code` at `place`. */
async function failsAt(call, code, place, more = {}) {
  const error = await call().then(
    () => assert.fail("no rejection"),
    (reason) => reason,
  )
  assert.ok(error instanceof RustAdapterError, error.stack)
  assert.equal(error.code, code, `${error.stack}\n${error.cause}`)
  const found = { host: error.host, port: error.port, database: error.database, file: error.file }
  assert.deepEqual(found, { host: undefined, port: undefined, database: undefined, file: undefined, ...place })
  for (const [name, value] of Object.entries(place))
    assert.ok(error.message.includes(`${name} ${value}`), error.message)
  for (const [name, pattern] of Object.entries(more)) assert.match(String(error[name]), pattern)
  const said = [error.stack, JSON.stringify(error), error.cause?.stack].join("\n")
  for (const secret of [password, encodeURIComponent(password), "s3cret"]) assert.ok(!said.includes(secret), said)
  return error
}

/** Checks that the adapter names the authentication method of a user, whom the server's own client, given its arguments, can be. */
async function namesTheMethod({ url: address }, user, method, client) {
  const url = new URL(address)
  ;[url.username, url.password] = [user, encodeURIComponent(password)]
  const place = { host: url.hostname, port: url.port, database: url.pathname.slice(1) }
  client("-h", url.hostname, "-P", url.port, "-u", user, `-p${password}`, "-e", "SELECT 1")
  const adapter = RustAdapter(url.href)
  try {
    const message = new RegExp(`authentication method ${method} `)
    await failsAt(() => adapter.getUser("x"), "ERR_CONNECT", place, { message })
  } finally {
    await adapter.close()
  }
}

/** Every way of calling: a look-up alone, look-ups together, a write. */
const calls = {
  "a look-up": (adapter) => adapter.getUser("x"),
  "look-ups together": (adapter) =>
    Promise.all(Array.from({ length: 5 }, (_, index) => adapter.getSessionAndUser(`${index}`))),
  "a write": (adapter) => adapter.createUser({ email: "a@example.com" }),
}

for (const { name, flavour, create } of databases) {
  describe(`where it failed: ${name}`, () => {
    const using = async (url, options, work) => {
      const adapter = RustAdapter(url, options)
      try {
        return await work(adapter)
      } finally {
        await adapter.close()
      }
    }

    if (name === "sqlite") {
      for (const [title, call] of Object.entries(calls)) {
        test(`${title}: a folder that is not there`, () => {
          const file = join(tmpdir(), "no-such-folder", "auth.db")
          return using(`sqlite:${file}`, {}, (adapter) => failsAt(() => call(adapter), "ERR_CONNECT", { file }))
        })
      }
      test("a file by its path from the working directory", () =>
        using("file:./no-such-folder/auth.db", {}, (adapter) =>
          failsAt(() => adapter.getUser("x"), "ERR_CONNECT", { file: join(process.cwd(), "no-such-folder/auth.db") }),
        ))
      test("a lock that another program holds", async (t) => {
        const own = await create()
        t.after(() => own.close())
        await using(`${own.url}?busy_timeout=50`, {}, async (adapter) => {
          await adapter.createUser({ email: "a@example.com" })
          await lockSqlite(t, own.path)
          await failsAt(() => adapter.createUser({ email: "b@example.com" }), "ERR_TIMEOUT", { file: own.path })
        })
      })
      return
    }

    for (const [title, call] of Object.entries(calls)) {
      test(`${title}: a port where no server listens`, async () => {
        const port = String(await freePort())
        const url = `${name}://ada:${encodeURIComponent(password)}@127.0.0.1:${port}/app`
        await using(url, {}, (adapter) =>
          failsAt(() => call(adapter), "ERR_CONNECT", { host: "127.0.0.1", port, database: "app" }),
        )
      })
    }

    test("a password that is wrong, and a database that is not there", async () => {
      const own = await create()
      try {
        for (const change of [
          (url) => (url.password = encodeURIComponent(password)),
          (url) => (url.pathname = "/no_such_database"),
        ]) {
          const url = new URL(own.url)
          change(url)
          const { hostname: host, port, pathname } = url
          const place = { host, port, database: pathname.slice(1) }
          await using(url.href, {}, (adapter) => failsAt(() => adapter.getUser("x"), "ERR_CONNECT", place))
        }
      } finally {
        await own.close()
      }
    })

    test("a lock that another connection holds, and a pool that has no connection left", async () => {
      const own = await create()
      const { hostname: host, port, pathname } = new URL(own.url)
      const place = { host, port, database: pathname.slice(1) }
      try {
        await using(own.url, { migrate: true }, (adapter) => adapter.createUser({ id: "u", email: "a@example.com" }))
        await own.rows("BEGIN")
        await own.rows(`UPDATE "user" SET "name" = 'held'`)
        const pool = { max: 1, operationTimeoutMs: 4000, acquireTimeoutMs: 300 }
        await using(own.url, { pool }, async (adapter) => {
          await adapter.getUser("u")
          const waiting = failsAt(() => adapter.updateUser({ id: "u", name: "waits" }), "ERR_TIMEOUT", place)
          await new Promise((resolve) => setTimeout(resolve, 200))
          await failsAt(() => adapter.createUser({ email: "b@example.com" }), "ERR_TIMEOUT", place)
          await waiting
        })
        await own.rows("ROLLBACK")
      } finally {
        await own.close()
      }
    })

    if (flavour !== "mariadb") return
    test("users of ed25519 and parsec, on MariaDB 11.8: the method is named", { timeout: 300_000 }, async () => {
      const methods = { ed25519: "client_ed25519", parsec: "parsec" }
      const server = await startMariaDb11({ plugins: ["auth_ed25519", "auth_parsec"] })
      const connection = await mysql.createConnection({ uri: server.url })
      try {
        await connection.query("INSTALL SONAME 'auth_ed25519'")
        for (const [method, named] of Object.entries(methods)) {
          const user = `odd_${method}`
          await connection.query(`CREATE USER ${user} IDENTIFIED VIA ${method} USING PASSWORD('${password}')`)
          await connection.query(`GRANT ALL ON *.* TO ${user}`)
          await namesTheMethod({ url: new URL("/mysql", server.url).href }, user, named, clientOf11)
        }
      } finally {
        await connection.end()
        await server.stop()
      }
    })
  })
}
