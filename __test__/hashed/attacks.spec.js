// What a thief of the table can present, to each mode: none of it is a session, and none of it changes one.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, test } from "node:test"
import { recreate } from "../contract/recreate.js"
import { hashOf } from "../contract/rows.js"
import { databases } from "../databases.js"
import { finds, modes, nameOf, openLane } from "./lane.js"

const timeout = 60_000
const sha256 = (text, encoding) => createHash("sha256").update(text).digest(encoding)

/** What is presented for a token of which a hash is stored. */
const forgeries = {
  "the stored form": (token) => hashOf(token),
  "the stored form in capitals": (token) => hashOf(token).toUpperCase(),
  "the stored form with a capital": (token) => hashOf(token).replace("sha", "Sha"),
  "the stored form with a space before it": (token) => ` ${hashOf(token)}`,
  "the stored form with a space behind it": (token) => `${hashOf(token)} `,
  "the stored form, truncated": (token) => hashOf(token).slice(0, -1),
  "the stored form, prolonged": (token) => `${hashOf(token)}0`,
  "the hash in hexadecimal digits": (token) => sha256(token, "hex"),
  "the hash in base64url, without its mark": (token) => sha256(token, "base64url"),
  "the mark alone": () => "sha256:",
  "the mark before the token": (token) => `sha256:${token}`,
  "the hash of the stored form": (token) => hashOf(hashOf(token)),
  "the token in capitals": (token) => token.toUpperCase(),
  "a pattern": () => "sha256:%",
  "full-width letters": (token) => hashOf(token).replace("sha", "ｓｈａ"),
}

/** What makes look-alikes of a token equal to it, as far as a database has such columns. */
const loose = {
  sqlite: (lane) => recreate(lane.rows, "session", [/"sessionToken" text/, `"sessionToken" text COLLATE NOCASE`]),
  mysql: (lane) =>
    lane.rows(`ALTER TABLE "session" MODIFY "sessionToken" varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL`),
}

for (const database of databases) {
  if (loose[database.name]) {
    describe(`stolen hashes in a loose column on ${database.name}`, () => {
      for (const mode of modes) {
        test(`${nameOf(mode)}: no look-alike of a hash or of a token opens a session`, { timeout }, async (t) => {
          const lane = await openLane(t, database)
          await loose[database.name](lane)
          const adapter = lane.of(mode)
          const [plain, hashed] = [await lane.session("plain"), await lane.session("hash")]
          const before = JSON.stringify(await lane.stored())
          const presented = [plain, hashed].flatMap((token) => Object.values(forgeries).map((forge) => forge(token)))
          for (const each of presented) {
            assert.equal(await adapter.getSessionAndUser(each), null, each)
            assert.equal(await adapter.deleteSession(each), null, each)
            assert.equal(await adapter.updateSession({ sessionToken: each, expires: new Date() }), null, each)
          }
          const all = await Promise.all([plain, ...presented, hashed].map((each) => adapter.getSessionAndUser(each)))
          const found = all.map((each) => each?.session.sessionToken).filter(Boolean)
          const { length } = finds[mode]
          assert.deepEqual(found, length === 2 ? [plain, hashed] : [finds[mode][0] === "plain" ? plain : hashed])
          assert.equal(JSON.stringify(await lane.stored()), before)
        })
      }
    })
  }

  describe(`stolen hashes on ${database.name}`, () => {
    for (const mode of modes) {
      test(`${nameOf(mode)}: what is presented in the place of a token opens nothing`, { timeout }, async (t) => {
        const lane = await openLane(t, database)
        const adapter = lane.of(mode)
        const [plain, hashed] = [await lane.session("plain"), await lane.session("hash")]
        const before = JSON.stringify(await lane.stored())
        const presented = [plain, hashed].flatMap((token) => Object.values(forgeries).map((forge) => forge(token)))
        for (const each of presented) {
          assert.equal(await adapter.getSessionAndUser(each), null, each)
          assert.equal(await adapter.updateSession({ sessionToken: each, expires: new Date() }), null, each)
          assert.equal(await adapter.deleteSession(each), null, each)
          const listed = await adapter.listSessions(lane.user.id, { currentToken: each })
          assert.deepEqual(
            listed.map(({ current }) => current),
            [false, false],
            each,
          )
        }
        // Together, in shared queries, beside the right ones.
        const all = await Promise.all([plain, ...presented, hashed].map((each) => adapter.getSessionAndUser(each)))
        const found = all.map((each) => each?.session.sessionToken).filter(Boolean)
        const isFound = { plain: finds[mode].includes("plain"), hash: finds[mode].includes("hash") }
        assert.deepEqual(found, [...(isFound.plain ? [plain] : []), ...(isFound.hash ? [hashed] : [])])
        assert.equal(JSON.stringify(await lane.stored()), before)
      })

      test(`${nameOf(mode)}: a stolen hash is no token to keep, and none to store`, { timeout }, async (t) => {
        const lane = await openLane(t, database)
        const adapter = lane.of(mode)
        const token = await lane.session("hash")
        const expected = { code: "ERR_INVALID_VALUE", table: "session", field: "sessionToken" }
        const before = JSON.stringify(await lane.stored())
        const { id: userId } = lane.user
        for (const stolen of [hashOf(token), hashOf(token).toUpperCase()]) {
          const refused = (error) => {
            assert.ok(!`${error.stack} ${JSON.stringify(error)} ${error.cause}`.includes(hashOf(token).slice(7)))
            for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value)
            return true
          }
          await assert.rejects(adapter.revokeOtherSessions(userId, stolen), refused)
          await assert.rejects(adapter.createSession({ sessionToken: stolen, userId, expires: new Date() }), refused)
          await assert.rejects(adapter.passwords.set(userId, "a password", { currentToken: stolen }), refused)
        }
        assert.equal(JSON.stringify(await lane.stored()), before)
      })
    }

    test("hashed-only: a row with the token itself opens no session", { timeout }, async (t) => {
      const lane = await openLane(t, database)
      const token = await lane.session("plain")
      const adapter = lane.of("hashed-only")
      assert.equal(await adapter.getSessionAndUser(token), null)
      assert.equal(await adapter.updateSession({ sessionToken: token, expires: new Date() }), null)
      assert.equal(await adapter.deleteSession(token), null)
      assert.deepEqual(await lane.stored(), [token])
      // It is the user's all the same: it is listed, and ended with the others.
      assert.equal((await adapter.listSessions(lane.user.id)).length, 1)
      const mine = await lane.session("hash")
      assert.equal(await adapter.revokeOtherSessions(lane.user.id, mine), 1)
      assert.deepEqual(await lane.stored(), [hashOf(mine)])
    })
  })
}
