// What cannot be hashed: tokens that could be found by trying, and columns without room.
import assert from "node:assert/strict"
import { randomBytes, randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { recreate } from "../contract/recreate.js"
import { hashOf, inDays } from "../contract/rows.js"
import { databases } from "../databases.js"
import { openLane } from "./lane.js"

const timeout = 60_000

const random = {
  "Auth.js's own": randomUUID(),
  "16 bytes as hexadecimal digits": randomBytes(16).toString("hex"),
  "32 bytes as hexadecimal digits": randomBytes(32).toString("hex"),
  "16 bytes in base64url": randomBytes(16).toString("base64url"),
  "32 bytes in base64": randomBytes(32).toString("base64"),
  "Nanoid's": "V1StGXR8_Z5jdHi6B-myT",
  "a CUID of version 2": "tz4a98xxat96iws9zmbrgj3a",
}
const guessable = {
  "a counter": "session-1",
  "a user's address": "ada@example.com",
  "a user's long address": "ada.lovelace.of.london@example.com",
  "a user's number and the time": `session_12345_${Date.now()}`,
  "a user's number and the end": `session-of-user-12345-${Math.floor(Date.now() / 1000) + 30 * 86_400}`,
  "Math.random(), twice": "4fzyo82mvyr4fzyo82mvyq",
  "12 bytes": randomBytes(12).toString("hex"),
  "a UUID that begins with the time": `${Date.now()
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})(.{4})$/, "$1-$2")}-7abc-8def-0123456789ab`,
  "a UUID of version 1": "c232ab00-9414-11ec-b3c8-9f6bdeced846",
  "one letter": "a".repeat(64),
  nothing: "",
}

for (const database of databases) {
  describe(`what is not hashed on ${database.name}`, () => {
    test("a token that could be found by trying is refused, and the message does not hold it", {
      timeout,
    }, async (t) => {
      const lane = await openLane(t, database)
      const row = (sessionToken) => ({ sessionToken, userId: lane.user.id, expires: inDays(1) })
      for (const mode of ["hashed", "hashed-only"]) {
        for (const [what, token] of Object.entries(guessable)) {
          await assert.rejects(lane.of(mode).createSession(row(token)), (error) => {
            failure("ERR_INVALID_VALUE", { method: "createSession", table: "session", field: "sessionToken" })(error)
            assert.match(error.message, /120 random bits/, what)
            if (token.length > 9) assert.ok(!error.message.includes(token), what)
            return true
          })
        }
        assert.deepEqual(await lane.stored(), [])
        for (const token of Object.values(random)) {
          assert.equal((await lane.of(mode).createSession(row(token))).sessionToken, token)
        }
        assert.deepEqual(await lane.stored(), Object.values(random).map(hashOf).sort())
        await lane.rows(`DELETE FROM "session"`)
      }
      // Where tokens are stored as they are, it is the application's own business.
      for (const mode of [undefined, "accept-hashed"]) {
        for (const token of Object.values(guessable)) await lane.of(mode).createSession(row(token))
        await lane.rows(`DELETE FROM "session"`)
      }
    })

    test("a column without room is told at first contact, with the statement that makes room", {
      timeout,
    }, async (t) => {
      const narrow = {
        sqlite: (lane) => recreate(lane.rows, "session", [/"sessionToken" text/, `"sessionToken" varchar(48)`]),
        postgres: (lane) => lane.rows(`ALTER TABLE "session" ALTER "sessionToken" TYPE varchar(48)`),
        mysql: (lane) => lane.rows(`ALTER TABLE "session" MODIFY "sessionToken" varchar(48) NOT NULL`),
      }
      const lane = await openLane(t, database)
      await narrow[database.name](lane)
      for (const mode of ["accept-hashed", "hashed", "hashed-only"]) {
        const adapter = RustAdapter(lane.url, { sessionTokens: mode })
        t.after(() => adapter.close())
        // SQLite keeps to no length.
        if (database.name === "sqlite") {
          await adapter.getSessionAndUser(randomUUID())
          continue
        }
        let ddl
        for (const call of [() => adapter.getSessionAndUser(randomUUID()), () => adapter.getUser("x")]) {
          await assert.rejects(call(), (error) => {
            failure("ERR_SCHEMA", { table: "session", field: "sessionToken" })(error)
            assert.match(error.message, /has room for 48 characters, and hashes of session tokens have 50/)
            ddl = error.message.match(/ALTER TABLE .*;/)[0]
            return true
          })
        }
        if (mode !== "hashed-only") continue
        await lane.rows(ddl.replaceAll("`", '"'))
        const token = randomUUID()
        await adapter.createSession({ sessionToken: token, userId: lane.user.id, expires: inDays(1) })
        assert.deepEqual(await lane.stored(), [hashOf(token)])
        assert.ok(await adapter.getSessionAndUser(token))
      }
    })

    if (database.name === "sqlite") {
      test("a column without a type is told, and what to do", { timeout }, async (t) => {
        const lane = await openLane(t, database)
        await recreate(lane.rows, "session", [/"sessionToken" text/, `"sessionToken"`])
        const adapter = RustAdapter(lane.url, { sessionTokens: "hashed" })
        t.after(() => adapter.close())
        await assert.rejects(
          adapter.getSessionAndUser(randomUUID()),
          failure("ERR_SCHEMA", {
            table: "session",
            field: "sessionToken",
            message: /not declared to be a text.*: declare it TEXT$/,
          }),
        )
      })
    }

    if (database.name === "postgres") {
      test("nor are the tokens of a column of UUIDs", { timeout }, async (t) => {
        const lane = await openLane(t, database)
        await lane.rows(`ALTER TABLE "session" ALTER "sessionToken" TYPE uuid USING "sessionToken"::uuid`)
        const adapter = RustAdapter(lane.url, { sessionTokens: "hashed" })
        t.after(() => adapter.close())
        await assert.rejects(
          adapter.getSessionAndUser(randomUUID()),
          failure("ERR_SCHEMA", { table: "session", field: "sessionToken", message: /is no text/ }),
        )
      })
    }
  })
}

describe("the option", () => {
  test("is one of three words", () => {
    for (const sessionTokens of ["plain", "Hashed", "", true, null, {}]) {
      assert.throws(
        () => RustAdapter(":memory:", { sessionTokens }),
        failure("ERR_CONFIG", { message: /\bsessionTokens must be / }),
      )
    }
  })

  test("adapters of one URL and different modes share no pool", async () => {
    const [one, other] = [RustAdapter(":memory:", { sessionTokens: "hashed" }), RustAdapter(":memory:")]
    const user = await one.createUser({ email: "ada@example.com" })
    assert.equal(await other.getUser(user.id), null)
    await one.close()
    await other.close()
  })
})
