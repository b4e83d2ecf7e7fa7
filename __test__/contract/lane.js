// What a concern of the contract works on: a fresh database with our tables, and an adapter.
import assert from "node:assert/strict"
import { after, before } from "node:test"
import { RustAdapter } from "../../index.js"
import { asStored, newUser, storedToken, tables } from "./rows.js"

/**
 * For use inside `describe`. While its tests run, the lane has `database` and `adapter`. `prepare(lane)` runs before them, after
 * the tables have been made.
 */
export function openLane({ create, name, flavour, options }, { collation, prepare } = {}) {
  const lane = {
    name,
    flavour,
    rows: (...query) => lane.database.rows(...query),
    stored: (table) => lane.database.stored(table),
    /** The stored rows of `table` that have these values. */
    storedWhere: async (table, values) =>
      (await lane.stored(table)).filter((row) =>
        Object.entries(values).every(([column, value]) => row[column] === value),
      ),
    /** A user that is there. */
    user: (given) => lane.adapter.createUser(newUser(given)),
    /** Everything that is stored, for comparison. */
    everything: async () => {
      const stored = {}
      for (const table of tables) stored[table] = (await lane.stored(table)).map((row) => JSON.stringify(row)).sort()
      return stored
    },
    /** Runs `action` and checks that it changed nothing that is stored. */
    unchangedBy: async (action) => {
      const before = await lane.everything()
      const result = await action()
      assert.deepEqual(await lane.everything(), before)
      return result
    },
    /** Checks that `table` holds exactly this one row with the values of `key`. */
    holds: async (table, key, record) =>
      assert.deepEqual(await lane.storedWhere(table, lane.hashed(key)), [asStored(lane.hashed(record))]),
    /** What the adapter stores for a session token. */
    storedToken: (token) => storedToken(options?.sessionTokens, token),
    /** `record` with its session token as the adapter stores it. */
    hashed: ({ sessionToken, ...record }) => ({
      ...(sessionToken !== undefined && { sessionToken: lane.storedToken(sessionToken) }),
      ...record,
    }),
    /** `text` as a session token: where hashes are stored, behind enough random characters to be taken. */
    token: (text) =>
      lane.storedToken(text) === text ? text : [...`qT7v_K2x-8ZbW0pLmR4e${text}`].slice(0, 512).join(""),
  }
  before(async () => {
    lane.database = await create({ collation })
    lane.adapter = RustAdapter(lane.database.url, { migrate: true, ...options })
    await lane.adapter.getUser("nobody")
    await prepare?.(lane)
  })
  after(async () => {
    await lane.adapter?.close()
    await lane.database?.close()
  })
  return lane
}
