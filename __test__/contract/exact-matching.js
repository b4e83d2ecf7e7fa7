// Only the very same string matches: another person's e-mail, id or token is never "equal enough", under any collation.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { collations } from "../databases/collations.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { inDays, newAccount, newAuthenticator, newSession, newUser, newVerificationToken, tables } from "./rows.js"

/** What differs from the text on the left in a way that some collation or coercion overlooks. */
const lookAlikes = {
  "victim@example.com": [
    "VICTIM@example.com",
    "Victim@Example.Com",
    "victim@exámple.com",
    "víctim@example.com",
    "victim@example.com ",
    "victim@example.com  ",
    " victim@example.com",
    "victim@example.com\t",
    "victim@example.com\n",
    "victim@exa\u0301mple.com",
    "ｖictim@example.com",
    "victim@example.com\u200b",
    "victım@example.com",
    "victim@example.co_",
    "%",
    "victim@%",
    "victim@example.com'--",
  ],
  "straße-é-ﬁ-Å-ñ": [
    "strasse-é-ﬁ-Å-ñ",
    "straße-e-ﬁ-Å-ñ",
    "straße-é-fi-Å-ñ",
    "straße-é-ﬁ-A\u030a-ñ",
    "straße-é-ﬁ-\u212b-ñ",
    "straße-é-ﬁ-Å-n",
    "STRASSE-É-FI-Å-Ñ",
  ],
  "😀": ["😁", "😀\ufe0f", "\ufffd", "?", "??"],
  0: ["", "a", "00", "0.0", "0 ", "-0", "+0", "0x0", "false", "\u0660"],
  "1e3": ["1000", "1E3", "1e03"],
  "aGk+/w==": ["AGK+/W==", "aGk-_w", "aGk+/w", "aGk+/w== ", "agk+/w==", "aGk+/w=="],
}

export function exactMatching(database) {
  describe("as the adapter makes its tables", () => {
    // MySQL: what a new table would get by default.
    const lane = openLane(database, { collation: database.flavour && "utf8mb4_general_ci" })
    looksUp(lane)
    listsAndRevokes(lane)
    keepsApart(lane)
  })
  for (const [collation, convert] of collationsOf(database)) {
    describe(`after the tables were converted to ${collation}`, () => {
      const lane = openLane(database, { prepare: (lane) => convert(lane, collation) })
      looksUp(lane)
      listsAndRevokes(lane)
      refusesOrKeepsApart(lane)
    })
  }
}

/** Collations that take different texts for equal, and what gives them to the tables. */
function collationsOf(database) {
  if (database.flavour) return ["utf8mb4_general_ci", "utf8mb4_unicode_ci"].map((collation) => [collation, convert])
  const loosen = (give) => async (lane, collation) => {
    // The adapter that made the tables has looked at them already.
    await lane.adapter.close()
    await give(lane, collation, await texts(lane))
    lane.adapter = RustAdapter(lane.database.url, { migrate: true, ...database.options })
  }
  return collations(database).map(([collation, give]) => [collation, loosen(give)])
}

/** The columns of our tables that are texts. */
async function texts({ rows }) {
  const found = await rows(
    `SELECT table_name AS "table", column_name AS "name" FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')`,
  )
  const of = (wanted) => found.filter(({ table }) => table === wanted).map(({ name }) => name)
  return Object.fromEntries(tables.map((table) => [table, of(table)]))
}

/** What an administrator does who wants one collation everywhere. */
async function convert({ rows }, collation) {
  const children = ["account", "session", "authenticator"]
  // Columns of a foreign key cannot change.
  for (const table of children) await rows(`ALTER TABLE "${table}" DROP FOREIGN KEY "${table}_userId_user_fk"`)
  // At four bytes a character, the longest key would not fit its index any more.
  await rows(`ALTER TABLE "authenticator" MODIFY "credentialID" varchar(700) NOT NULL`)
  for (const table of tables) await rows(`ALTER TABLE "${table}" CONVERT TO CHARACTER SET utf8mb4 COLLATE ${collation}`)
  for (const table of children) {
    await rows(`ALTER TABLE "${table}" ADD FOREIGN KEY ("userId") REFERENCES "user" ("id") ON DELETE CASCADE`)
  }
  const converted = await rows(
    "SELECT DISTINCT table_name AS t FROM information_schema.columns WHERE table_schema = DATABASE() AND collation_name = ?",
    collation,
  )
  assert.equal(converted.filter(({ t }) => tables.includes(t)).length, tables.length)
}

