// What a user sees and ends of sessions that either adapter began, and what is pruned of them, on the peer's tables.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { makeAccount, makeSession, makeToken, makeUser } from "./rows.js"

const HOUR = 3_600_000
/** Whole seconds, which are all that some peers' columns keep. */
const inHours = (hours) => new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR)

export async function manageSessions({ peer, ours }) {
  const [user, other] = [await peer.createUser(makeUser()), await peer.createUser(makeUser())]
  const session = async (adapter, { id }, hours) => {
    const created = { ...makeSession({ id }), expires: inHours(hours) }
    await adapter.createSession({ ...created })
    return created
  }
  const token = async (adapter, hours) => {
    const created = { ...makeToken(), expires: inHours(hours) }
    await adapter.createVerificationToken({ ...created })
    return created
  }
  const phone = await session(peer, user, 1)
  const laptop = await session(ours, user, 2)
  for (const adapter of [peer, ours]) for (const hours of [-1, -1000]) await session(adapter, user, hours)
  const theirs = await session(peer, other, 1)
  const links = [await token(peer, 1), await token(ours, 1)]
  for (const adapter of [peer, ours]) for (const hours of [-1, -1000]) await token(adapter, hours)

  const listed = await ours.listSessions(user.id, { currentToken: phone.sessionToken })
  const byExpiry = listed.toSorted((one, next) => one.expires - next.expires)
  assert.deepEqual(
    byExpiry.map(({ expires, current }) => ({ expires, current })),
    [
      { expires: phone.expires, current: true },
      { expires: laptop.expires, current: false },
    ],
  )
  for (const { sessionToken } of [phone, laptop]) assert.ok(!JSON.stringify(listed).includes(sessionToken))

  const account = makeAccount(user)
  await peer.linkAccount({ ...account })
  const accounts = await ours.listAccounts(user.id)
  assert.deepEqual(
    accounts.map(({ provider, providerAccountId }) => ({ provider, providerAccountId })),
    [{ provider: account.provider, providerAccountId: account.providerAccountId }],
  )
  for (const secret of [account.access_token, account.refresh_token, account.id_token]) {
    assert.ok(!JSON.stringify(accounts).includes(secret))
  }

  assert.deepEqual(await ours.pruneExpired({ batchSize: 3 }), { sessions: 4, verificationTokens: 4 })
  assert.deepEqual(await ours.pruneExpired(), { sessions: 0, verificationTokens: 0 })
  assert.deepEqual(await ours.listSessions(user.id, { currentToken: phone.sessionToken }), listed)
  for (const { identifier, token } of links) assert.ok(await peer.useVerificationToken({ identifier, token }))

  const [{ id }] = listed.filter(({ current }) => !current)
  assert.equal(await ours.revokeSession(other.id, id), false)
  assert.ok(await peer.getSessionAndUser(laptop.sessionToken))
  assert.equal(await ours.revokeSession(user.id, id), true)
  assert.equal((await peer.getSessionAndUser(laptop.sessionToken)) ?? null, null)

  const tablet = await session(peer, user, 3)
  assert.equal(await ours.revokeOtherSessions(user.id, phone.sessionToken), 1)
  assert.equal((await peer.getSessionAndUser(tablet.sessionToken)) ?? null, null)
  assert.ok(await peer.getSessionAndUser(phone.sessionToken))
  assert.equal(await ours.revokeAllSessions(user.id), 1)
  assert.equal((await peer.getSessionAndUser(phone.sessionToken)) ?? null, null)
  assert.ok(await peer.getSessionAndUser(theirs.sessionToken))
  assert.equal(await ours.pruneExpired({ now: inHours(2) }).then(({ sessions }) => sessions), 1)
}

/** The steps by which session tokens come to be stored as hashes, on the peer's tables: no user is signed out on the way. */
export async function goesOnHashed({ peer, ours, hashing, same }) {
  const [accepting, hashed, only] = ["accept-hashed", "hashed", "hashed-only"].map(hashing)
  try {
    const user = await peer.createUser(makeUser())
    const begun = makeSession(user)
    await peer.createSession({ ...begun })
    const [{ id }] = await ours.listSessions(user.id, { currentToken: begun.sessionToken })
    const before = await ours.getSessionAndUser(begun.sessionToken)
    for (const adapter of [accepting, hashed]) {
      assert.deepEqual(await adapter.getSessionAndUser(begun.sessionToken), before)
    }
    assert.equal(await only.getSessionAndUser(begun.sessionToken), null)

    const expires = new Date("2033-04-05T06:07:08.000Z")
    const updated = await hashed.updateSession({ sessionToken: begun.sessionToken, expires })
    assert.equal(updated.sessionToken, begun.sessionToken)
    assert.deepEqual(updated.expires, expires)
    for (const adapter of [accepting, hashed, only]) {
      const { session, user: found } = await adapter.getSessionAndUser(begun.sessionToken)
      assert.equal(session.sessionToken, begun.sessionToken)
      assert.deepEqual(session.expires, expires)
      same("user", found, before.user)
      assert.deepEqual(
        (await adapter.listSessions(user.id, { currentToken: begun.sessionToken })).map(({ id, current }) => [
          id,
          current,
        ]),
        [[id, true]],
      )
    }
    // The table has nothing any more that could be presented: neither the token nor what is stored in its place.
    const stored = `sha256:${createHash("sha256").update(begun.sessionToken).digest("base64url")}`
    assert.equal((await peer.getSessionAndUser(begun.sessionToken)) ?? null, null)
    assert.equal((await peer.getSessionAndUser(stored)).user.email, user.email)
    for (const adapter of [ours, accepting, hashed, only]) assert.equal(await adapter.getSessionAndUser(stored), null)

    const next = makeSession(user)
    const made = await only.createSession({ ...next })
    assert.equal(made.sessionToken, next.sessionToken)
    assert.deepEqual((await accepting.getSessionAndUser(next.sessionToken)).session, made)
    assert.equal((await peer.getSessionAndUser(next.sessionToken)) ?? null, null)
    assert.equal(await hashed.revokeOtherSessions(user.id, next.sessionToken), 1)
    assert.deepEqual(await hashed.deleteSession(next.sessionToken), made)
    assert.equal(await only.getSessionAndUser(next.sessionToken), null)
  } finally {
    await Promise.all([accepting, hashed, only].map((adapter) => adapter.close()))
  }
}
