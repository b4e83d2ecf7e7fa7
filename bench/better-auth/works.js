// What Better Auth is asked to do on each adapter. The rows are made through the adapter itself; the answers have to be those rows.
import { createHash, createHmac } from "node:crypto"
import { mustEqual } from "../works/equal.js"

export const secret = "a secret of the benchmark, long enough"
const USERS = 500
const SESSIONS_OF_EACH = 2
const PAGE = 20

const hash = (text) => createHash("sha256").update(text).digest("base64url").slice(0, 32)
const at = new Date("2026-01-02T03:04:05.678Z")
const expiresAt = new Date(Date.now() + 7 * 86_400_000 - 3_600_000) // too fresh to be renewed

const user = (number) => ({
  id: hash(`user ${number}`),
  name: `User ${number}`,
  email: `user-${number}@example.com`,
  emailVerified: true,
  image: null,
  createdAt: at,
  updatedAt: at,
})
const session = (number, index) => ({
  id: hash(`session ${number} ${index}`),
  token: hash(`token ${number} ${index}`),
  userId: user(number).id,
  expiresAt,
  ipAddress: "203.0.113.7",
  userAgent: "Mozilla/5.0",
  createdAt: at,
  updatedAt: at,
})
const account = (number) => ({
  id: hash(`account ${number}`),
  accountId: `${number}`,
  providerId: "github",
  userId: user(number).id,
  accessToken: "gho_16C7e42F292c6912E7710c838347Ae178B4a",
  refreshToken: null,
  idToken: null,
  accessTokenExpiresAt: null,
  refreshTokenExpiresAt: null,
  scope: "user",
  password: null,
  createdAt: at,
  updatedAt: at,
})
const sessionsOf = (number) => Array.from({ length: SESSIONS_OF_EACH }, (_, index) => session(number, index))

export async function fill(adapter) {
  const create = (model, data) => adapter.create({ model, data, forceAllowId: true })
  let next = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let number; (number = next++) < USERS; ) {
        await create("user", user(number))
        await create("account", account(number))
        for (const each of sessionsOf(number)) await create("session", each)
      }
    }),
  )
}

const headersOf = (token) => {
  const signature = createHmac("sha256", secret).update(token).digest("base64")
  return new Headers({ cookie: `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}` })
}
let random = 0x2545f491
const pick = (count) => (random = (Math.imul(random, 1664525) + 1013904223) >>> 0) % count
const anySession = () => session(pick(USERS), pick(SESSIONS_OF_EACH))
const byId = (rows) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))

/** With joins Better Auth asks for a session and its user at once, without one after the other. */
const getSession = (joins) => ({
  callers: [1, 32],
  async check({ auth }) {
    for (let round = 0; round < 32; round++) {
      const expected = anySession()
      const answer = await auth(joins).api.getSession({ headers: headersOf(expected.token) })
      const owner = Array.from({ length: USERS }, (_, number) => user(number)).find(({ id }) => id === expected.userId)
      mustEqual(
        "a session and its user",
        { session: { ...answer.session }, user: { ...answer.user } },
        { session: expected, user: owner },
      )
    }
    mustEqual(
      "a session that does not exist",
      await auth(joins).api.getSession({ headers: headersOf("no such token") }),
      null,
    )
  },
  start({ auth }) {
    const { api } = auth(joins)
    const all = Array.from({ length: USERS }, (_, number) => sessionsOf(number))
      .flat()
      .map(({ token }) => ({ token, headers: headersOf(token) }))
    return {
      call: async () => {
        const { token, headers } = all[pick(all.length)]
        if ((await api.getSession({ headers })).session.token !== token) throw new Error("another user's session")
      },
    }
  },
})

let people = 0
const signUp = {
  callers: [1, 16],
  async check({ auth, adapter }) {
    const { user: made, token } = await this.start({ auth }).call()
    const rows = async (model) =>
      adapter(true).findMany({ model, where: [{ field: model === "user" ? "id" : "userId", value: made.id }] })
    const [[one], [credential, ...others], [opened]] = await Promise.all(["user", "account", "session"].map(rows))
    mustEqual(
      "who signed up",
      [one.email, credential.providerId, credential.accountId, others.length, opened.token],
      [made.email, "credential", made.id, 0, token],
    )
  },
  start: ({ auth }) => ({
    call: () =>
      auth(true).api.signUpEmail({
        body: { name: "New", email: `new-${process.pid}-${people++}@example.com`, password: "correct horse battery" },
      }),
  }),
}

const page = () => Array.from({ length: PAGE }, () => pick(USERS))
const find = (adapter, numbers) =>
  adapter.findMany({
    model: "user",
    where: [{ field: "id", operator: "in", value: numbers.map((number) => user(number).id) }],
    limit: PAGE,
    join: { session: true, account: true },
  })
const findManyJoined = {
  callers: [1, 16],
  async check({ adapter }) {
    const numbers = [...new Set(page())]
    const found = await find(adapter(true), numbers)
    const plain = (rows) => byId(rows).map((row) => ({ ...row }))
    mustEqual(
      "users with their sessions and accounts",
      byId(found).map((row) => ({ ...row, session: plain(row.session), account: plain(row.account) })),
      byId(
        numbers.map((number) => ({ ...user(number), session: byId(sessionsOf(number)), account: [account(number)] })),
      ),
    )
  },
  start: ({ adapter }) => ({
    call: async () => {
      const numbers = page()
      if ((await find(adapter(true), numbers)).length !== new Set(numbers).size)
        throw new Error("not every user was found")
    },
  }),
}

export const works = { getSession: getSession(false), getSessionJoined: getSession(true), signUp, findManyJoined }