/** Every kind of key: how a row is stored under a text, and what must find, delete or change that row only. */
function kinds(lane) {
  const { adapter } = lane
  const user = () => lane.user()
  const missing = (promise) =>
    promise.then(
      (value) => assert.equal(value, undefined, "nothing to change was no error"),
      (error) => failure("ERR_NOT_FOUND")(error),
    )
  const nothing = async (promise) => assert.equal(await promise, null)
  const account = (provider, providerAccountId) => ({
    store: async () => adapter.linkAccount(newAccount((await user()).id, { provider, providerAccountId })),
    find: async () => {
      const found = await adapter.getAccount(providerAccountId, provider)
      assert.equal((await adapter.getUserByAccount({ provider, providerAccountId }))?.id, found?.userId)
      return found
    },
    remove: () => adapter.unlinkAccount({ provider, providerAccountId }),
  })
  const verificationToken = (identifier, token) => ({
    store: () => adapter.createVerificationToken(newVerificationToken({ identifier, token })),
    remove: () => adapter.useVerificationToken({ identifier, token }),
  })
  return {
    "e-mail": (email) => ({
      store: () => adapter.createUser(newUser({ email })),
      find: () => adapter.getUserByEmail(email),
      // No method deletes by e-mail.
      remove: async () => adapter.deleteUser((await adapter.getUserByEmail(email))?.id),
    }),
    "user id": (id) => ({
      store: () => adapter.createUser(newUser({ id })),
      find: () => adapter.getUser(id),
      remove: () => adapter.deleteUser(id),
      changeNothing: () => missing(adapter.updateUser({ id, name: "changed" })),
    }),
    provider: (text) => account(text, "id"),
    providerAccountId: (text) => account("provider", text),
    "session token": (text) => {
      const sessionToken = lane.token(text)
      return {
        store: async () => adapter.createSession(newSession((await user()).id, { sessionToken })),
        find: async () => (await adapter.getSessionAndUser(sessionToken))?.session ?? null,
        remove: () => adapter.deleteSession(sessionToken),
        changeNothing: () => nothing(adapter.updateSession({ sessionToken, expires: inDays(99) })),
      }
    },
    identifier: (text) => verificationToken(text, "token"),
    "verification token": (text) => verificationToken("identifier", text),
    "credential id": (credentialID) => ({
      store: async () => adapter.createAuthenticator(newAuthenticator((await user()).id, { credentialID })),
      find: () => adapter.getAuthenticator(credentialID),
      changeNothing: () => missing(adapter.updateAuthenticatorCounter(credentialID, 99)),
    }),
    "owner of authenticators": (id) => ({
      store: async () => {
        await adapter.createUser(newUser({ id }))
        return adapter.createAuthenticator(newAuthenticator(id))
      },
      find: async () => (await adapter.listAuthenticatorsByUserId(id))[0] ?? null,
    }),
  }
}

const names = [
  "e-mail",
  "user id",
  "provider",
  "providerAccountId",
  "session token",
  "identifier",
  "verification token",
  "credential id",
  "owner of authenticators",
]

/** A test of each kind of key with each text and its look-alikes, beginning with empty tables. */
function forEachKind(lane, title, check) {
  for (const name of names) {
    test(`${name}: ${title}`, async () => {
      const key = kinds(lane)[name]
      for (const [text, others] of Object.entries(lookAlikes)) {
        for (const table of tables) await lane.rows(`DELETE FROM "${table}"`)
        const distinct = others.filter((other) => other !== text)
        if (name !== "credential id") await check(key, text, distinct)
        // Base64: nothing else is stored there.
        else if (isBase64(text)) await check(key, text, distinct.filter(isBase64))
      }
    })
  }
}

const isBase64 = (text) => /^[\w+/=-]*$/.test(text)

function looksUp(lane) {
  forEachKind(lane, "a look-alike finds, deletes and changes nothing", async (key, text, others) => {
    const stored = await key(text).store()
    await lane.unchangedBy(async () => {
      await Promise.all(
        others.map(async (other) => {
          const { find, remove, changeNothing } = key(other)
          assert.equal((await find?.()) ?? null, null, `${JSON.stringify(other)} found ${JSON.stringify(text)}`)
          assert.equal((await remove?.()) ?? null, null, `${JSON.stringify(other)} deleted ${JSON.stringify(text)}`)
          await changeNothing?.()
        }),
      )
    })
    // Alone, too: not all that look at once share a query.
    for (const other of others) assert.equal((await key(other).find?.()) ?? null, null, JSON.stringify(other))
    const { find, remove } = key(text)
    if (find) assert.deepEqual(await find(), stored)
    if (remove) assert.deepEqual(await remove(), stored)
  })
}

