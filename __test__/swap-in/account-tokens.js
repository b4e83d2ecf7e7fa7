// Tokens of accounts come to be stored encrypted, on the peer's tables: for the application nothing changes.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { cli } from "../boundary/cli.js"
import { newKey } from "../contract/encryption.js"
import { makeAccount, makeUser } from "./rows.js"

const TOKENS = ["access_token", "id_token", "refresh_token"]
const LIST = TOKENS.map((name) => `'${name}'`).join(", ")
const ROOM = 4096
const isEncrypted = (text) => text.startsWith("raa.enc1.peers.")
const tokensOf = (account) => TOKENS.map((name) => account[name] ?? null)

/** Which columns have tokens, each with its table, and how many characters it is bounded to. */
const COLUMNS = {
  sqlite: `SELECT m.name AS "table", c.name AS "column", NULL AS "room"
    FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name IN (${LIST})`,
  postgres: `SELECT table_schema AS "schema", table_name AS "table", column_name AS "column", character_maximum_length AS "room"
    FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND column_name IN (${LIST})`,
  mysql: `SELECT table_name AS "table", column_name AS "column", character_maximum_length AS "room"
    FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name IN (${LIST})`,
}
const columnsOf = (lane, { rows }) => rows(COLUMNS[lane.name])

/** All tokens that are stored, as they are stored. */
async function storedTokens(lane, database) {
  const [{ schema, table }] = await columnsOf(lane, database)
  const name = schema ? `"${schema}"."${table}"` : `"${table}"`
  const stored = await database.rows(`SELECT ${TOKENS.map((token) => `"${token}"`)} FROM ${name}`)
  return stored.flatMap(tokensOf).filter((text) => text !== null)
}

/**
 * Lengthens columns as first contact asks for it, until it asks for nothing more; checks that it has asked for those that are too short, and
 * for no others. `encrypting(encryption)` opens an adapter.
 */
export async function makeRoom(lane, database, encrypting) {
  const short = (await columnsOf(lane, database)).filter(({ room }) => room !== null && room < ROOM)
  const refused = []
  for (let isUsable = false; !isUsable; ) {
    const adapter = encrypting({ keys: [newKey("peers")] })
    try {
      await adapter.getSessionAndUser("none")
      isUsable = true
    } catch ({ code, table, field, message }) {
      assert.deepEqual([code, table], ["ERR_SCHEMA", "account"], message)
      assert.ok(!refused.includes(field), message)
      refused.push(field)
      await database.rows(/: (ALTER TABLE .*;)$/.exec(message)[1])
    } finally {
      await adapter.close()
    }
  }
  assert.deepEqual(refused.sort(), short.map(({ column }) => column).sort())
}

export async function goesOnEncrypted({ peer, lane, database, encrypting }) {
  await makeRoom(lane, database, encrypting)
  const keys = [newKey("peers")]
  const [ours, strict] = [encrypting({ keys }), encrypting({ keys, plain: "refused" })]
  const keyOf = ({ providerAccountId, provider }) => [providerAccountId, provider]
  const random = () => randomBytes(24).toString("hex")
  const linked = async (adapter) => {
    const user = await adapter.createUser(makeUser())
    const account = { ...makeAccount(user), access_token: random(), refresh_token: random(), id_token: random() }
    await adapter.linkAccount({ ...account })
    return { user, account }
  }
  const never = () => assert.fail("refresh was called")
  try {
    // What ours links.
    const { user, account } = await linked(ours)
    for (const text of tokensOf(await peer.getAccount(...keyOf(account)))) assert.ok(isEncrypted(text), text)
    for (const adapter of [ours, strict]) {
      assert.deepEqual(tokensOf(await adapter.getAccount(...keyOf(account))), tokensOf(account))
      assert.equal(await adapter.getAccessToken(user.id, account.provider, never), account.access_token)
    }

    // What the peer has linked: read as it is, refused where that is wanted, and encrypted by the command.
    const theirs = await linked(peer)
    const stored = async () => tokensOf(await peer.getAccount(...keyOf(theirs.account)))
    const read = async (adapter) => tokensOf(await adapter.getAccount(...keyOf(theirs.account)))
    assert.deepEqual(await read(ours), tokensOf(theirs.account))
    assert.deepEqual(await stored(), tokensOf(theirs.account))
    const refused = await strict.getAccount(...keyOf(theirs.account))
    for (const name of TOKENS)
      assert.throws(() => refused[name], { code: "ERR_DECRYPT", table: "account", field: name })

    const plain = (await storedTokens(lane, database)).filter((text) => !isEncrypted(text))
    assert.ok(plain.length >= 3, `${plain.length} plain tokens`)
    const env = { RUST_AUTH_ADAPTER_KEYS: keys.map(({ id, key }) => `${id}:${key}`).join() }
    const { code, stdout, stderr } = await cli(["secure", database.url, "--json"], env)
    assert.equal(code, 0, `${stdout}${stderr}`)
    const { accountTokens, unreadable } = JSON.parse(stdout)
    assert.deepEqual([accountTokens, unreadable], [plain.length, 0])
    for (const text of await storedTokens(lane, database)) assert.ok(isEncrypted(text), text)
    assert.deepEqual(await read(strict), tokensOf(theirs.account))

    // What is refreshed.
    const refreshed = { access_token: random(), refresh_token: random(), expires_in: 3600 }
    const { provider, providerAccountId } = account
    await ours.unlinkAccount({ provider, providerAccountId })
    await ours.linkAccount({ ...account, expires_at: 1_000_000_001 })
    const seen = []
    const refresh = async ({ refresh_token }) => (seen.push(refresh_token), refreshed)
    assert.equal(await strict.getAccessToken(user.id, provider, refresh), refreshed.access_token)
    assert.deepEqual(seen, [account.refresh_token])
    const { access_token, refresh_token } = refreshed
    assert.deepEqual(tokensOf(await strict.getAccount(...keyOf(account))), [
      access_token,
      account.id_token,
      refresh_token,
    ])
    for (const text of await storedTokens(lane, database)) assert.ok(isEncrypted(text), text)
  } finally {
    await Promise.all([ours.close(), strict.close()])
  }
}
