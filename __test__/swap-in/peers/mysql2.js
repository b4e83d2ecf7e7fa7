// A hand-written adapter with mysql2 for tables without foreign keys, as PlanetScale wants them: ids as nanoid(12), deletes by hand.
import { randomInt } from "node:crypto"
import mysql from "mysql2/promise"

const moments = "`created_at` datetime NOT NULL, `updated_at` datetime NOT NULL"
const text = "varchar(255) DEFAULT NULL"
const required = "varchar(255) NOT NULL"
export const tables = [
  `CREATE TABLE users (id varchar(12) NOT NULL, name ${text}, email ${text}, email_verified datetime(6) DEFAULT NULL, image ${text},
    ${moments}, PRIMARY KEY (id), UNIQUE KEY email (email))`,
  `CREATE TABLE accounts (id bigint NOT NULL AUTO_INCREMENT, user_id varchar(12) DEFAULT NULL, type ${required}, provider ${required},
    provider_account_id ${required}, refresh_token ${text}, access_token ${text}, expires_at int DEFAULT NULL, token_type ${text},
    scope ${text}, id_token text, session_state ${text}, oauth_token_secret ${text}, oauth_token ${text}, ${moments},
    PRIMARY KEY (id), KEY user_id (user_id))`,
  `CREATE TABLE sessions (id bigint NOT NULL AUTO_INCREMENT, user_id varchar(12) NOT NULL, expires datetime(6) NOT NULL,
    session_token ${required}, ${moments}, PRIMARY KEY (id), UNIQUE KEY sessionToken (session_token), KEY user_id (user_id))`,
  `CREATE TABLE verification_tokens (identifier ${required}, token ${required}, expires datetime(6) NOT NULL, ${moments},
    PRIMARY KEY (token))`,
]

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
const nanoid = () => Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join("")

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const camel = (name) =>
  name === "expires_at" || (/_token$|_type$|_state$|_secret$/.test(name) && name !== "session_token")
    ? name
    : name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const toRow = (object) =>
  Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [snake(name), value]),
  )
const fromRow = (row) =>
  row ? Object.fromEntries(Object.entries(row).map(([name, value]) => [camel(name), value])) : null

function adapterOf(pool) {
  const one = async (statement, ...values) => fromRow((await pool.query(`${statement} LIMIT 1`, values))[0][0])
  const run = async (statement, ...values) => (await pool.query(statement, values))[0].affectedRows
  const insert = (table, object) => {
    const now = new Date()
    return run(`INSERT INTO ${table} SET ?`, { ...toRow(object), created_at: now, updated_at: now })
  }
  const getUser = (id) => one("SELECT * FROM users WHERE id = ?", id)
  const getSession = (sessionToken) => one("SELECT * FROM sessions WHERE session_token = ?", sessionToken)
  return {
    async createUser(user) {
      const id = nanoid()
      await insert("users", { ...user, id })
      return getUser(id)
    },
    getUser,
    getUserByEmail: (email) => one("SELECT * FROM users WHERE email = ?", email),
    getUserByAccount: ({ provider, providerAccountId }) =>
      one(
        "SELECT users.* FROM users JOIN accounts ON accounts.user_id = users.id WHERE provider = ? AND provider_account_id = ?",
        provider,
        providerAccountId,
      ),
    async updateUser({ id, ...changes }) {
      await run("UPDATE users SET ? WHERE id = ?", { ...toRow(changes), updated_at: new Date() }, id)
      return getUser(id)
    },
    async deleteUser(id) {
      await run("DELETE FROM sessions WHERE user_id = ?", id)
      await run("DELETE FROM accounts WHERE user_id = ?", id)
      await run("DELETE FROM users WHERE id = ?", id)
    },
    linkAccount: async (account) => {
      await insert("accounts", account)
    },
    unlinkAccount: async ({ provider, providerAccountId }) => {
      await run("DELETE FROM accounts WHERE provider = ? AND provider_account_id = ?", provider, providerAccountId)
    },
    getAccount: (providerAccountId, provider) =>
      one("SELECT * FROM accounts WHERE provider = ? AND provider_account_id = ?", provider, providerAccountId),
    async createSession(session) {
      await insert("sessions", session)
      return getSession(session.sessionToken)
    },
    async getSessionAndUser(sessionToken) {
      const session = await getSession(sessionToken)
      const user = session && (await getUser(session.userId))
      return user && { session, user }
    },
    async updateSession({ sessionToken, ...changes }) {
      await run(
        "UPDATE sessions SET ? WHERE session_token = ?",
        { ...toRow(changes), updated_at: new Date() },
        sessionToken,
      )
      return getSession(sessionToken)
    },
    deleteSession: async (sessionToken) => {
      await run("DELETE FROM sessions WHERE session_token = ?", sessionToken)
    },
    createVerificationToken: async (token) => (await insert("verification_tokens", token), token),
    async useVerificationToken({ identifier, token }) {
      const key = [identifier, token]
      const found = await one(
        "SELECT identifier, token, expires FROM verification_tokens WHERE identifier = ? AND token = ?",
        ...key,
      )
      return (await run("DELETE FROM verification_tokens WHERE identifier = ? AND token = ?", ...key)) ? found : null
    },
  }
}

export default {
  name: "mysql2",
  lanes: ["mysql"],
  differences: ["session", "account"].map((of) => ({
    of,
    reason: "mysql2 gives the counted ids of sessions and accounts as numbers; ours gives every id as text",
    normalize: ({ id, ...row }) => ({ ...row, id: String(id) }),
  })),
  async open({ url }) {
    const pool = mysql.createPool({ uri: url, timezone: "Z", connectionLimit: 4 })
    for (const table of tables) await pool.query(table)
    return { adapter: adapterOf(pool), close: () => pool.end() }
  },
}
