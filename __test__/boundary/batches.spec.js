// A batch of answers is read by the counts in it, even if the making of a record fails: each call of the batch settles with its own.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { describe, test } from "node:test"
import { openLane } from "../contract/lane.js"
import { failure } from "../contract/failure.js"
import { newSession } from "../contract/rows.js"
import { databases } from "../databases.js"

const require = createRequire(import.meta.url)
const binding = require("../../lib/native/binding.js")
const { perform } = require("../../lib/native/bridge.js")

const assemblers = {
  "reads nothing": () => "nothing",
  "reads one record of two": (_, record) => record().sessionToken,
  "reads more than there are": (count, record) => Array.from({ length: count + 1 }, record),
  "throws at once": () => {
    throw new RangeError("at once")
  },
  "throws in between": (_, record) => {
    record()
    throw new RangeError("in between")
  },
  "throws undefined": () => {
    throw undefined
  },
}

for (const database of databases) {
  for (const synchronous of [true, false]) {
    describe(`batches on ${database.name}${synchronous ? "" : ", through the pool"}`, () => {
      let user, session, handle
      const lane = openLane(database, {
        prepare: async (lane) => {
          user = await lane.user()
          session = await lane.adapter.createSession(newSession(user.id))
          handle = binding.open(lane.database.url, { ...database.options, syncReads: synchronous })
        },
      })
      const operation = binding.operations().indexOf("getSessionAndUser")
      const ask = (assemble) =>
        perform("getSessionAndUser", assemble, (bridge, id, atOnce) =>
          binding.submit(bridge, handle, id, operation, session.sessionToken, undefined, atOnce),
        )

      for (const [title, assemble] of Object.entries(assemblers)) {
        test(`what ${title} concerns its own call alone`, { timeout: 20_000 }, async () => {
          const all = Array.from({ length: 40 }, () => [
            ask((_, record) => [record(), record()]),
            ask(assemble).then(
              (value) => ({ value }),
              (reason) => ({ reason }),
            ),
            lane.adapter.getSessionAndUser(session.sessionToken),
            lane.adapter.getUser("nobody"),
          ])
          for (const [both, odd, adapters, nobody] of await Promise.all(all.map((calls) => Promise.all(calls)))) {
            assert.deepEqual(both, [session, user])
            assert.deepEqual(adapters, { session, user })
            assert.equal(nobody, null)
            if (odd.reason) failure("ERR_INTERNAL", { method: "getSessionAndUser" })(odd.reason)
            else assert.equal(odd.value, title === "reads nothing" ? "nothing" : session.sessionToken)
          }
        })
      }
    })
  }
}
