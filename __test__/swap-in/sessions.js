// What a user sees and ends of sessions that either adapter began, and what is pruned of them, on the peer's tables.
import assert from "node:assert/strict"
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
