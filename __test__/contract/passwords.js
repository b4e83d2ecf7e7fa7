// Passwords: registered, verified, changed, removed; in a table of ours and in the columns that applications have; and the
// attacks on them.
import assert from "node:assert/strict"
import { randomUUID, scryptSync } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { inspect } from "node:util"
import { RustAdapter } from "../../index.js"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAccount, newSession, newUser } from "./rows.js"

const password = "correct horse battery staple"
const newEmail = () => `${randomUUID()}@example.com`
const argon2id = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** Of `password`, made by others: bcryptjs in each spelling of its version, node's scrypt and argon2, and Better Auth. */
const salt = "00112233445566778899aabbccddeeff"
const b64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "")
const foreign = {
  "bcrypt 2b": (text) => bcryptOf[text]?.replace("$2a$", "$2b$"),
  "bcrypt 2a": (text) => bcryptOf[text],
  "bcrypt 2y": (text) => bcryptOf[text]?.replace("$2a$", "$2y$"),
  "scrypt PHC": (text) =>
    `$scrypt$ln=10,r=8,p=1$${b64("a salt of ours")}$${b64(scryptSync(text, "a salt of ours", 32, { N: 1024, r: 8, p: 1 }))}`,
  "Better Auth's": (text) =>
    `${salt}:${scryptSync(text, salt, 64, { N: 16384, r: 16, p: 1, maxmem: 2 ** 27 }).toString("hex")}`,
}
// Openwall's own vectors.
const bcryptOf = { "U*U": "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" }

/** Columns for hashes, as applications call them; `null` for our own table. */
const places = {
  "a table of ours": null,
  password: "password",
  password_hash: "password_hash",
  hashedPassword: "hashedPassword",
}

export function passwords(database) {
  for (const [place, column] of Object.entries(places)) describe(`in ${place}`, () => inPlace(database, column))
  describe("a column that must not be null", () => notNull(database))
  describe("the option columns", () => ordinary(database))
  describe("options", () => options(database))
}

