// Any input: each method with each kind of value as its whole argument and in each field, the outcome exact,
// and nothing half-written.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { asStored, newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

const megabyte = "m".repeat(1_000_000)

const inputs = {
  undefined: undefined,
  null: null,
  "a number": 4711,
  "a bigint": 4711n,
  "a boolean": true,
  "an array": ["x"],
  "an object": { x: 1 },
  "a function": () => "x",
  "a symbol": Symbol("x"),
  "an Invalid Date": new Date(NaN),
  "1 MB": megabyte,
  NUL: "a\0b",
  "an emoji": "🔑",
  "a lone surrogate": "a\ud800b",
  "a reversed pair": "\udd11\ud83d",
  empty: "",
}

const isString = (input) => typeof input === "string"
const isScalar = (input) => ["string", "number", "bigint", "boolean"].includes(typeof input)
const malformed = (input) => isString(input) && !input.isWellFormed()
const nul = (input) => isString(input) && input.includes("\0")
const absent = (input) => input === undefined || input === null

/** What becomes of an input in a column of each kind: `{ stored }`, or `refused`. */
const refused = Symbol("refused")
const columns = {
  key: (max) => (input) =>
    isScalar(input) && !malformed(input) && !nul(input) && [...String(input)].length <= max
      ? { stored: String(input) }
      : refused,
  ascii: (max) => (input) => (/^\p{ASCII}*$/u.test(isScalar(input) ? input : "\0") ? columns.key(max)(input) : refused),
  text: (input) => (isScalar(input) && !nul(input) ? { stored: String(input).toWellFormed() } : refused),
  integer: (input) => (typeof input === "number" || typeof input === "bigint" ? { stored: Number(input) } : refused),
  boolean: (input) => (typeof input === "boolean" ? { stored: input } : refused),
  date: () => refused,
}
const optional = (column) => (input) => (absent(input) ? { stored: null } : column(input))
/** createUser makes an id where none is given. */
const generated = (column) => (input) => (absent(input) ? { stored: /^[0-9a-f-]{36}$/ } : column(input))

const { key, ascii, text, integer, boolean, date } = columns
const freeText = optional(text)

const user = {
  id: generated(key(255)),
  name: freeText,
  email: optional(key(320)),
  emailVerified: optional(date),
  image: freeText,
}
const account = {
  userId: key(255),
  type: key(255),
  provider: key(100),
  providerAccountId: key(1400),
  refresh_token: freeText,
  access_token: freeText,
  expires_at: optional(integer),
  token_type: freeText,
  scope: freeText,
  id_token: freeText,
  session_state: freeText,
}
const session = { sessionToken: key(512), userId: key(255), expires: date }
const verificationToken = { identifier: key(400), token: key(300), expires: date }
const authenticator = {
  credentialID: ascii(1400),
  userId: key(255),
  providerAccountId: key(1400),
  credentialPublicKey: text,
  counter: integer,
  credentialDeviceType: key(255),
  credentialBackedUp: boolean,
  transports: freeText,
}

/** The methods that insert: their table and columns, and a row that would go in. */
const inserts = {
  createUser: { table: "user", columns: user, row: () => newUser() },
  linkAccount: { table: "account", columns: account, row: newAccount },
  createSession: { table: "session", columns: session, row: newSession },
  createVerificationToken: {
    table: "verificationToken",
    columns: verificationToken,
    row: () => newVerificationToken(),
  },
  createAuthenticator: { table: "authenticator", columns: authenticator, row: newAuthenticator },
}

