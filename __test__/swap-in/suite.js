// What has to hold of every adapter that ours replaces, on every database that both can use.
//
// A peer (`peers/*.js`, one or several by default export):
// - `name`, and `lanes`: the databases that it supports;
// - `open(database)`: makes its tables with its own tool in the empty database and gives `{ adapter, close }`. Where the adapter has no
//   `getAccount`, the peer may give one beside it, which reads an account as the rest of that adapter would;
// - `authenticators`: whether it keeps passkeys;
// - `oneAccountPerUser`: its tables take no second account of a user; `keepsChildren`: its `deleteUser` fails on a user with accounts;
// - `options`: by lane, what `RustAdapter` has to be told; the reason is in docs/swap-in.md;
// - `zoneOptions`: the same, where neither this process nor the servers are in UTC (zones.spec.js);
// - `differences`: where what the two return differs on purpose: `{ of, reason, normalize }`, with `of` one of user, account, session,
//   verificationToken, authenticator. `normalize(row)` is applied to what either returns before they are compared.
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { App } from "../flows/app.js"
import { Browser } from "../flows/browser.js"
import { authCore } from "../flows/frameworks.js"
import { OAuthServer } from "../flows/oauth-server.js"
import { goesOnEncrypted } from "./account-tokens.js"
import { goesOnHashed, manageSessions } from "./sessions.js"
import { makeAccount, makeAuthenticator, makeSession, makeToken, makeUser } from "./rows.js"

/** `isShifted`: the clocks of this process and the servers are in other zones, which tokens have nothing to do with. */
export function swapIn(peer, lanes = databases, matrix = [], { isShifted = false } = {}) {
  for (const lane of lanes.filter(({ name }) => peer.lanes.includes(name))) {
    describe(`${peer.name} on ${lane.name}`, () => {
      const pair = {}
      let database, opened
      before(async () => {
        database = await lane.create()
        opened = await peer.open(database)
        pair.peer = { getAccount: opened.getAccount, ...opened.adapter }
        pair.ours = RustAdapter(database.url, peer.options?.[lane.name])
        pair.hashing = (sessionTokens) => RustAdapter(database.url, { ...peer.options?.[lane.name], sessionTokens })
        pair.encrypting = (encryption) => RustAdapter(database.url, { ...peer.options?.[lane.name], encryption })
        Object.assign(pair, { lane, database })
        pair.same = comparison(peer.differences)
        for (const fact of ["authenticators", "oneAccountPerUser", "keepsChildren"]) pair[fact] = peer[fact] ?? false
      })
      after(async () => {
        await pair.ours?.close()
        await opened?.close()
        await database?.close()
      })
      define(pair, (direction, test) => recorded(matrix, { peer: peer.name, lane: lane.name, direction }, test))
      // The last: it lengthens columns.
      if (!isShifted) it("accounts that the peer linked go on with their tokens encrypted", () => goesOnEncrypted(pair))
    })
  }
  return matrix
}

/** Enters into the matrix how `test` went. */
function recorded(matrix, cell, test) {
  return async () => {
    const entry = { ...cell, passed: false }
    matrix.push(entry)
    await test()
    entry.passed = true
  }
}

function define(pair, record) {
  it(
    "ours reads what the peer writes",
    record("peer writes", () => exchange(pair, pair.peer, pair.ours)),
  )
  it(
    "the peer reads what ours writes",
    record("ours writes", () => exchange(pair, pair.ours, pair.peer)),
  )
  it(
    "the two take turns",
    record("turns", () => takeTurns(pair)),
  )
  it("sessions that the peer began go on with their tokens hashed", () => goesOnHashed(pair))
  it("sessions of either are listed, ended and pruned", () => manageSessions(pair))
  it(
    "a sign-in begun on the peer goes on with ours",
    record("sign-in to ours", () => signIn(pair, pair.peer, pair.ours)),
  )
  it(
    "a sign-in begun with ours goes on at the peer",
    record("sign-in to peer", () => signIn(pair, pair.ours, pair.peer)),
  )
}

/** Compares what two adapters returned, but for null where the other has nothing, classes, and the peer's differences. */
function comparison(differences = []) {
  const plain = (of, row) => {
    if (row === null || row === undefined) return null
    let result = Object.fromEntries(
      Object.entries(typeof row.toJSON === "function" ? row.toJSON() : row).filter(([, value]) => value !== undefined),
    )
    for (const difference of differences) if (difference.of === of) result = difference.normalize(result)
    return result
  }
  return (of, actual, expected) => assert.deepEqual(plain(of, actual), plain(of, expected))
}

