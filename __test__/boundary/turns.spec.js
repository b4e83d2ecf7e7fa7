// How many turns each call takes: the client speaks, the server answers. On a network they are what a call costs.
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { startTurns } from "../servers/turns.js"

const timeout = 120_000
/** Long enough, on a loaded machine, for the answer to come before what the call does not wait for. */
const delay = 5

/** What a sign-in and what follows it call, in this order: each with what the one before it made. */
const steps = {
  createUser: async (adapter, made) => (made.user = await adapter.createUser(newUser())),
  linkAccount: async (adapter, made) => (made.account = await adapter.linkAccount(newAccount(made.user.id))),
  createSession: async (adapter, made) => (made.session = await adapter.createSession(newSession(made.user.id))),
  getSessionAndUser: (adapter, { session }) => adapter.getSessionAndUser(session.sessionToken),
  getUser: (adapter, { user }) => adapter.getUser(user.id),
  getUserByEmail: (adapter, { user }) => adapter.getUserByEmail(user.email),
  getUserByAccount: (adapter, { account }) => adapter.getUserByAccount(account),
  getAccount: (adapter, { account }) => adapter.getAccount(account.providerAccountId, account.provider),
  updateUser: (adapter, { user }) => adapter.updateUser({ id: user.id, name: "renamed" }),
  updateSession: (adapter, { session }) =>
    adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date(Date.now() + 1e8) }),
  createVerificationToken: async (adapter, made) =>
    (made.token = await adapter.createVerificationToken(newVerificationToken())),
  useVerificationToken: (adapter, { token: { identifier, token } }) =>
    adapter.useVerificationToken({ identifier, token }),
  createAuthenticator: async (adapter, made) =>
    (made.authenticator = await adapter.createAuthenticator(newAuthenticator(made.user.id))),
  getAuthenticator: (adapter, { authenticator }) => adapter.getAuthenticator(authenticator.credentialID),
  listAuthenticatorsByUserId: (adapter, { user }) => adapter.listAuthenticatorsByUserId(user.id),
  updateAuthenticatorCounter: (adapter, { authenticator }) =>
    adapter.updateAuthenticatorCounter(authenticator.credentialID, authenticator.counter + 1),
  listSessions: (adapter, { user }) => adapter.listSessions(user.id),
  listAccounts: (adapter, { user }) => adapter.listAccounts(user.id),
  deleteSession: (adapter, { session }) => adapter.deleteSession(session.sessionToken),
  unlinkAccount: (adapter, { account }) => adapter.unlinkAccount(account),
  deleteUser: (adapter, { user }) => adapter.deleteUser(user.id),
}
const reads = Object.keys(steps).filter((name) => /^(get|list)/.test(name))
const of = (names, turns) => Object.fromEntries(names.map((name) => [name, turns]))
/** One turn more for each method: of several hosts, a connection asks every five seconds what its server is. */
const andOnce = (turns) => Object.fromEntries(Object.keys(steps).map((name) => [name, (turns[name] ?? 1) + 1]))
/** Where an UPDATE cannot answer its row. */
const updates = ["updateUser", "updateSession", "updateAuthenticatorCounter"]

/**
 * `first`: turns until a fresh process's first look-up is answered, those that open the connection included. `signIn`: the same of a
 * first sign-in, three calls one right after the other. `method`: how many a method takes at most, 1 unless it is named. `connections`: how many are opened for calls that come one after the other.
 */
