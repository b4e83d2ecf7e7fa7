// What an application without an adapter would send: one statement for each method, by hand, on our layout.
// `$` stands for a parameter; `names` are the columns of a session and its user.
const lookUp = (q) =>
  `SELECT s.${q("sessionToken")}, s.${q("userId")}, s.${q("expires")},` +
  ` u.${q("id")}, u.${q("name")}, u.${q("email")}, u.${q("emailVerified")}, u.${q("image")}` +
  ` FROM ${q("session")} s JOIN ${q("user")} u ON u.${q("id")} = s.${q("userId")} WHERE s.${q("sessionToken")} = $`

const insert = (q, table, columns) =>
  `INSERT INTO ${q(table)} (${columns.map(q).join(", ")}) VALUES (${columns.map(() => "$").join(", ")})`

const user = ["id", "name", "email", "emailVerified", "image"]
const account = ["userId", "type", "provider", "providerAccountId", "access_token", "token_type", "scope"]
const session = ["sessionToken", "userId", "expires"]
const token = ["identifier", "token", "expires"]

const all = (q) => ({
  getSessionAndUser: lookUp(q),
  getUserByAccount:
    `SELECT ${user.map((column) => `u.${q(column)}`).join(", ")} FROM ${q("account")} a JOIN ${q("user")} u` +
    ` ON u.${q("id")} = a.${q("userId")} WHERE a.${q("provider")} = $ AND a.${q("providerAccountId")} = $`,
  createUser: insert(q, "user", user),
  linkAccount: insert(q, "account", account),
  createSession: insert(q, "session", session),
  updateSession: `UPDATE ${q("session")} SET ${q("expires")} = $ WHERE ${q("sessionToken")} = $`,
  createVerificationToken: insert(q, "verificationToken", token),
  useVerificationToken:
    `DELETE FROM ${q("verificationToken")} WHERE ${q("identifier")} = $ AND ${q("token")} = $` +
    ` RETURNING ${token.map(q).join(", ")}`,
})

const numbered = (sql) => {
  let number = 0
  return sql.replace(/\$/g, () => `$${++number}`)
}
const questionMarks = (sql) => sql.replace(/\$/g, "?")
const mapped = (statements, change) =>
  Object.fromEntries(Object.entries(statements).map(([name, sql]) => [name, change(sql)]))

export const statements = {
  postgres: mapped(
    all((name) => `"${name}"`),
    numbered,
  ),
  mysql: mapped(
    all((name) => `\`${name}\``),
    questionMarks,
  ),
  sqlite: mapped(
    all((name) => `"${name}"`),
    questionMarks,
  ),
}

/**
 * The methods that the works use, on `run(method, ...parameters)`, which resolves to rows.
 * `toDate` and `fromDate`: how the driver reads and writes a date.
 */
export function bare(run, { toDate = (value) => value, fromDate = (date) => date } = {}) {
  const readDate = (value) => (value === null ? null : toDate(value))
  const writeDate = (date) => (date === null ? null : fromDate(date))
  const toUser = ({ id, name, email, emailVerified, image }) => ({
    id,
    name,
    email,
    emailVerified: readDate(emailVerified),
    image,
  })
  return {
    async getSessionAndUser(wanted) {
      const [row] = await run("getSessionAndUser", wanted)
      if (!row) return null
      const { sessionToken, userId, expires } = row
      return { session: { sessionToken, userId, expires: readDate(expires) }, user: toUser(row) }
    },
    async getUserByAccount({ provider, providerAccountId }) {
      const [row] = await run("getUserByAccount", provider, providerAccountId)
      return row ? toUser(row) : null
    },
    async createUser(given) {
      await run("createUser", given.id, given.name, given.email, writeDate(given.emailVerified), given.image)
      return given
    },
    async linkAccount(given) {
      await run("linkAccount", ...account.map((column) => given[column]))
      return given
    },
    async createSession(given) {
      await run("createSession", given.sessionToken, given.userId, writeDate(given.expires))
      return given
    },
    async updateSession(given) {
      await run("updateSession", writeDate(given.expires), given.sessionToken)
      return given
    },
    async createVerificationToken(given) {
      await run("createVerificationToken", given.identifier, given.token, writeDate(given.expires))
      return given
    },
    async useVerificationToken({ identifier, token }) {
      const [row] = await run("useVerificationToken", identifier, token)
      return row ? { identifier: row.identifier, token: row.token, expires: readDate(row.expires) } : null
    },
  }
}