export function badInput(database) {
  const lane = openLane(database, {
    // Something that must stay as it is, and that a mistaken comparison would find.
    prepare: async (lane) => {
      lane.owner = await lane.user({ id: "0", email: "0" })
      await lane.adapter.linkAccount(newAccount("0", { provider: "0", providerAccountId: "0" }))
      lane.session = await lane.adapter.createSession(newSession("0", { sessionToken: "0" }))
      await lane.adapter.createVerificationToken(newVerificationToken({ identifier: "0", token: "0" }))
      lane.authenticator = await lane.adapter.createAuthenticator(newAuthenticator("0", { credentialID: "0" }))
    },
  })

  const expectations = {
    null: async (promise) => assert.equal(await promise, null),
    "[]": async (promise) => assert.deepEqual(await promise, []),
  }
  const expect = (outcome, method) =>
    expectations[outcome] ?? ((promise) => assert.rejects(promise, failure(outcome, { method })))

  /** One test: every input, in the place that `call` puts it. */
  const each = (title, call, kinds = Object.keys(inputs)) =>
    test(title, () =>
      lane.unchangedBy(async () => {
        for (const kind of kinds) {
          try {
            await call(inputs[kind], kind)
          } catch (error) {
            throw new Error(`with ${kind}: ${error.message}`, { cause: error })
          }
        }
      }),
    )

  describe("look-ups and deletions by one value", () => {
    for (const [method, outcome] of Object.entries({
      getUser: "null",
      getUserByEmail: "null",
      deleteUser: "null",
      getSessionAndUser: "null",
      deleteSession: "null",
      getAuthenticator: "null",
      listAuthenticatorsByUserId: "[]",
    })) {
      each(`${method} is ${outcome}`, (input) => expect(outcome)(lane.adapter[method](input)))
    }
    each("getAccount is null by any id", (input) => expect("null")(lane.adapter.getAccount(input, "0")))
    each("getAccount is null by any provider", (input) => expect("null")(lane.adapter.getAccount("0", input)))
    each("updateAuthenticatorCounter of any id is ERR_NOT_FOUND", (input) =>
      expect("ERR_NOT_FOUND", "updateAuthenticatorCounter")(lane.adapter.updateAuthenticatorCounter(input, 1)),
    )
  })

  describe("look-ups and deletions by an object", () => {
    for (const [method, fields] of Object.entries({
      getUserByAccount: ["provider", "providerAccountId"],
      unlinkAccount: ["provider", "providerAccountId"],
      useVerificationToken: ["identifier", "token"],
    })) {
      each(`${method} of anything else is null`, (input) => expect("null")(lane.adapter[method](input)))
      for (const field of fields) {
        each(`${method} is null by any ${field}`, (input) =>
          expect("null")(
            lane.adapter[method]({ ...Object.fromEntries(fields.map((name) => [name, "0"])), [field]: input }),
          ),
        )
      }
    }
  })

  describe("writes of something that is no object", () => {
    const noObject = Object.keys(inputs).filter((kind) => kind !== "an object")
    for (const method of [...Object.keys(inserts), "updateUser", "updateSession"]) {
      each(
        `${method} is ERR_INVALID_ARGUMENT`,
        (input) => expect("ERR_INVALID_ARGUMENT", method)(lane.adapter[method](input)),
        noObject,
      )
    }
    each(
      "updateUser of an object without id is ERR_NOT_FOUND",
      (input) => expect("ERR_NOT_FOUND", "updateUser")(lane.adapter.updateUser(input)),
      ["an object"],
    )
    each(
      "updateSession of an object without token is null",
      (input) => expect("null")(lane.adapter.updateSession(input)),
      ["an object"],
    )
    for (const [method, { table, columns }] of Object.entries(inserts)) {
      if (method === "createUser") continue
      each(
        `${method} of an object without any field is ERR_INVALID_VALUE`,
        async (input) => {
          await assert.rejects(lane.adapter[method](input), (error) => {
            failure("ERR_INVALID_VALUE", { method, table })(error)
            return error.field in columns
          })
        },
        ["an object"],
      )
    }
  })

  for (const [method, { table, columns, row }] of Object.entries(inserts)) {
    describe(`each field of ${method}`, () => {
      for (const [field, column] of Object.entries(columns)) {
        each(`${table}.${field}`, async (input) => {
          const given = { ...row("0"), [field]: input }
          const outcome = column(input)
          const answer = lane.adapter[method](given)
          if (outcome === refused) return assert.rejects(answer, failure("ERR_INVALID_VALUE", { method, table, field }))
          // No user has such an id.
          if (field === "userId") return assert.rejects(answer, failure("ERR_FOREIGN_KEY", { method }))
          await inserted(lane, table, await answer, { ...given, [field]: outcome.stored }, field)
        })
      }
    })
  }

  describe("each field of updateUser", () => {
    each("by any id is ERR_NOT_FOUND", (id) =>
      expect("ERR_NOT_FOUND", "updateUser")(lane.adapter.updateUser({ id, name: "changed" })),
    )
    for (const field of ["name", "email", "emailVerified", "image"]) {
      each(`user.${field}`, async (input) => {
        const outcome = input === undefined ? { stored: lane.owner[field] } : user[field](input)
        const answer = lane.adapter.updateUser({ id: "0", [field]: input })
        if (outcome === refused) {
          return assert.rejects(answer, failure("ERR_INVALID_VALUE", { method: "updateUser", table: "user", field }))
        }
        const row = { ...lane.owner, [field]: outcome.stored }
        assert.deepEqual(await answer, row)
        await lane.holds("user", { id: "0" }, row)
        await lane.adapter.updateUser(lane.owner)
      })
    }
  })

  describe("each field of updateSession", () => {
    each("by any token is null", (sessionToken) =>
      expect("null")(lane.adapter.updateSession({ sessionToken, expires: new Date() })),
    )
    each("session.expires", async (input) => {
      const answer = lane.adapter.updateSession({ sessionToken: "0", expires: input })
      if (input === undefined) return assert.deepEqual(await answer, lane.session)
      await assert.rejects(
        answer,
        failure("ERR_INVALID_VALUE", { method: "updateSession", table: "session", field: "expires" }),
      )
    })
    each("session.userId", async (input) => {
      const answer = lane.adapter.updateSession({ sessionToken: "0", userId: input })
      if (input === undefined) return assert.deepEqual(await answer, lane.session)
      await assert.rejects(
        answer,
        key(255)(input) === refused
          ? failure("ERR_INVALID_VALUE", { method: "updateSession", table: "session", field: "userId" })
          : failure("ERR_FOREIGN_KEY", { method: "updateSession" }),
      )
    })
  })

  each("the counter of updateAuthenticatorCounter", async (input) => {
    const answer = lane.adapter.updateAuthenticatorCounter("0", input)
    const outcome = integer(input)
    if (outcome === refused) {
      const details = { method: "updateAuthenticatorCounter", table: "authenticator", field: "counter" }
      return assert.rejects(answer, failure("ERR_INVALID_VALUE", details))
    }
    assert.deepEqual(await answer, { ...lane.authenticator, counter: outcome.stored })
    await lane.adapter.updateAuthenticatorCounter("0", lane.authenticator.counter)
  })
}

/** Checks the row that went in, and takes it out again. */
async function inserted(lane, table, row, expected, field) {
  if (expected[field] instanceof RegExp) assert.match(row[field], expected[field])
  else assert.deepEqual(row, expected)
  const identity = {
    user: ["id"],
    account: ["provider", "providerAccountId"],
    session: ["sessionToken"],
    verificationToken: ["identifier", "token"],
    authenticator: ["credentialID"],
  }[table]
  const where = identity.map((name) => `"${name}" = ?`).join(" AND ")
  const values = identity.map((name) => row[name])
  const stored = (await lane.stored(table)).filter((each) => identity.every((name) => each[name] === row[name]))
  assert.deepEqual(stored, [asStored(row)])
  await lane.rows(`DELETE FROM "${table}" WHERE ${where}`, ...values)
}