function counts(
  title,
  { database, connect, url = (created) => created.url, first, signIn, connections: expected = 1, method = {} },
) {
  describe(title, () => {
    let [created, proxy, direct] = []
    const made = {}
    // Adapters of one URL share their connections: each test has a process of its own, as it were.
    const open = (t) => {
      const adapter = RustAdapter(url(created, proxy))
      t.after(() => adapter.close())
      return adapter
    }
    before(async () => {
      created = await database.create()
      direct = RustAdapter(created.url, { migrate: true })
      made.user = await direct.createUser(newUser())
      made.session = await direct.createSession(newSession(made.user.id))
      proxy = await startTurns(connect, { delay })
    })
    after(async () => {
      await direct.close()
      proxy.stop()
      await created.close()
    })

    test("the first look-up of a process", { timeout }, async (t) => {
      proxy.take()
      const found = await open(t).getSessionAndUser(made.session.sessionToken)
      const { turns, connections } = proxy.take()
      assert.deepEqual(found, { user: made.user, session: made.session })
      assert.ok(turns <= first, `${turns} turns`)
      assert.equal(connections, expected)
    })

    test("the first sign-in of a process", { timeout }, async (t) => {
      // On a machine that stands still for a moment, statements are prepared in between that no call waits for.
      const taken = []
      while (taken.length < 3 && !(taken.at(-1) <= signIn)) {
        const adapter = open(t)
        await quiet(proxy, 10 * delay)
        const user = await adapter.createUser(newUser())
        await adapter.linkAccount(newAccount(user.id))
        const session = await adapter.createSession(newSession(user.id))
        taken.push(proxy.take().turns)
        assert.deepEqual(await adapter.getSessionAndUser(session.sessionToken), { user, session })
        await adapter.close()
      }
      assert.ok(taken.at(-1) <= signIn, `${taken} turns`)
    })

    test("each method, the first time that it is called in a process that has had a moment", { timeout }, async (t) => {
      const adapter = open(t)
      await adapter.getUser("nobody")
      await quiet(proxy, 200)
      const taken = {}
      const rows = {}
      for (const [name, step] of Object.entries(steps)) {
        assert.ok(await step(adapter, rows), name)
        taken[name] = proxy.take().turns
        await quiet(proxy, 10 * delay)
      }
      const tooMany = Object.entries(taken).filter(([name, turns]) => turns > (method[name] ?? 1))
      assert.deepEqual(tooMany, [], `turns: ${JSON.stringify(taken)}`)
    })

    test("calls one after the other need one connection", { timeout }, async () => {
      // On a machine that stands still for a tenth of a second, a call does not wait for a connection that is about to come back.
      const opened = []
      while (opened.length < 3 && opened.at(-1) !== expected) {
        const adapter = RustAdapter(url(created, proxy))
        proxy.take()
        for (let round = 0; round < 3; round++) await adapter.getUser("nobody")
        const user = await adapter.createUser(newUser())
        await adapter.createSession(newSession(user.id))
        await adapter.getUser(user.id)
        opened.push(proxy.take().connections)
        await adapter.close()
      }
      assert.equal(opened.at(-1), expected, `connections: ${opened}`)
    })
  })
}

/**
 * Tables that we have not made, which hold a row: `first`, as above, is of them too. Only an INSERT asks what ids look like there.
 * `statements`: how many an INSERT takes.
 */
function countsElsewhere(title, { database, connect, first, statements = 1 }) {
  describe(title, () => {
    let [created, proxy] = []
    const id = "cjld2cjxh0000qzrmn831i7rn"
    before(async () => {
      created = await database.create()
      const direct = RustAdapter(created.url, { migrate: true })
      const user = await direct.createUser(newUser({ id }))
      await direct.createSession(newSession(user.id))
      await direct.close()
      await created.rows("DROP TABLE rust_auth_adapter_migration")
      proxy = await startTurns(connect, { delay })
    })
    after(async () => {
      proxy.stop()
      await created.close()
    })
    const open = (t) => {
      const adapter = RustAdapter(proxy.through(created.url))
      t.after(() => adapter.close())
      return adapter
    }

    test("the first look-up of a process", { timeout }, async (t) => {
      const adapter = open(t)
      await quiet(proxy, 10 * delay)
      assert.equal((await adapter.getUser(id)).id, id)
      const { turns } = proxy.take()
      assert.ok(turns <= first, `${turns} turns`)
      await quiet(proxy, 10 * delay)
      const { id: made } = await adapter.createUser(newUser({ id: crypto.randomUUID() }))
      assert.match(made, /^c[0-9a-z]{24}$/)
      assert.equal(proxy.take().turns, 1 + statements)
      await adapter.createUser(newUser())
      assert.equal(proxy.take().turns, statements)
    })

    test("the first INSERT of a process", { timeout }, async (t) => {
      const adapter = open(t)
      await quiet(proxy, 10 * delay)
      const { id: made } = await adapter.createUser(newUser({ id: crypto.randomUUID() }))
      assert.match(made, /^c[0-9a-z]{24}$/)
      const { turns } = proxy.take()
      // The rows that are asked; of a second statement, itself and its execution.
      assert.ok(turns <= first + 1 + 2 * (statements - 1), `${turns} turns`)
    })
  })
}