function inPlace(database, column) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      if (column === null) return
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "${column}" varchar(255)`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })
  const [table, field, key] = column === null ? ["userPassword", "hash", "userId"] : ["user", column, "id"]
  const hashOf = async ({ id }) =>
    (await lane.rows(`SELECT "${field}" AS hash FROM "${table}" WHERE "${key}" = ?`, id))[0]?.hash ?? null
  const put = async ({ id }, hash) => {
    if (column === null) {
      await lane.rows(`DELETE FROM "${table}" WHERE "${key}" = ?`, id)
      await lane.rows(`INSERT INTO "${table}" ("${key}", "${field}") VALUES (?, ?)`, id, hash)
    } else {
      await lane.rows(`UPDATE "${table}" SET "${field}" = ? WHERE "${key}" = ?`, hash, id)
    }
  }
  const registered = async (given) => {
    const user = await lane.adapter.passwords.register({ email: newEmail(), password, name: "Ada", ...given })
    return user
  }
  const sessionsOf = async (user) => (await lane.storedWhere("session", { userId: user.id })).length

  test("register makes a user, whom verify knows by address and password", async () => {
    const email = newEmail()
    const user = await lane.adapter.passwords.register({ email, password, name: "Ada" })
    const shown = column === null ? {} : { [column]: null }
    assert.deepEqual(user, { id: user.id, name: "Ada", email, emailVerified: null, image: null, ...shown })
    assert.match(await hashOf(user), argon2id)
    assert.deepEqual(await lane.adapter.passwords.verify({ email, password }), user)
    for (const wrong of ["", "x", `${password} `, password.toUpperCase(), password.slice(0, -1)]) {
      assert.equal(await lane.adapter.passwords.verify({ email, password: wrong }), null, wrong)
    }
    assert.equal(await lane.adapter.passwords.verify({ email: newEmail(), password }), null)
  })

  test("an address with a control character before it finds no user", async () => {
    const user = await registered()
    for (const before of ["\u0085", "\u0085\u0085", "\t", "\n"]) {
      assert.equal(await lane.adapter.passwords.verify({ email: before + user.email, password }), null)
    }
  })

  if (column !== null)
    test("what an application keeps by itself is not removed by a verification, until passwords are ours", async () => {
      const hash = foreign["bcrypt 2b"]("U*U")
      // As in a process that has not used passwords: other options are another client.
      const swapped = RustAdapter(lane.database.url, { ...database.options, pool: { idleTimeoutMs: 59_999 } })
      const [one, other] = [await lane.user({ emailVerified: null }), await lane.user({ emailVerified: null })]
      for (const user of [one, other]) await put(user, hash)
      await swapped.updateUser({ id: one.id, emailVerified: new Date() })
      assert.equal(await hashOf(one), hash)
      await swapped.close()
      await lane.adapter.passwords.verify({ email: other.email, password: "x" })
      await lane.adapter.updateUser({ id: other.id, emailVerified: new Date() })
      assert.notEqual(await hashOf(other), hash)
    })

  test("the hash is in no answer of the adapter", async () => {
    const user = await registered()
    const hash = await hashOf(user)
    const { sessionToken } = await lane.adapter.createSession(newSession(user.id))
    const account = await lane.adapter.linkAccount(newAccount(user.id, { type: "email" }))
    const answers = [
      user,
      await lane.adapter.getUser(user.id),
      await lane.adapter.getUserByEmail(user.email),
      await lane.adapter.getUserByAccount(account),
      await lane.adapter.getSessionAndUser(sessionToken),
      await lane.adapter.updateUser({ id: user.id, name: "Grace" }),
      await lane.adapter.passwords.verify({ email: user.email, password }),
      await lane.adapter.listSessions(user.id),
      await lane.adapter.listAccounts(user.id),
      await lane.adapter.deleteUser(user.id),
    ]
    for (const answer of answers) {
      assert.ok(answer)
      assert.ok(!inspect(answer, { depth: 9, showHidden: true }).includes(hash.slice(-20)), inspect(answer))
      assert.ok(!inspect(answer, { depth: 9 }).includes("argon2"), inspect(answer))
    }
    assert.equal(await hashOf(user), null)
  })

  test("a taken address is an error, and its user stays as they are", async () => {
    const user = await registered()
    const before = [await hashOf(user), await lane.storedWhere("user", { id: user.id })]
    for (const email of [user.email, user.email.toUpperCase(), ` ${user.email} `]) {
      await assert.rejects(
        lane.adapter.passwords.register({ email, password: "another", name: "Mallory" }),
        failure("ERR_UNIQUE", { method: "passwords.register" }),
      )
    }
    assert.deepEqual([await hashOf(user), await lane.storedWhere("user", { id: user.id })], before)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    const without = await lane.user()
    await assert.rejects(lane.adapter.passwords.register({ email: without.email, password }), failure("ERR_UNIQUE"))
    assert.equal(await hashOf(without), null)
  })

  test("of ten who register one address at once, one has it", async () => {
    const email = newEmail()
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => lane.adapter.passwords.register({ email, password: `password ${n}` })),
    )
    const won = tries.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []))
    assert.equal(won.length, 1)
    for (const { reason } of tries) if (reason) failure("ERR_UNIQUE")(reason)
    const seen = await Promise.all(
      tries.map((_, n) => lane.adapter.passwords.verify({ email, password: `password ${n}` })),
    )
    assert.deepEqual(
      seen.map((user, n) => (user ? n : null)).filter((n) => n !== null),
      won,
    )
  })

  test("set gives another password and ends the user's other sessions", async () => {
    const [user, other] = [await registered(), await registered()]
    const [mine] = [
      await lane.adapter.createSession(newSession(user.id)),
      await lane.adapter.createSession(newSession(user.id)),
    ]
    await lane.adapter.createSession(newSession(other.id))
    assert.equal(
      await lane.adapter.passwords.set(user.id, "the second", { currentToken: mine.sessionToken }),
      undefined,
    )
    assert.deepEqual(
      (await lane.storedWhere("session", { userId: user.id })).map((row) => row.sessionToken),
      [mine.sessionToken],
    )
    assert.equal(await lane.adapter.passwords.verify({ email: user.email, password }), null)
    assert.ok(await lane.adapter.passwords.verify({ email: user.email, password: "the second" }))
    await lane.adapter.passwords.set(user.id, "the third", { endSessions: false })
    assert.equal(await sessionsOf(user), 1)
    await lane.adapter.passwords.set(user.id, "the fourth")
    assert.equal(await sessionsOf(user), 0)
    assert.equal(await sessionsOf(other), 1)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: other.email, password }), other)
    await assert.rejects(
      lane.adapter.passwords.set(randomUUID(), password),
      failure("ERR_NOT_FOUND", { method: "passwords.set" }),
    )
  })

  test("set gives a password to a user without one; remove takes it", async () => {
    const user = await lane.user()
    assert.equal(await lane.adapter.passwords.remove(user.id), false)
    await lane.adapter.passwords.set(user.id, password)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    assert.equal(await lane.adapter.passwords.remove(user.id), true)
    assert.equal(await hashOf(user), null)
    assert.equal(await lane.adapter.passwords.verify({ email: user.email, password }), null)
    assert.deepEqual(await lane.adapter.getUser(user.id), user)
    assert.equal(await lane.adapter.passwords.remove("nobody"), false)
  })

  for (const [form, hash] of Object.entries(foreign)) {
    test(`${form} hash is verified, and made anew`, async () => {
      const text = form.startsWith("bcrypt") ? "U*U" : password
      const user = await lane.user()
      await put(user, hash(text))
      assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: "another" }), null)
      assert.equal(await hashOf(user), hash(text))
      assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password: text }), user)
      assert.match(await hashOf(user), argon2id)
      assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password: text }), user)
    })
  }

  test("ten who sign in at once while the hash is made anew all do", async () => {
    const user = await lane.user()
    await put(user, bcryptOf["U*U"])
    const all = await Promise.all(
      Array.from({ length: 10 }, () => lane.adapter.passwords.verify({ email: user.email, password: "U*U" })),
    )
    assert.deepEqual(all, Array(10).fill(user))
  })

  test("a password that is changed while it is compared is not the one any more", async () => {
    const user = await registered()
    const signIns = Array.from({ length: 6 }, () => lane.adapter.passwords.verify({ email: user.email, password }))
    await put(user, bcryptOf["U*U"])
    // The last of them is compared long after the change.
    assert.equal((await Promise.all(signIns)).at(-1), null)
    assert.equal(await hashOf(user), bcryptOf["U*U"])
  })

  test("what is stored and is no hash has no password", async () => {
    const user = await lane.user()
    for (const stored of [
      "",
      password,
      "$argon2id$",
      "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      ":",
    ]) {
      if (stored === "" && column === null) continue
      await put(user, stored)
      for (const typed of [stored, password]) {
        assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: typed }), null, stored)
      }
    }
  })

  test("NUL, one character more than allowed, 1 MB, lone surrogates, two spellings", async () => {
    const { passwords } = lane.adapter
    const email = newEmail()
    for (const refused of ["", "\ud800", "a\udc00b", "x".repeat(4097), "x".repeat(1_000_000), "ﷺ".repeat(1_000)]) {
      await assert.rejects(
        passwords.register({ email, password: refused }),
        failure("ERR_INVALID_ARGUMENT", { field: "password" }),
      )
    }
    assert.equal(await lane.adapter.getUserByEmail(email), null)
    const user = await passwords.register({ email, password: "a\0b" })
    for (const other of ["a", "a\0", "a\0c", "", "\ud800", "x".repeat(1_000_000)]) {
      assert.equal(await passwords.verify({ email, password: other }), null)
    }
    assert.deepEqual(await passwords.verify({ email, password: "a\0b" }), user)
    await passwords.set(user.id, "x".repeat(4096))
    assert.ok(await passwords.verify({ email, password: "x".repeat(4096) }))
    assert.equal(await passwords.verify({ email, password: "x".repeat(4095) }), null)
    await passwords.set(user.id, "cafe\u0301 ﬁ")
    assert.ok(await passwords.verify({ email, password: "caf\u00e9 fi" }))
    assert.equal(await passwords.verify({ email, password: "cafe fi" }), null)
  })

  test("what no method can mean is an error without a password in it", async () => {
    const { passwords } = lane.adapter
    const user = await registered()
    const secret = "hunter2hunter2"
    const calls = [
      ...[
        undefined,
        null,
        7,
        "x",
        [],
        {},
        { email: 7, password: secret },
        { email: "x@y" },
        { password: secret },
      ].flatMap((given) => [() => passwords.register(given), () => passwords.verify(given)]),
      ...["", "x", "@", "a@", "@b", "a@b@c", "a b@c", "a@b,c@d", "a\n@b"].map(
        (email) => () => passwords.register({ email, password: secret }),
      ),
      () => passwords.set(undefined, secret),
      () => passwords.set(user.id, undefined),
      () => passwords.set(user.id, { toString: () => secret }),
      () => passwords.set(user.id, secret, 7),
      () => passwords.set(user.id, secret, { currentToken: 7 }),
      () => passwords.set(user.id, secret, { endSessions: "no" }),
      () => passwords.remove(),
    ]
    for (const call of calls) {
      await assert.rejects(
        call(),
        (error) => {
          failure("ERR_INVALID_ARGUMENT")(error)
          assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret), inspect(error))
          return true
        },
        call.toString(),
      )
    }
    assert.deepEqual(await passwords.verify({ email: user.email, password }), user)
  })

  test("createUser and updateUser cannot write it", async () => {
    const user = await registered()
    const before = await hashOf(user)
    if (column !== null) {
      const field = { password_hash: "password_hash", password: "password", hashedPassword: "hashedPassword" }[column]
      const camel = [field, field.replace(/_(.)/g, (_, letter) => letter.toUpperCase())]
      const refused = []
      for (const name of new Set(camel)) {
        for (const call of [
          () => lane.adapter.createUser({ ...newUser(), [name]: bcryptOf["U*U"] }),
          () => lane.adapter.updateUser({ id: user.id, name: "Mallory", [name]: bcryptOf["U*U"] }),
        ]) {
          const outcome = await call().catch((error) => error)
          if (outcome instanceof Error) refused.push(failure("ERR_INVALID_ARGUMENT", { table: "user" })(outcome))
        }
      }
      assert.equal(refused.length, 2)
    }
    for (const given of [{ hash: "x" }, { password: null }, { password: undefined }]) {
      await lane.adapter.updateUser({ id: user.id, name: "Grace", ...given })
    }
    assert.equal(await hashOf(user), before)
    assert.equal(await hashOf(await lane.user()), null)
  })

  describe("an address that Mallory has registered before its owner came", () => {
    const attacked = async (given) => {
      const victim = await registered({ password: "mallory's own", ...given })
      const session = await lane.adapter.createSession(newSession(victim.id))
      return { victim, session }
    }
    const isSafe = async ({ victim, session }) => {
      assert.equal(await hashOf(victim), null)
      assert.equal(await lane.adapter.passwords.verify({ email: victim.email, password: "mallory's own" }), null)
      assert.equal(await lane.adapter.getSessionAndUser(session.sessionToken), null)
      assert.ok(await lane.adapter.getUser(victim.id))
    }

    test("is the owner's alone after a magic link", async () => {
      const attack = await attacked()
      const verified = await lane.adapter.updateUser({ id: attack.victim.id, emailVerified: new Date() })
      assert.ok(verified.emailVerified instanceof Date)
      await isSafe(attack)
    })

    test("is the owner's alone after a provider that the application trusts", async () => {
      for (const type of ["oauth", "oidc"]) {
        const attack = await attacked()
        await lane.adapter.linkAccount(newAccount(attack.victim.id, { type }))
        await isSafe(attack)
      }
    })

    test("stays so where Mallory asks for a password again and again meanwhile", async () => {
      const attack = await attacked()
      const tries = Array.from({ length: 5 }, () =>
        lane.adapter.passwords.verify({ email: attack.victim.email, password: "mallory's own" }),
      )
      await lane.adapter.updateUser({ id: attack.victim.id, emailVerified: new Date() })
      await Promise.all(tries)
      await isSafe(attack)
    })

    test("loses nothing where the address was verified before, or nothing is verified", async () => {
      const owner = await registered({ emailVerified: new Date() })
      const session = await lane.adapter.createSession(newSession(owner.id))
      await lane.adapter.updateUser({ id: owner.id, emailVerified: new Date() })
      await lane.adapter.linkAccount(newAccount(owner.id))
      const another = await registered()
      await lane.adapter.updateUser({ id: another.id, name: "Grace", emailVerified: null })
      await lane.adapter.linkAccount(newAccount(another.id, { type: "webauthn" }))
      assert.ok(await lane.adapter.getSessionAndUser(session.sessionToken))
      for (const user of [owner, another])
        assert.ok(await lane.adapter.passwords.verify({ email: user.email, password }))
    })

    test("a user of a provider keeps the password when another account is linked", async () => {
      const user = await lane.adapter.createUser({ ...newUser(), emailVerified: null })
      await lane.adapter.linkAccount(newAccount(user.id))
      await lane.adapter.passwords.set(user.id, password)
      await lane.adapter.linkAccount(newAccount(user.id, { provider: "gitlab" }))
      assert.ok(await lane.adapter.passwords.verify({ email: user.email, password }))
    })
  })

  test("an unknown address takes as long as a known one", async () => {
    const user = await registered()
    const time = async (email) => {
      const started = process.hrtime.bigint()
      assert.equal(await lane.adapter.passwords.verify({ email, password: "wrong" }), null)
      return Number(process.hrtime.bigint() - started) / 1e6
    }
    const times = { known: [], unknown: [], "without a password": [] }
    const without = await lane.user()
    for (let round = 0; round < 9; round++) {
      times.known.push(await time(user.email))
      times.unknown.push(await time(newEmail()))
      times["without a password"].push(await time(without.email))
    }
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
    const [known, ...others] = Object.values(times).map(median)
    for (const other of others) assert.ok(other / known > 0.6 && other / known < 1.7, JSON.stringify({ known, others }))
  })
}

function notNull(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255) NOT NULL DEFAULT ''`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, database.options)
    },
  })

  test("is empty for a user without a password", async () => {
    const user = await lane.user()
    const stored = async () =>
      (await lane.rows(`SELECT "password" AS hash FROM "user" WHERE "id" = ?`, user.id))[0].hash
    assert.equal(await stored(), "")
    for (const typed of ["", " ", password]) {
      assert.equal(await lane.adapter.passwords.verify({ email: user.email, password: typed }), null)
    }
    await lane.adapter.passwords.set(user.id, password)
    assert.deepEqual(await lane.adapter.passwords.verify({ email: user.email, password }), user)
    assert.equal(await lane.adapter.passwords.remove(user.id), true)
    assert.equal(await stored(), "")
  })
}

