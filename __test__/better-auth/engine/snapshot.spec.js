// A snapshot of the tables, by which the first look-up of a process is planned: fewer turns, and never a wrong answer from an old one.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { databases } from "../../databases.js"
import { startTurns } from "../../servers/turns.js"
import { ours, reference } from "../adapter.js"
import { base, quickPasswords } from "../stage.js"

const timeout = 120_000
const UNUSED = "RUST_ADAPTER_SNAPSHOT_UNUSED"
const { rustAdapter, check, migrate } = await ours()
const options = { ...base, emailAndPassword: { enabled: true, password: quickPasswords } }
const person = { email: "ada@example.com", password: "correct horse", name: "Ada" }

let folder
before(() => (folder = mkdtempSync(join(tmpdir(), "snapshot-"))))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** Each adapter has a process of its own, as it were: those of one URL and the same options share what is known. */
let ages = 60_000
async function open(url, given) {
  const database = rustAdapter(url, { ...given, pool: { ...given?.pool, idleTimeoutMs: ages++ } })
  const { adapter } = await betterAuth({ ...options, database }).$context
  return { adapter, close: () => database.close() }
}

async function warned(work) {
  const heard = []
  const hear = ({ code, message }) => code === UNUSED && heard.push(message)
  process.on("warning", hear)
  try {
    const result = await work()
    await sleep(20)
    return [result, heard]
  } finally {
    process.off("warning", hear)
  }
}

async function outcome(call) {
  try {
    return { answer: await call }
  } catch ({ code, message }) {
    return { code, message }
  }
}

/** A database with Better Auth's tables and a person in them, and a snapshot of it. */
async function stage(lane) {
  const created = await lane.create()
  const database = rustAdapter(created.url)
  const config = { ...options, database }
  await migrate(config)
  const { token } = await betterAuth(config).api.signUpEmail({ body: person })
  const file = join(folder, `${++files}.json`)
  const checked = await outcome(check(config, { snapshot: file }))
  await database.close()
  return { ...created, token, file, checked }
}

const looks = {
  "session with its user": ({ adapter }, { token }) =>
    adapter.findOne({ model: "session", where: [{ field: "token", value: token }], join: { user: true } }),
  user: ({ adapter }) => adapter.findOne({ model: "user", where: [{ field: "email", value: person.email }] }),
  users: ({ adapter }) => adapter.findMany({ model: "user", where: [], limit: 10 }),
  "number of users": ({ adapter }) => adapter.count({ model: "user" }),
  "user that is not there": ({ adapter }) => adapter.findOne({ model: "user", where: [{ field: "id", value: "x" }] }),
}
const writes = {
  "new user": async ({ adapter }) => {
    const data = { email: `${crypto.randomUUID()}@example.com`, name: "Bob", emailVerified: false }
    const { id, email, createdAt, updatedAt, ...rest } = await adapter.create({ model: "user", data })
    const found = await adapter.findOne({ model: "user", where: [{ field: "id", value: id }] })
    return [rest, email === data.email, found.email === data.email, createdAt !== null, updatedAt !== null]
  },
  "user whose address is taken": ({ adapter }) =>
    adapter.create({ model: "user", data: { email: person.email, name: "Eve", emailVerified: false } }),
  "change of a user": ({ adapter }) =>
    adapter.update({ model: "user", where: [{ field: "email", value: person.email }], update: { image: "x" } }),
}