/** `writer` writes everything that an adapter can; `reader` has to see what `writer` sees. */
async function exchange({ same, authenticators, oneAccountPerUser }, writer, reader) {
  const whole = await writer.createUser(makeUser())
  const bare = await writer.createUser(makeUser({ name: undefined, image: undefined, emailVerified: null }))
  for (const user of [whole, bare]) {
    const seen = await writer.getUser(user.id)
    same("user", seen, user)
    same("user", await reader.getUser(user.id), seen)
    same("user", await reader.getUserByEmail(user.email), seen)

    const accounts = [makeAccount(user, { tokens: user === whole })]
    if (!oneAccountPerUser) accounts.push(makeAccount(user, { tokens: false }))
    for (const account of accounts) {
      await writer.linkAccount({ ...account }) // TypeORM's puts things into what it is given
      const key = [account.providerAccountId, account.provider]
      same(
        "user",
        await reader.getUserByAccount({ provider: account.provider, providerAccountId: account.providerAccountId }),
        seen,
      )
      if (writer.getAccount && reader.getAccount) {
        const linked = await writer.getAccount(...key)
        assert.equal(linked.userId, user.id)
        assert.equal(linked.expires_at ?? null, account.expires_at ?? null)
        same("account", await reader.getAccount(...key), linked)
      }
    }

    const session = makeSession(user)
    await writer.createSession(session)
    const open = await writer.getSessionAndUser(session.sessionToken)
    const found = await reader.getSessionAndUser(session.sessionToken)
    same("session", found.session, open.session)
    same("user", found.user, open.user)
    near(found.session.expires, session.expires)
    if (user === whole) near(found.user.emailVerified, makeUser().emailVerified)
  }

  const token = makeToken()
  await writer.createVerificationToken(token)
  const used = await reader.useVerificationToken({ identifier: token.identifier, token: token.token })
  same("verificationToken", { ...used, expires: null }, { ...token, expires: null })
  near(used.expires, token.expires)
  assert.equal((await writer.useVerificationToken({ identifier: token.identifier, token: token.token })) ?? null, null)

  if (authenticators) {
    const passkeys = [
      makeAuthenticator(whole),
      makeAuthenticator(whole, { transports: undefined, credentialBackedUp: true }),
    ]
    for (const passkey of passkeys) {
      await writer.createAuthenticator(passkey)
      same(
        "authenticator",
        await reader.getAuthenticator(passkey.credentialID),
        await writer.getAuthenticator(passkey.credentialID),
      )
    }
    assert.equal((await reader.listAuthenticatorsByUserId(whole.id)).length, passkeys.length)
  }
}

/** Some peers' columns keep whole seconds. */
function near(actual, expected) {
  assert.ok(actual instanceof Date, `${actual} is a Date`)
  assert.equal(Math.floor(actual.getTime() / 1000), Math.floor(expected.getTime() / 1000))
}

/** Every method, each by the adapter whose turn it is, on rows that the other has just touched. */
async function takeTurns({ same, peer, ours, authenticators, keepsChildren }) {
  for (const [first, second] of [
    [peer, ours],
    [ours, peer],
  ]) {
    const user = await first.createUser(makeUser())
    const { id } = await second.getUserByEmail(user.email)
    same("user", { id }, { id: user.id })
    const verified = new Date("2031-02-03T04:05:06.000Z")
    await second.updateUser({ id, name: "Renamed", emailVerified: verified })
    const renamed = await first.getUser(id)
    assert.equal(renamed.name, "Renamed")
    assert.deepEqual(renamed.emailVerified, verified)
    same("user", await second.getUser(id), renamed)

    const account = makeAccount(user)
    const key = { provider: account.provider, providerAccountId: account.providerAccountId }
    await first.linkAccount({ ...account }) // a copy: some adapters write into what they are given
    same("user", { id: (await second.getUserByAccount(key)).id }, { id })
    await second.unlinkAccount(key)
    assert.equal((await first.getUserByAccount(key)) ?? null, null)
    await second.linkAccount({ ...account })
    same("user", { id: (await first.getUserByAccount(key)).id }, { id })

    const session = makeSession(user)
    await first.createSession(session)
    const expires = new Date("2032-03-04T05:06:07.000Z")
    await second.updateSession({ sessionToken: session.sessionToken, expires })
    assert.deepEqual((await first.getSessionAndUser(session.sessionToken)).session.expires, expires)
    await second.deleteSession(session.sessionToken)
    assert.equal((await first.getSessionAndUser(session.sessionToken)) ?? null, null)

    const token = makeToken()
    await first.createVerificationToken(token)
    assert.ok(await second.useVerificationToken({ identifier: token.identifier, token: token.token }))
    assert.equal((await first.useVerificationToken({ identifier: token.identifier, token: token.token })) ?? null, null)

    if (authenticators) {
      const passkey = makeAuthenticator(user)
      await first.createAuthenticator(passkey)
      await second.updateAuthenticatorCounter(passkey.credentialID, 8)
      assert.equal((await first.getAuthenticator(passkey.credentialID)).counter, 8)
    }

    const last = makeSession(user)
    await first.createSession(last)
    await (keepsChildren ? ours : second).deleteUser(id)
    for (const adapter of [first, second]) {
      assert.equal((await adapter.getUser(id)) ?? null, null)
      assert.equal((await adapter.getSessionAndUser(last.sessionToken)) ?? null, null)
      assert.equal((await adapter.getUserByAccount(key)) ?? null, null)
    }
  }
}

/** A person signs in by OAuth while the app has one adapter; then the app is deployed with the other. */
async function signIn(_, before, after) {
  const server = await OAuthServer.open()
  try {
    let adapter = before
    // Without the tokens, which are longer than the columns of some peers.
    const provider = server.provider({ account: ({ token_type, scope }) => ({ token_type, scope }) })
    const app = new App(authCore, () => ({ adapter, providers: [provider] }))
    const person = { ...makeUser(), id: crypto.randomUUID(), emailVerified: undefined }
    const arrive = async (browser) => {
      const begun = await browser.submit("signin/fake", { callbackUrl: "/welcome" })
      return browser.open(await server.agree(begun.headers.get("location"), person))
    }
    const browser = new Browser(app)
    await arrive(browser)
    assert.deepEqual(app.errors, [])
    const signedIn = await browser.session()
    assert.equal(signedIn.user.email, person.email)

    adapter = after
    assert.deepEqual(await browser.session(), signedIn) // still signed in
    const elsewhere = new Browser(app) // the same person, not a new one
    await arrive(elsewhere)
    assert.equal((await elsewhere.session()).user.email, person.email)

    adapter = before
    assert.equal((await elsewhere.session()).user.email, person.email) // and back
    adapter = after
    await browser.submit("signout")
    adapter = before
    assert.equal(await browser.session(), null)
    assert.deepEqual(app.errors, [])
  } finally {
    await server.close()
  }
}