/** Waits until nothing has been said for three times so many milliseconds: what no call waits for has been done by then. */
async function quiet(proxy, pause) {
  for (let calm = 0; calm < 3; ) {
    await sleep(pause)
    calm = proxy.take().turns ? 0 : calm + 1
  }
}

for (const database of databases) {
  const server = { postgres: process.env.TEST_POSTGRES_URL, mysql: process.env.TEST_MYSQL_URL }[database.name]
  if (!server) continue
  const through = (created, proxy) => proxy.through(created.url)
  const withAnother = (created, proxy) => through(created, proxy).replace(/(@[^/]+)/, "$1,127.0.0.1:1")
  if (database.name === "mysql") {
    const method =
      database.flavour === "mysql"
        ? { ...of(updates, 2), unlinkAccount: 2, deleteSession: 2, useVerificationToken: 2, deleteUser: 2 }
        : { deleteUser: 2 }
    counts(`turns to ${database.flavour}`, {
      database,
      connect: server,
      url: through,
      // The greeting and the password, the session, the catalog, a statement, its execution; MySQL 9 encrypts all of it, and asks
      // for the password once more.
      first: database.flavour === "mysql" ? 9 : 6,
      signIn: database.flavour === "mysql" ? 13 : 10,
      method,
    })
    countsElsewhere(`turns to ${database.flavour}, with tables of another adapter`, {
      database,
      connect: server,
      first: database.flavour === "mysql" ? 9 : 6,
      // Its INSERT does not answer the row.
      statements: database.flavour === "mysql" ? 2 : 1,
    })
    counts(`turns to ${database.flavour}, one of several hosts`, {
      database,
      connect: server,
      url: withAnother,
      // What the server is travels with the session's settings.
      first: database.flavour === "mysql" ? 9 : 6,
      signIn: database.flavour === "mysql" ? 13 : 10,
      method: andOnce(method),
    })
  } else {
    counts("turns to postgres", {
      database,
      connect: server,
      url: through,
      // Whether it speaks TLS, the session, SCRAM's two, the catalog, a statement, its execution.
      first: 7,
      signIn: 11,
    })
    countsElsewhere("turns to postgres, with tables of another adapter", { database, connect: server, first: 7 })
    counts("turns to postgres, one of several hosts", {
      database,
      connect: server,
      url: withAnother,
      // And what the server is.
      first: 8,
      signIn: 12,
      method: andOnce({}),
    })
    const [old, mapping] = [await startPgBouncer(server), await startPgBouncer(server, { maps: true })]
    after(() => Promise.all([old.stop(), mapping.stop()]))
    counts("turns to postgres behind a pooler that does not map prepared statements", {
      database,
      connect: old.url,
      url: (created, proxy) => `${through(created, proxy)}?pgbouncer=true`,
      first: 8,
      signIn: 17,
      // BEGIN, the statement, its execution; COMMIT, which look-ups do not wait for.
      method: { ...of(Object.keys(steps), 4), ...of(reads, 3) },
    })
    counts("turns to postgres behind a pooler that maps prepared statements", {
      database,
      connect: mapping.url,
      url: (created, proxy) => `${through(created, proxy)}?pgbouncer=true`,
      first: 8,
      // The first call is a transaction of four turns, whose end tells what the pooler does; a statement and its execution.
      signIn: 13,
    })
    counts("turns to postgres behind a pooler that the URL does not tell of", {
      database,
      connect: mapping.url,
      url: through,
      // It refuses what a session of our own is told, and is connected to once more.
      first: 12,
      signIn: 17,
      connections: 2,
    })
  }
}
