// E-mail columns that ignore case because an application declared them so: one user for all spellings, and everything else exact.
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"

const caseless = { sqlite: "text COLLATE NOCASE", postgres: "citext" }
const expires = new Date("2040-01-02T03:04:05.678Z")

for (const { name, create } of databases.filter(({ name }) => name in caseless)) {
  test(`${name}: ${caseless[name]}`, { timeout: 30_000 }, async () => {
    const own = await create()
    const text = caseless[name]
    if (name === "postgres") await own.rows("CREATE EXTENSION citext")
    // SQLite's keys ignore case here, too, which no application wants of a token.
    const key = name === "sqlite" ? text : "text"
    await own.rows(`CREATE TABLE "users" ("id" ${key} PRIMARY KEY, "email" ${text} UNIQUE, "name" ${text})`)
    await own.rows(
      `CREATE TABLE "accounts" ("userId" ${key} NOT NULL, "type" text, "provider" ${key}, "providerAccountId" ${key})`,
    )
    await own.rows(
      `CREATE TABLE "sessions" ("sessionToken" ${key} PRIMARY KEY, "userId" ${key} NOT NULL, "expires" bigint NOT NULL)`,
    )
    const adapter = RustAdapter(own.url)
    try {
      const user = await adapter.createUser({ email: "Ada@example.com", name: "Ada" })
      assert.deepEqual(await adapter.getUserByEmail("Ada@example.com"), user)
      assert.deepEqual(await adapter.getUserByEmail("ADA@EXAMPLE.COM"), user)
      assert.equal(await adapter.getUserByEmail("ada@example.org"), null)
      await assert.rejects(adapter.createUser({ email: "aDA@example.com" }), { code: "ERR_UNIQUE" })

      await adapter.createSession({ sessionToken: "Token", userId: user.id, expires })
      await adapter.linkAccount({ userId: user.id, type: "oauth", provider: "p", providerAccountId: "Sub" })
      for (const look of ["first contact", "then on the calling thread"]) {
        assert.equal(await adapter.getSessionAndUser("TOKEN"), null, look)
        assert.equal((await adapter.getSessionAndUser("Token")).user.id, user.id, look)
        assert.equal(await adapter.getUserByAccount({ provider: "p", providerAccountId: "SUB" }), null, look)
        assert.equal((await adapter.getUserByAccount({ provider: "p", providerAccountId: "Sub" })).id, user.id, look)
        assert.equal(await adapter.getUser(user.id.toUpperCase()), null, look)
      }
      assert.equal(await adapter.deleteSession("TOKEN"), null)
      assert.equal((await adapter.deleteSession("Token")).sessionToken, "Token")
    } finally {
      await adapter.close()
      await own.close()
    }
  })
}
