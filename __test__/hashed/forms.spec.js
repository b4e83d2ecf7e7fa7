// While tokens may be stored in two forms, a look-up asks for the likelier one alone, and for both at once only if there is none: what is
// stored in that form costs no more than without the option.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { startTurns } from "../servers/turns.js"
import { openLane } from "./lane.js"

const timeout = 60_000
/** Which form each mode writes, and so asks for first; and the other one. */
const likelier = { "accept-hashed": ["plain", "hash"], hashed: ["hash", "plain"] }
/** So many queries after one that has found the other form, all ask for both. */
const BOTH = 64
/** When it is quiet, statements are prepared that no call has needed yet. */
const QUIET_MS = 1000

for (const database of databases) {
  const server = { postgres: process.env.TEST_POSTGRES_URL, mysql: process.env.TEST_MYSQL_URL }[database.name]
  if (!server) continue
  describe(`which stored form is asked for: ${database.flavour ?? database.name}`, () => {
    for (const [mode, [first, second]] of Object.entries(likelier)) {
      test(mode, { timeout }, async (t) => {
        const lane = await openLane(t, database)
        const proxy = await startTurns(server)
        t.after(proxy.stop)
        const adapter = RustAdapter(
          `${proxy.through(lane.url)}${database.name === "mysql" ? "?ssl-mode=disabled" : "?sslmode=disable"}`,
          {
            sessionTokens: mode,
          },
        )
        t.after(() => adapter.close())
        /** How many turns it takes to find, or not to find, the sessions of `tokens`, all at once. */
        const turns = async (found, ...tokens) => {
          proxy.take()
          const answers = await Promise.all(tokens.map((token) => adapter.getSessionAndUser(token)))
          answers.forEach((answer, index) => {
            assert.equal(answer?.session.sessionToken, found ? tokens[index] : undefined)
          })
          return proxy.take().turns
        }
        const [likely, other] = [await lane.session(first), await lane.session(second)]
        const many = await Promise.all(Array.from({ length: 20 }, () => lane.session(first)))
        await turns(true, likely)
        await proxy.quiet(QUIET_MS)

        assert.equal(await turns(true, likely), 1)
        assert.equal(await turns(false, randomUUID()), 2)
        assert.equal(await turns(true, likely), 1)
        const alone = await turns(true, ...many)

        // The other form: asked for with the first from then on, until it has not been found for a while.
        assert.equal(await turns(true, other), 2)
        assert.equal(await turns(true, other), 1)
        assert.equal(await turns(false, randomUUID()), 1)
        assert.ok((await turns(true, other, ...many)) <= alone + 1)
        for (let query = 0; query < BOTH; query++) await turns(true, likely)
        assert.equal(await turns(true, other), 2)

        // Among others, each gets its own.
        for (let round = 0; round < 5; round++) {
          const unknown = Array.from({ length: 5 }, randomUUID)
          await Promise.all([turns(true, ...many, other), turns(false, ...unknown), turns(true, other)])
        }
      })
    }
  })
}
