// The tables that Better Auth's adapters for Kysely, Drizzle and Prisma work on, each made by its own tool: what that adapter has written
// is ours to use, and what we write is its to use.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { openAdapter, reference } from "../adapter.js"
import { base, quickPasswords, things } from "../stage.js"
import { migrate, openKysely } from "../tables.js"
import * as drizzle from "./drizzle.js"
import * as prisma from "./prisma.js"

const kysely = {
  async open(lane, database, options) {
    await migrate(database, options)
    return openKysely(database)
  },
}

const options = { ...base, emailAndPassword: { enabled: true, password: quickPasswords }, plugins: [things] }
const person = { email: "ada@example.com", password: "correct horse", name: "Ada" }
const thing = {
  label: `Zoë "x" 🔑`,
  note: null,
  count: -7,
  flag: true,
  at: new Date("2031-02-03T04:05:06.789Z"),
  data: { a: [1, { b: "c" }] },
  words: ["with, comma", `"quoted"`, ""],
  numbers: [1, -2],
  kind: "small",
}

for (const [name, peer] of Object.entries({ kysely, drizzle, prisma })) {
  for (const lane of databases) {
    describe(`tables of ${name} on ${lane.name}`, () => {
      let database, theirs, ours
      before(async () => {
        database = await lane.create()
        theirs = await peer.open(lane, database, options)
        ours = reference ? theirs : await openAdapter(database)
      })
      after(async () => {
        if (!reference) await ours?.close()
        await theirs?.close()
        await database?.close()
      })

      const adapters = ({ from, to }) =>
        [from, to].map(({ database }) => ({ auth: betterAuth({ ...options, database }), adapter: database(options) }))
      for (const [direction, sides] of [
        ["what they wrote is ours", () => ({ from: theirs, to: ours })],
        ["what we wrote is theirs", () => ({ from: ours, to: theirs })],
      ]) {
        test(`${direction}: people, accounts and sessions`, async () => {
          const [writer, reader] = adapters(sides())
          const body = { ...person, email: `${crypto.randomUUID()}@example.com` }
          const { user, token } = await writer.auth.api.signUpEmail({ body })
          const signedIn = await reader.auth.api.signInEmail({ body })
          assert.deepEqual(signedIn.user, user)
          for (const [model, field, value] of [
            ["user", "id", user.id],
            ["account", "userId", user.id],
            ["session", "token", token],
            ["session", "token", signedIn.token],
          ]) {
            const find = ({ adapter }) => adapter.findOne({ model, where: [{ field, value }] })
            const [one, other] = [await find(writer), await find(reader)]
            assert.ok(one)
            assert.deepEqual(other, one)
          }
          const sessions = ({ adapter }) =>
            adapter.findMany({
              model: "session",
              where: [
                { field: "userId", value: user.id },
                { field: "expiresAt", operator: "gt", value: new Date() },
              ],
            })
          assert.equal((await sessions(writer)).length, 2)
          assert.equal((await sessions(reader)).length, 2)
        })

        test(`${direction}: every type of field`, async () => {
          const [writer, reader] = adapters(sides())
          const made = await writer.adapter.create({ model: "thing", data: thing })
          const read = await reader.adapter.findOne({ model: "thing", where: [{ field: "id", value: made.id }] })
          assert.deepEqual(read, { big: null, ...thing, id: made.id })
          const where = [
            { field: "id", value: made.id },
            { field: "at", operator: "lt", value: new Date(thing.at.getTime() + 1) },
            { field: "at", operator: "gte", value: thing.at },
          ]
          assert.equal((await reader.adapter.findMany({ model: "thing", where })).length, 1)
          assert.equal(
            (await reader.adapter.update({ model: "thing", where: [where[0]], update: { words: ["w"], flag: false } }))
              .flag,
            false,
          )
          assert.deepEqual((await writer.adapter.findOne({ model: "thing", where: [where[0]] })).words, ["w"])
          const part = await writer.adapter.create({ model: "part", data: { thingId: made.id, place: 3 } })
          assert.deepEqual(
            await reader.adapter.consumeOne({ model: "part", where: [{ field: "thingId", value: made.id }] }),
            part,
          )
        })
      }
    })
  }
}