function ordinary(database) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "password" varchar(255)`)
      await lane.adapter.close()
      lane.adapter = RustAdapter(lane.database.url, {
        ...database.options,
        columns: { user: { password: "password" } },
      })
    },
  })

  test("says that a column of that name is an ordinary one", async () => {
    const user = await lane.adapter.createUser({ ...newUser(), password: "on the third shelf" })
    assert.equal(user.password, "on the third shelf")
    assert.equal((await lane.adapter.updateUser({ id: user.id, password: "on the fourth" })).password, "on the fourth")
    await lane.adapter.passwords.set(user.id, password)
    const [{ hash }] = await lane.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id)
    assert.match(hash, argon2id)
    const verified = await lane.adapter.passwords.verify({ email: user.email, password })
    assert.equal(verified.password, "on the fourth")
    assert.ok(!inspect(verified).includes("argon2"))
  })
}

function options(database) {
  let created
  before(async () => {
    created = await database.create()
    const adapter = RustAdapter(created.url, { migrate: true, ...database.options })
    await adapter.getUser("nobody")
    await adapter.close()
  })
  after(() => created?.close())
  const open = (t, passwords) => {
    const adapter = RustAdapter(created.url, { ...database.options, passwords })
    t.after(() => adapter.close())
    return adapter
  }

  test("a pepper goes into the hash, and another one takes its place", async (t) => {
    const [first, second] = ["the first pepper of ours", "the second pepper of ours"]
    const email = newEmail()
    const user = await open(t, { pepper: first }).passwords.register({ email, password })
    const stored = async () =>
      (await created.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id))[0].hash
    const before = await stored()
    assert.match(before, /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=[A-Za-z0-9+/]{8}\$/)
    assert.deepEqual(await open(t, { pepper: first }).passwords.verify({ email, password }), user)
    const warnings = []
    const hear = (warning) => warnings.push(warning.code)
    process.on("warning", hear)
    t.after(() => process.off("warning", hear))
    assert.equal(await open(t, { pepper: second }).passwords.verify({ email, password }), null)
    assert.equal(await open(t, {}).passwords.verify({ email, password }), null)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(warnings, ["RUST_ADAPTER_UNKNOWN_PEPPER", "RUST_ADAPTER_UNKNOWN_PEPPER"])
    assert.equal(await stored(), before)
    assert.deepEqual(
      await open(t, { pepper: { current: second, older: first } }).passwords.verify({ email, password }),
      user,
    )
    assert.notEqual(await stored(), before)
    assert.deepEqual(await open(t, { pepper: second }).passwords.verify({ email, password }), user)
    assert.equal(await open(t, { pepper: first }).passwords.verify({ email, password }), null)
  })

  test("parameters are raised, and hashes follow", async (t) => {
    const email = newEmail()
    const user = await open(t).passwords.register({ email, password })
    const raised = open(t, { memoryKiB: 32_768, iterations: 3 })
    assert.deepEqual(await raised.passwords.verify({ email, password }), user)
    const [{ hash }] = await created.rows(`SELECT "hash" FROM "userPassword" WHERE "userId" = ?`, user.id)
    assert.match(hash, /^\$argon2id\$v=19\$m=32768,t=3,p=1\$/)
    assert.deepEqual(await open(t).passwords.verify({ email, password }), user)
  })

  test("a full queue is ERR_BUSY, and those in it are answered", async (t) => {
    const { passwords } = open(t, { queue: 2 })
    const email = newEmail()
    const user = await passwords.register({ email, password })
    const tries = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.verify({ email, password })))
    const refused = tries.filter(({ status }) => status === "rejected")
    for (const { reason } of refused) failure("ERR_BUSY", { method: "passwords.verify" })(reason)
    assert.ok(refused.length > 0 && refused.length < 40, `${refused.length} refused`)
    for (const { value } of tries) if (value !== undefined) assert.deepEqual(value, user)
  })
}
