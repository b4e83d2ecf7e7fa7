// A snapshot of the tables, by which the first call of a process is planned: a turn less, and never a wrong answer from an old one.
import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { RustAdapter } from "../../index.js"
import { newAccount, newSession, newUser } from "../contract/rows.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"
import { startTurns } from "../servers/turns.js"
import { cli } from "./cli.js"

const timeout = 120_000
const UNUSED = "RUST_ADAPTER_SNAPSHOT_UNUSED"

let folder
before(() => (folder = mkdtempSync(join(tmpdir(), "snapshot-"))))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = () => join(folder, `${++files}.json`)

/** Each adapter has a process of its own, as it were: those of one URL and the same options share what is known. */
let ages = 60_000
const open = (url, options) => RustAdapter(url, { ...options, pool: { ...options?.pool, idleTimeoutMs: ages++ } })

/** The warnings of the process while `work` goes on. */
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

/** A database with our tables and a person in them, and a snapshot of it. */
async function stage(database) {
  const created = await database.create()
  const adapter = RustAdapter(created.url, { migrate: true })
  const user = await adapter.createUser(newUser())
  const account = await adapter.linkAccount(newAccount(user.id))
  const session = await adapter.createSession(newSession(user.id))
  await adapter.close()
  const file = newFile()
  const { code, stdout, stderr } = await cli(["check", created.url, "--snapshot", file])
  return { ...created, user, account, session, file, check: { code, stdout, stderr } }
}

/** What a call comes to: what it answers or fails with, but for what each call makes anew. */
async function outcome(call) {
  try {
    return { answer: await call }
  } catch (error) {
    return { code: error.code, message: error.message }
  }
}

/** First calls of a process. */
const looks = {
  getSessionAndUser: (adapter, { session }) => adapter.getSessionAndUser(session.sessionToken),
  getUser: (adapter, { user }) => adapter.getUser(user.id),
  getUserByEmail: (adapter, { user }) => adapter.getUserByEmail(user.email),
  getUserByAccount: (adapter, { account }) => adapter.getUserByAccount(account),
  listSessions: async (adapter, { user }) => (await adapter.listSessions(user.id)).map(({ expires }) => expires),
  "getUser of an id that no user has": (adapter) => adapter.getUser("none"),
}
const writes = {
  createUser: async (adapter) => {
    const given = newUser({ id: undefined, email: `${crypto.randomUUID()}@example.com` })
    const { id, email, ...rest } = await adapter.createUser(given)
    const { id: found, email: kept, ...stored } = await adapter.getUser(id)
    return [rest, stored, email === given.email, kept === given.email, found === id]
  },
  "createUser with an address that is taken": (adapter, { user }) => adapter.createUser(newUser({ email: user.email })),
  updateUser: (adapter, { user }) => adapter.updateUser({ id: user.id, name: "renamed" }),
  updateSession: (adapter, { session }) =>
    adapter.updateSession({ sessionToken: session.sessionToken, expires: new Date("2031-02-03T04:05:06.789Z") }),
}

/** What is done to the tables in between, on PostgreSQL and on MySQL. `"` quotes. */
const alterations = {
  "a column is added": [`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'admin'`],
  "a column is dropped": [`ALTER TABLE "user" DROP COLUMN "image"`],
  "a column is renamed": [`ALTER TABLE "user" RENAME COLUMN "name" TO "fullName"`],
  "a column gets another type": {
    postgres: [`ALTER TABLE "session" ALTER COLUMN "expires" TYPE bigint USING extract(epoch FROM "expires") * 1000`],
    mysql: [
      `ALTER TABLE "session" ADD COLUMN "other" bigint`,
      `UPDATE "session" SET "other" = UNIX_TIMESTAMP("expires") * 1000`,
      `ALTER TABLE "session" DROP COLUMN "expires"`,
      `ALTER TABLE "session" RENAME COLUMN "other" TO "expires"`,
    ],
  },
  "a unique key is dropped": {
    postgres: [`ALTER TABLE "user" DROP CONSTRAINT user_email_unique`],
    mysql: [`ALTER TABLE "user" DROP INDEX user_email_unique`],
  },
  "a trigger is added": {
    postgres: [
      `CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := ''by a trigger''; RETURN NEW; END'`,
      `CREATE TRIGGER odd BEFORE INSERT OR UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION odd()`,
    ],
    mysql: [
      `CREATE TRIGGER odd BEFORE INSERT ON "user" FOR EACH ROW SET NEW.name = 'by a trigger'`,
      `CREATE TRIGGER even BEFORE UPDATE ON "user" FOR EACH ROW SET NEW.name = 'by a trigger'`,
    ],
  },
  "a table is renamed": [`ALTER TABLE "session" RENAME TO "sessions_of_old"`],
  "a table takes another one's place": [
    `ALTER TABLE "user" RENAME TO "user_of_old"`,
    `CREATE TABLE "user" ("id" varchar(255) NOT NULL PRIMARY KEY, "name" varchar(10), "email" varchar(320) UNIQUE, "emailVerified" varchar(40), "image" varchar(10))`,
  ],
}