const alterations = {
  "a column is added": [`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'admin'`],
  "a column is dropped": [`ALTER TABLE "user" DROP COLUMN "image"`],
  "a column is renamed": [`ALTER TABLE "user" RENAME COLUMN "emailVerified" TO "email_verified"`],
  "a column gets another type": {
    postgres: [
      `ALTER TABLE "session" ALTER COLUMN "expiresAt" TYPE bigint USING extract(epoch FROM "expiresAt") * 1000`,
    ],
    mysql: [
      `ALTER TABLE "session" ADD COLUMN "other" bigint`,
      `UPDATE "session" SET "other" = UNIX_TIMESTAMP("expiresAt") * 1000`,
      `ALTER TABLE "session" DROP COLUMN "expiresAt"`,
      `ALTER TABLE "session" RENAME COLUMN "other" TO "expiresAt"`,
    ],
  },
  "a trigger is added": {
    postgres: [
      `CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := ''by a trigger''; RETURN NEW; END'`,
      `CREATE TRIGGER odd BEFORE INSERT OR UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION odd()`,
    ],
    mysql: [`CREATE TRIGGER odd BEFORE INSERT ON "user" FOR EACH ROW SET NEW.name = 'by a trigger'`],
  },
  "a table is renamed": [`ALTER TABLE "session" RENAME TO "sessions_of_old"`],
}

for (const lane of databases.filter(() => !reference)) {
  if (lane.name === "sqlite") {
    test("a SQLite file needs no snapshot", { timeout }, async () => {
      const staged = await stage(lane)
      assert.equal(staged.checked.code, "ERR_CONFIG")
      assert.ok(!existsSync(staged.file))
      writeFileSync(staged.file, "nonsense")
      const opened = await open(staged.url, { snapshot: staged.file })
      const [found, heard] = await warned(() => looks.user(opened))
      assert.equal(found.name, person.name)
      assert.deepEqual(heard, [])
      await opened.close()
      await staged.close()
    })
    continue
  }
  const server = lane.name === "mysql" ? process.env.TEST_MYSQL_URL : process.env.TEST_POSTGRES_URL
  const ready = lane.name === "postgres" ? 4 : lane.flavour === "mysql" ? 6 : 3

  describe(`a snapshot of Better Auth's tables: ${lane.flavour ?? lane.name}`, () => {
    let [staged, proxy] = []
    before(async () => {
      staged = await stage(lane)
      proxy = await startTurns(server, { delay: 5 })
    })
    after(async () => {
      proxy.stop()
      await staged.close()
    })

    for (const [name, look] of Object.entries(looks)) {
      test(`two turns for a first look-up: ${name}`, { timeout }, async () => {
        assert.equal(staged.checked.answer?.usable, true, JSON.stringify(staged.checked))
        const plain = await open(staged.url)
        const expected = await look(plain, staged)
        await plain.close()
        const opened = await open(proxy.through(staged.url), { snapshot: staged.file })
        proxy.take()
        const [found, heard] = await warned(async () => {
          const found = await look(opened, staged)
          assert.equal(proxy.take().turns, ready + 2)
          return found
        })
        assert.deepEqual(found, expected)
        assert.deepEqual(heard, [])
        // What follows goes on from there.
        assert.deepEqual(await look(opened, staged), expected)
        const user = await opened.adapter.create({
          model: "user",
          data: { email: `${crypto.randomUUID()}@example.com`, name: "Bob", emailVerified: false },
        })
        await opened.adapter.delete({ model: "user", where: [{ field: "id", value: user.id }] })
        await opened.close()
      })
    }

    for (const [what, statements] of Object.entries(alterations)) {
      test(`an old one: ${what}`, { timeout }, async () => {
        const own = await stage(lane)
        for (const statement of statements[lane.name] ?? statements) await own.rows(statement)
        for (const [name, call] of [...Object.entries(looks), ...Object.entries(writes)]) {
          const plain = await open(own.url)
          const expected = await outcome(call(plain, own))
          await plain.close()
          const opened = await open(own.url, { snapshot: own.file })
          const [found, heard] = await warned(() => outcome(call(opened, own)))
          await opened.close()
          const unlike = (value) => JSON.stringify(value, (key, each) => (key === "updatedAt" ? undefined : each))
          assert.equal(unlike(found), unlike(expected), name)
          assert.equal(heard.length, Object.hasOwn(looks, name) ? 1 : 0, `${name}: ${heard}`)
        }
        await own.close()
      })
    }
  })
}
