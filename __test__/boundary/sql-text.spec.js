// No character of a caller's is ever in the text of a statement. The texts that travel to the server are the same for all values:
// they are read from the wire for plain values first, and then for values that hold every Unicode code point.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, before, describe, test } from "node:test"
import mysql from "mysql2/promise"
import pg from "pg"
import { RustAdapter } from "../../index.js"
import { eachOf, everyCodePoint, formOf } from "../contract/code-points.js"
import { inDays, newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { startTurns } from "../servers/turns.js"

const timeout = 600_000
/** All keys have room for so many characters, but a provider's name, which gets the first of them. */
const LENGTH = 250
const PROVIDER = 100
/** What has no key has room for so many. A key of that length finds nothing, or is refused, by the same statements. */
const LONG = 16_384
const AT_ONCE = 8
/** When it is quiet, statements are prepared that no call has needed yet. */
const QUIET_MS = 1500

/** Calls every method of the adapter with `text` as each value that is a text; `plain`: what MySQL's ASCII key can hold. */
async function everyMethod(adapter, text, plain) {
  const provider = [...text].slice(0, PROVIDER).join("")
  const user = await adapter.createUser({ id: text, name: text, email: text, emailVerified: null, image: text })
  assert.equal(user.id, text)
  const key = { provider, providerAccountId: text }
  const tokens = ["refresh_token", "access_token", "token_type", "scope", "id_token", "session_state"]
  await adapter.linkAccount({
    ...key,
    userId: user.id,
    type: text,
    ...Object.fromEntries(tokens.map((name) => [name, text])),
  })
  const session = { sessionToken: text, userId: user.id, expires: inDays(1) }
  await adapter.createSession(session)
  const authenticator = {
    credentialID: plain,
    userId: user.id,
    providerAccountId: text,
    credentialPublicKey: text,
    counter: 0,
    credentialDeviceType: text,
    credentialBackedUp: true,
    transports: text,
  }
  await adapter.createAuthenticator(authenticator)
  const token = { identifier: text, token: text }
  await adapter.createVerificationToken({ ...token, expires: session.expires })

  assert.deepEqual(await adapter.getUser(text), user)
  assert.deepEqual(await adapter.getUserByEmail(text), user)
  assert.deepEqual(await adapter.getUserByAccount(key), user)
  assert.equal((await adapter.getAccount(text, provider)).access_token, text)
  assert.deepEqual(await adapter.getSessionAndUser(text), { session, user })
  assert.deepEqual(await adapter.getAuthenticator(plain), authenticator)
  await adapter.getAuthenticator(text)
  assert.deepEqual(await adapter.listAuthenticatorsByUserId(text), [authenticator])
  assert.equal((await adapter.listSessions(text)).length, 1)
  assert.equal((await adapter.listAccounts(text)).length, 1)

  assert.equal((await adapter.updateUser({ ...user, image: `${text} ` })).image, `${text} `)
  await adapter.updateSession({ ...session, expires: inDays(2) })
  await adapter.updateAuthenticatorCounter(plain, 1)
  // What is there already, and what refers to no row.
  const refused = (code) => (error) => error.code === code
  await assert.rejects(adapter.createUser(user), refused("ERR_UNIQUE"))
  await assert.rejects(
    adapter.createSession({ ...session, sessionToken: `${text} `, userId: `${text} ` }),
    refused("ERR_FOREIGN_KEY"),
  )

  assert.equal((await adapter.useVerificationToken(token)).token, text)
  assert.equal(await adapter.useVerificationToken(token), null)
  const [{ id }] = await adapter.listSessions(text)
  await adapter.revokeOtherSessions(text, text)
  await adapter.revokeSession(text, id)
  await adapter.revokeAllSessions(text)
  await adapter.createSession(session)
  await adapter.deleteSession(text)
  await adapter.unlinkAccount(key)
  await adapter.deleteUser(text)
  assert.equal(await adapter.getUser(text), null)
}

/** The same with texts that are longer than keys: what is refused is refused with an error of ours. */
async function everyValue(adapter, text, plain) {
  const attempt = async (call) => {
    const refused = await call.then(
      () => undefined,
      (error) => error,
    )
    if (refused) assert.match(refused.code ?? refused.stack, /^ERR_(INVALID_VALUE|FOREIGN_KEY)$/)
  }
  const user = newUser({ id: plain, name: text, image: text })
  assert.deepEqual(await adapter.createUser(user), user)
  await attempt(adapter.createUser(newUser({ id: text })))
  await attempt(adapter.createUser(newUser({ email: text })))
  const tokens = { refresh_token: text, access_token: text, scope: text, id_token: text, session_state: text }
  await adapter.linkAccount(newAccount(plain, tokens))
  await attempt(adapter.linkAccount(newAccount(plain, { provider: text })))
  await attempt(adapter.linkAccount(newAccount(plain, { providerAccountId: text, type: text })))
  await attempt(adapter.createSession(newSession(plain, { sessionToken: text })))
  await attempt(adapter.createSession(newSession(text)))
  await attempt(adapter.createVerificationToken(newVerificationToken({ identifier: text })))
  await attempt(adapter.createVerificationToken(newVerificationToken({ token: text })))
  await attempt(adapter.createAuthenticator(newAuthenticator(plain, { credentialPublicKey: text, transports: text })))
  await attempt(adapter.createAuthenticator(newAuthenticator(plain, { credentialID: text })))

  const nothing = [
    adapter.getUser(text),
    adapter.getUserByEmail(text),
    adapter.getUserByAccount({ provider: text, providerAccountId: text }),
    adapter.getAccount(text, text),
    adapter.getSessionAndUser(text),
    adapter.getAuthenticator(text),
    adapter.useVerificationToken({ identifier: text, token: text }),
  ]
  for (const found of await Promise.all(nothing)) assert.equal(found, null)
  for (const method of ["listAuthenticatorsByUserId", "listSessions", "listAccounts"])
    assert.deepEqual(await adapter[method](text), [])

  assert.equal((await adapter.updateUser({ id: plain, name: `${text} ` })).name, `${text} `)
  await attempt(adapter.updateUser({ id: plain, email: text }))
  await adapter.updateSession({ sessionToken: text, expires: inDays(1) })
  await adapter.unlinkAccount({ provider: text, providerAccountId: text })
  await adapter.deleteSession(text)
  await adapter.revokeAllSessions(text)
  await adapter.deleteUser(text)
  await adapter.deleteUser(plain)
}

/** Each write that callers share, by several of them at once: otherwise it is chance whether one is met. */
async function sharedWrites(adapter) {
  const each = (work) => Promise.all(users.map(work))
  const users = await Promise.all(Array.from({ length: 2 * AT_ONCE }, () => adapter.createUser(newUser())))
  const accounts = await each(({ id }) => adapter.linkAccount(newAccount(id)))
  const sessions = await each(({ id }) => adapter.createSession(newSession(id)))
  const tokens = await each(() => adapter.createVerificationToken(newVerificationToken()))
  await each((_, index) => adapter.updateSession({ ...sessions[index], expires: inDays(3) }))
  await each((_, index) => adapter.useVerificationToken(tokens[index]))
  await each((_, index) => adapter.deleteSession(sessions[index].sessionToken))
  await each((_, index) => adapter.unlinkAccount(accounts[index]))
  await each(({ id }) => adapter.deleteUser(id))
}

/** No two alike, nor short for being compressed. */
const plainTexts = (count, length) =>
  Array.from({ length: count }, () => `plain ${randomBytes(length).toString("hex")}`.slice(0, length))
/** The characters that are used, and some of those beyond. */
const mostUsed = (text, index) => text.codePointAt(0) < 0x10000 || index % 17 === 0

/** What no adapter should do. */
async function sendsAsText(url, value) {
  const isMySql = url.startsWith("mysql:")
  const client = isMySql ? await mysql.createConnection(url) : new pg.Client({ connectionString: url })
  if (!isMySql) await client.connect()
  await client.query(`SELECT '${value}'`)
  await client.end()
}

/** `every`: of the texts, one of so many. */
function textsOf(title, { database, server, url, every = 1 }) {
  test(title, { timeout }, async (t) => {
    const created = await database.create()
    t.after(created.close)
    const proxy = await startTurns(server())
    t.after(proxy.stop)
    const adapter = RustAdapter(url(proxy.through(created.url)), { migrate: true })
    t.after(() => adapter.close())
    /** The forms of all texts that travel while these are the values: in keys, and elsewhere. */
    const forms = async (keys, values) => {
      const some = (texts) => [...texts.entries()].filter(([index]) => index % every === 0)
      await eachOf(some(keys), AT_ONCE, ([index, text]) => everyMethod(adapter, text, `key ${index}`))
      await eachOf(some(values), AT_ONCE, ([index, text]) => everyValue(adapter, text, `long ${index}`))
      await proxy.quiet(QUIET_MS)
      return new Set([...proxy.take().sent].map(formOf))
    }

    const plain = 6 * AT_ONCE * every
    // What the proxy reads, it would read of the adapter too.
    await sendsAsText(proxy.through(created.url), "a value in a text")
    assert.ok([...proxy.take().sent].some((text) => text.includes("'a value in a text'")))

    await sharedWrites(adapter)
    const known = await forms(plainTexts(plain, LENGTH), plainTexts(plain, LONG))
    assert.ok(known.size > 20, `${known.size} texts were read`)
    for (const form of known) assert.doesNotMatch(form, /plain/)
    const met = await forms(everyCodePoint(LENGTH).filter(mostUsed), everyCodePoint(LONG))
    const others = [...met].filter((form) => !known.has(form))
    // The tables are looked at again after a while, by texts that know no value.
    const looks = others.filter((form) => /pg_catalog\.pg_attribute|information_schema\./i.test(form))
    for (const form of looks) {
      assert.match(form, /^[\n -~]*$/)
      assert.doesNotMatch(form, /(key|long|plain) \d/)
      // The values have the characters one after the other.
      const ascends = [...form].map((character, at) => form.charCodeAt(at + 1) === character.charCodeAt(0) + 1)
      assert.doesNotMatch(ascends.map(Number).join(""), /1{5}/, form)
    }
    assert.deepEqual(
      others.filter((form) => !looks.includes(form)),
      [],
    )
  })
}

describe("no character of a caller's is in a statement's text", () => {
  let pooler
  before(async () => {
    if (process.env.TEST_POSTGRES_URL) pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL)
  })
  after(() => pooler?.stop())

  for (const database of databases) {
    const server = { postgres: process.env.TEST_POSTGRES_URL, mysql: process.env.TEST_MYSQL_URL }[database.name]
    if (!server) continue
    // What is encrypted cannot be read.
    const open = database.name === "mysql" ? "?ssl-mode=disabled" : "?sslmode=disable"
    const url = (through) => `${through}${open}`
    textsOf(`on ${database.flavour ?? database.name}`, { database, server: () => server, url })
    if (database.name === "postgres") {
      const pooled = (through) => `${url(through)}&pgbouncer=true`
      textsOf("on postgres behind PgBouncer", { database, server: () => pooler.url, url: pooled, every: 10 })
    }
  }
})