for (const database of databases) {
  if (database.name === "sqlite") {
    describe("a snapshot on SQLite", () => {
      test("is not made, since none is needed", { timeout }, async () => {
        const staged = await stage(database)
        assert.equal(staged.check.code, 2)
        assert.match(staged.check.stderr, /ERR_CONFIG: a SQLite file needs no snapshot/)
        assert.ok(!existsSync(staged.file))
        await staged.close()
      })

      test("is not looked at, not even a file that is none", { timeout }, async () => {
        const staged = await stage(database)
        for (const text of ["nonsense", undefined]) {
          const file = newFile()
          if (text) writeFileSync(file, text)
          const [, heard] = await warned(async () => {
            const adapter = open(staged.url, { snapshot: file })
            assert.deepEqual(await adapter.getUser(staged.user.id), staged.user)
            assert.equal((await adapter.updateUser({ id: staged.user.id, name: "x" })).name, "x")
            await adapter.updateUser({ id: staged.user.id, name: staged.user.name })
            await adapter.close()
          })
          assert.deepEqual(heard, [])
        }
        await staged.close()
      })
    })
    continue
  }

  const title = database.flavour ?? database.name
  const server = database.name === "mysql" ? process.env.TEST_MYSQL_URL : process.env.TEST_POSTGRES_URL
  // What is done before the server is ready for a call.
  const ready = database.name === "postgres" ? 4 : database.flavour === "mysql" ? 6 : 3

  describe(`a snapshot on ${title}`, () => {
    let [staged, proxy] = []
    before(async () => {
      staged = await stage(database)
      proxy = await startTurns(server, { delay: 5 })
    })
    after(async () => {
      proxy.stop()
      await staged.close()
    })

    test("is written by check, and holds nothing of the rows nor of the URL", () => {
      assert.deepEqual([staged.check.code, staged.check.stderr], [0, ""])
      assert.ok(staged.check.stdout.includes(`wrote the snapshot ${staged.file}`))
      const text = readFileSync(staged.file, "utf8")
      const { user, account, session, url } = staged
      const { username, password } = new URL(url)
      const secrets = [user.id, user.email, user.name, account.providerAccountId, account.access_token]
      for (const value of [...secrets, session.sessionToken, decodeURIComponent(password), password, username])
        assert.ok(!text.includes(value), "the file holds a value")
      assert.ok(text.includes("sessionToken"))
    })

    test("is the same whenever it is taken", { timeout }, async () => {
      const file = newFile()
      const { code, stdout } = await cli(["check", staged.url, "--snapshot", file, "--json"])
      assert.equal(code, 0)
      assert.equal(JSON.parse(stdout).snapshot, file)
      assert.equal(readFileSync(file, "utf8"), readFileSync(staged.file, "utf8"))
    })

    for (const [name, call] of Object.entries(looks)) {
      test(`two turns for a first ${name}`, { timeout }, async () => {
        const expected = await call(staged.adapter ?? (staged.adapter = open(staged.url)), staged)
        for (const snapshot of [staged.file, pathToFileURL(staged.file)]) {
          const adapter = open(proxy.through(staged.url), { snapshot, pool: { max: 1 } })
          proxy.take()
          const [found, heard] = await warned(async () => {
            const found = await call(adapter, staged)
            assert.equal(proxy.take().turns, ready + 2)
            return found
          })
          assert.deepEqual(found, expected)
          assert.deepEqual(heard, [])
          // What has been learnt serves what follows.
          assert.deepEqual(await adapter.getUser(staged.user.id), staged.user)
          await adapter.close()
        }
      })
    }

    test("without one it is three", { timeout }, async () => {
      const adapter = open(proxy.through(staged.url))
      proxy.take()
      await adapter.getUser(staged.user.id)
      assert.equal(proxy.take().turns, ready + 3)
      await adapter.close()
    })

    test("a first write waits for what the server says of the tables", { timeout }, async () => {
      const taken = []
      for (const snapshot of [undefined, staged.file]) {
        const adapter = open(proxy.through(staged.url), { snapshot })
        proxy.take()
        const [changed, heard] = await warned(() => adapter.updateUser({ id: staged.user.id, name: "new" }))
        taken.push(proxy.take().turns)
        assert.equal(changed.name, "new")
        assert.deepEqual(heard, [])
        staged.user = await adapter.updateUser({ id: staged.user.id, name: "Fill Murray" })
        await adapter.close()
      }
      assert.ok(taken[1] <= taken[0], `turns: ${taken}`)
    })

    test("many first calls at once", { timeout }, async () => {
      for (const pool of [{ max: 1 }, { max: 5 }]) {
        const adapter = open(staged.url, { snapshot: staged.file, pool })
        const one = adapter.getUser(staged.user.id)
        const calls = Array.from({ length: 40 }, (_, index) =>
          index % 8 === 7 ? adapter.createUser(newUser()) : adapter.getSessionAndUser(staged.session.sessionToken),
        )
        const [[first, ...others], heard] = await warned(() => Promise.all([one, ...calls]))
        assert.deepEqual(first, staged.user)
        for (const [index, each] of others.entries())
          if (index % 8 !== 7) assert.deepEqual(each, { user: staged.user, session: staged.session })
        assert.deepEqual(heard, [])
        await adapter.close()
      }
    })

    for (const [what, statements] of Object.entries(alterations)) {
      test(`an old one: ${what}`, { timeout }, async () => {
        const own = await stage(database)
        for (const statement of statements[database.name] ?? statements) await own.rows(statement)
        for (const [name, call] of [...Object.entries(looks), ...Object.entries(writes)]) {
          // A call comes to the same as one of a process without a snapshot.
          const plain = open(own.url)
          const expected = await outcome(call(plain, own))
          await plain.close()
          const adapter = open(own.url, { snapshot: own.file })
          const [found, heard] = await warned(() => outcome(call(adapter, own)))
          await adapter.close()
          assert.deepEqual(found, expected, name)
          const isLook = Object.hasOwn(looks, name)
          assert.equal(heard.length, isLook || database.name === "mysql" ? 1 : 0, `${name}: ${heard}`)
          for (const message of heard)
            assert.match(message, /^the snapshot .* is not used: the tables are not what they were when it was made/)
        }
        await own.close()
      })
    }

    test("tables that change after the first look-up has begun, and before its connection is there", {
      timeout,
    }, async () => {
      const own = await stage(database)
      const held = {}
      const admitted = new Promise((resolve) => (held.release = resolve))
      const gate = await startTurns(server, { admit: () => admitted })
      const adapter = open(gate.through(own.url), { snapshot: own.file })
      const [found, heard] = await warned(async () => {
        const look = adapter.getUser(own.user.id)
        await own.rows(`ALTER TABLE "user" ADD COLUMN "role" varchar(20) DEFAULT 'admin'`)
        held.release()
        return look
      })
      assert.deepEqual(found, { ...own.user, role: "admin" })
      assert.equal(heard.length, 1)
      await adapter.close()
      gate.stop()
      await own.close()
    })

    test("tables that change while the first look-up is under way", { timeout }, async () => {
      const own = await stage(database)
      const names = ["name", "fullName"]
      for (let round = 0; round < 12; round++) {
        const file = newFile()
        await cli(["check", own.url, "--snapshot", file])
        const adapter = open(proxy.through(own.url), { snapshot: file })
        const look = adapter.getSessionAndUser(own.session.sessionToken)
        await sleep(round * 8)
        await own.rows(`ALTER TABLE "user" RENAME COLUMN "${names[round % 2]}" TO "${names[(round + 1) % 2]}"`)
        const { user, session } = await look
        assert.deepEqual(session, own.session)
        assert.deepEqual({ id: user.id, email: user.email }, { id: own.user.id, email: own.user.email })
        assert.ok([user.name, user.fullName].includes(own.user.name), JSON.stringify(Object.keys(user)))
        await adapter.close()
      }
      await own.close()
    })

    const damaged = {
      "is not there": [(file) => rmSync(file), /it cannot be read: /],
      "is a folder": [(file) => (rmSync(file), mkdtempSync(`${file}-`)), /it cannot be read: /],
      "is empty": [(file) => writeFileSync(file, ""), /it is no snapshot, or damaged/],
      "is another JSON": [(file) => writeFileSync(file, "{}"), /it is no snapshot, or damaged/],
      "has been cut off": [
        (file) => writeFileSync(file, readFileSync(file, "utf8").slice(0, -200)),
        /it is no snapshot, or damaged/,
      ],
      "has been changed by hand": [
        (file) => writeFileSync(file, readFileSync(file, "utf8").replace('"emailVerified"', '"emailverified"')),
        /it is damaged/,
      ],
      "holds no text": [(file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0])), /it cannot be read: /],
      "is of another version": [
        (file) => writeFileSync(file, readFileSync(file, "utf8").replace(/("version": )"[^"]*"/, '$1"0.0.0-none"')),
        /it was made by version 0\.0\.0-none of the package/,
      ],
      "is of another kind of database": [
        (file) => forge(file, (given) => (given.dialect = database.name === "mysql" ? "postgres" : "mysql")),
        /it is of another kind of database/,
      ],
      // As one that the server does not answer by.
      "has another fingerprint": [
        (file) => forge(file, (given) => (given.fingerprint = "0".repeat(64))),
        /the tables are not what they were when it was made/,
      ],
    }
    for (const [what, [damage, why]] of Object.entries(damaged)) {
      test(`a file that ${what}: the process is warned once, and goes on`, { timeout }, async () => {
        const file = newFile()
        writeFileSync(file, readFileSync(staged.file))
        const adapter = open(staged.url, { snapshot: damage(file) ?? file })
        const [found, heard] = await warned(async () => {
          const first = await adapter.getUser(staged.user.id)
          await adapter.getSessionAndUser(staged.session.sessionToken)
          await adapter.getUserByEmail(staged.user.email)
          return first
        })
        assert.deepEqual(found, staged.user)
        assert.equal(heard.length, 1, String(heard))
        assert.match(heard[0], why)
        await adapter.close()
      })
    }

    test("one of another database", { timeout }, async () => {
      const other = await database.create()
      await cli(["migrate", other.url])
      await other.rows(`ALTER TABLE "user" ADD COLUMN "elsewhere" varchar(20)`)
      const file = newFile()
      await cli(["check", other.url, "--snapshot", file])
      const adapter = open(staged.url, { snapshot: file })
      const [found, heard] = await warned(() => adapter.getUser(staged.user.id))
      assert.deepEqual(found, staged.user)
      assert.equal(heard.length, 1)
      await adapter.close()
      await other.close()
    })

    test("tables of another adapter, whose new ids are like those that are there", { timeout }, async () => {
      const own = await database.create()
      const maker = RustAdapter(own.url, { migrate: true })
      const user = await maker.createUser(newUser({ id: "cjld2cjxh0000qzrmn831i7rn" }))
      await maker.close()
      await own.rows("DROP TABLE rust_auth_adapter_migration")
      const file = newFile()
      assert.match((await cli(["check", own.url, "--snapshot", file])).stdout, /wrote the snapshot/)
      const adapter = open(proxy.through(own.url), { snapshot: file })
      proxy.take()
      assert.deepEqual(await adapter.getUser(user.id), user)
      assert.equal(proxy.take().turns, ready + 2)
      assert.match((await adapter.createUser(newUser({ id: crypto.randomUUID() }))).id, /^c[0-9a-z]{24}$/)
      await adapter.close()
      await own.close()
    })

    test("of tables whose rows tell how dates are written, none is made", { timeout }, async () => {
      const own = await database.create()
      await own.rows(`CREATE TABLE "users" ("id" varchar(36) NOT NULL PRIMARY KEY, "email" varchar(191), "name" varchar(100),
        "image" varchar(100), "email_verified" bigint)`)
      await own.rows(`CREATE TABLE "sessions" ("session_token" varchar(100) NOT NULL PRIMARY KEY, "user_id" varchar(36) NOT NULL,
        "expires" bigint NOT NULL)`)
      const file = newFile()
      const { code, stderr } = await cli(["check", own.url, "--snapshot", file])
      assert.equal(code, 2)
      assert.match(stderr, /ERR_CONFIG: the snapshot does not tell all that is to be known of these tables: their rows/)
      assert.ok(!existsSync(file))
      await own.close()
    })

    test("a file that cannot be written", { timeout }, async () => {
      const { code, stderr } = await cli(["check", staged.url, "--snapshot", join(folder, "nowhere", "file")])
      assert.equal(code, 2)
      assert.match(stderr, /ERR_CONFIG: the snapshot .*nowhere.* cannot be written/)
    })

    test("options that cannot be meant", async () => {
      for (const snapshot of [5, "", true, {}, [], new URL("https://example.com/file")])
        assert.throws(() => RustAdapter(staged.url, { snapshot }), { code: "ERR_CONFIG", message: /option snapshot/ })
      const both = RustAdapter(staged.url, { snapshot: "x", migrate: true })
      await assert.rejects(both.getUser("x"), { code: "ERR_CONFIG", message: /it does not go with snapshot$/ })
    })

    after(() => staged.adapter?.close())
  })

  if (database.name !== "postgres") continue
  describe("a snapshot on postgres behind a pooler", () => {
    let staged
    before(async () => (staged = await stage(database)))
    after(() => staged.close())
    const poolers = {
      "that does not map prepared statements": { search: "?pgbouncer=true" },
      "that maps prepared statements": { maps: true, search: "?pgbouncer=true" },
      "that the URL does not tell of": { maps: true, search: "" },
      "that the URL does not tell of, and that passes over start-up parameters": {
        settings: ["ignore_startup_parameters = extra_float_digits, options"],
        search: "",
      },
    }
    for (const [name, { search, ...how }] of Object.entries(poolers)) {
      test(name, { timeout }, async (t) => {
        const pooler = await startPgBouncer(server, { poolSize: 1, ...how })
        t.after(() => pooler.stop())
        const proxy = await startTurns(pooler.url, { delay: 5 })
        t.after(() => proxy.stop())
        const taken = []
        for (const snapshot of [undefined, staged.file]) {
          const adapter = open(`${proxy.through(staged.url)}${search}`, { snapshot, pool: { max: 2 } })
          await sleep(50)
          proxy.take()
          const [found, heard] = await warned(async () => {
            const found = await adapter.getSessionAndUser(staged.session.sessionToken)
            // The end of a transaction that only reads is not waited for.
            taken.push(proxy.take().turns)
            return found
          })
          assert.deepEqual(found, { user: staged.user, session: staged.session })
          assert.deepEqual(heard, [])
          const user = await adapter.createUser(newUser())
          assert.deepEqual(await adapter.getUser(user.id), user)
          await adapter.close()
        }
        if (search) assert.equal(taken[1], taken[0] - 1, `turns: ${taken}`)
      })
    }
  })
}

/** Changes what a file says, and has its checksum say that it is whole. */
function forge(file, change) {
  const given = JSON.parse(readFileSync(file, "utf8"))
  change(given)
  const { form, version, dialect, fingerprint, answers } = given
  given.checksum = createHash("sha256")
    .update(JSON.stringify([form, version, dialect, fingerprint, answers]))
    .digest("hex")
  writeFileSync(file, JSON.stringify(given))
}