/** No user sees or ends the sessions of a user whose id is alike, nor keeps one whose token is. */
function listsAndRevokes(lane) {
  const all = Object.entries(lookAlikes).map(([text, others]) =>
    [...new Set([text, ...others])].map((each) => `owner-${each}`),
  )
  for (const [text, ...others] of all) {
    test(`sessions of ${JSON.stringify(text)} are listed and revoked by that alone`, async () => {
      const { adapter } = lane
      const { id } = await adapter.createUser(newUser({ id: text }))
      const current = { currentToken: lane.token(text) }
      await adapter.createSession(newSession(id, { sessionToken: lane.token(text) }))
      await adapter.linkAccount(newAccount(id))
      const [listed] = await adapter.listSessions(id, current)
      assert.equal(listed.current, true)
      await lane.unchangedBy(async () => {
        for (const other of others) {
          assert.deepEqual(await adapter.listSessions(other, current), [], other)
          assert.deepEqual(await adapter.listAccounts(other), [], other)
          assert.equal(await adapter.revokeSession(other, listed.id), false, other)
          assert.equal(await adapter.revokeAllSessions(other), 0, other)
          assert.equal((await adapter.listSessions(id, { currentToken: lane.token(other) }))[0].current, false, other)
        }
        assert.equal(await adapter.revokeOtherSessions(id, lane.token(text)), 0)
      })
      for (const other of others) {
        assert.equal(await adapter.revokeOtherSessions(id, lane.token(other)), 1, other)
        await adapter.createSession(newSession(id, { sessionToken: lane.token(text) }))
      }
      await adapter.deleteUser(id)
    })
  }
}

function keepsApart(lane) {
  forEachKind(lane, "look-alikes are different rows", async (key, text, others) => {
    const rows = await Promise.all([text, ...others].map(async (each) => [key(each), await key(each).store()]))
    for (const verb of ["find", "remove"]) {
      await Promise.all(rows.map(async ([key, row]) => key[verb] && assert.deepEqual(await key[verb](), row)))
    }
  })
}

/** With a loose unique key the database may refuse a look-alike: that is an error, never the other row. */
function refusesOrKeepsApart(lane) {
  forEachKind(lane, "a look-alike is another row or ERR_UNIQUE", async (key, text, others) => {
    const stored = await key(text).store()
    for (const other of others) {
      const row = await key(other).store().catch(failure("ERR_UNIQUE"))
      if (key(other).find) assert.deepEqual(await key(other).find(), row === true ? null : row)
      if (key(text).find) assert.deepEqual(await key(text).find(), stored)
    }
  })

  test("linking a look-alike account to the same user does not take the one that is there for it", async () => {
    const { id } = await lane.user()
    await lane.adapter.linkAccount(newAccount(id, { provider: "google", providerAccountId: "aBc" }))
    await lane.unchangedBy(async () => {
      for (const key of [
        { provider: "google", providerAccountId: "abc" },
        { provider: "Google", providerAccountId: "aBc" },
      ]) {
        await assert.rejects(lane.adapter.linkAccount(newAccount(id, key)), failure("ERR_UNIQUE"))
      }
    })
  })

  test("what belongs to a look-alike of a user is not the user's", async () => {
    const user = await lane.user({ id: "alice" })
    // The loose foreign key lets these in.
    const [session, account] = [newSession("ALICE"), newAccount("ALICE")]
    await lane.rows(`INSERT INTO "session" VALUES (?, ?, '2031-01-01')`, session.sessionToken, "ALICE")
    await lane.rows(
      `INSERT INTO "account" ("userId", "type", "provider", "providerAccountId") VALUES (?, 'oauth', ?, ?)`,
      "ALICE",
      account.provider,
      account.providerAccountId,
    )
    assert.equal(await lane.adapter.getSessionAndUser(session.sessionToken), null)
    assert.equal(await lane.adapter.getUserByAccount(account), null)
    assert.deepEqual(await lane.adapter.getUser("alice"), user)
  })
}
