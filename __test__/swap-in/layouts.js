// Auth.js's tables as tools make them, in plain SQL that every database takes, with one person who is signed in.

const text = (length) => `varchar(${length})`
const key = `${text(100)} NOT NULL PRIMARY KEY`

/** One layout: the tables' names, how columns are spelled, and what the tool adds. `schema` is PostgreSQL's. */
function layout({
  names: [user, account, session, token],
  snake = false,
  ids = key,
  reference = text(100),
  rowIds = true,
  user: more = [],
  schema,
}) {
  const name = (table) => (schema ? `"${schema}"."${table}"` : `"${table}"`)
  const column = (camel) => (snake ? camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : camel)
  const id = rowIds ? [`"id" ${key}`] : []
  const statements = [
    ...(schema ? [`CREATE SCHEMA ${schema}`] : []),
    `CREATE TABLE ${name(user)} ("id" ${ids}, "name" ${text(100)}, "email" ${text(191)} UNIQUE, "${column("emailVerified")}" ${text(40)},
       "image" ${text(200)}${more.map((each) => `, ${each}`).join("")})`,
    `CREATE TABLE ${name(account)} (${[
      ...id,
      `"${column("userId")}" ${reference} NOT NULL`,
      `"type" ${text(30)} NOT NULL`,
      `"provider" ${text(60)} NOT NULL`,
      `"${column("providerAccountId")}" ${text(100)} NOT NULL`,
      `"refresh_token" ${text(500)}`,
      `"access_token" ${text(500)}`,
      `"expires_at" bigint`,
      `"token_type" ${text(40)}`,
      `"scope" ${text(200)}`,
      `"id_token" ${text(900)}`,
      `"session_state" ${text(100)}`,
    ].join(", ")})`,
    `CREATE TABLE ${name(session)} (${[
      ...id,
      `"${column("sessionToken")}" ${text(100)} NOT NULL UNIQUE`,
      `"${column("userId")}" ${reference} NOT NULL`,
      `"expires" bigint NOT NULL`,
    ].join(", ")})`,
    ...(token
      ? [
          `CREATE TABLE ${name(token)} ("identifier" ${text(100)} NOT NULL, "token" ${text(100)} NOT NULL, "expires" bigint NOT NULL,
       PRIMARY KEY ("identifier", "token"))`,
        ]
      : []),
  ]
  const number = reference === "integer"
  const person = [
    `INSERT INTO ${name(user)} ("id", "name", "email") VALUES (${number ? 7 : "'u7'"}, 'Ada', 'ada@example.com')`,
    `INSERT INTO ${name(session)} (${rowIds ? `"id", ` : ""}"${column("sessionToken")}", "${column("userId")}", "expires")
       VALUES (${rowIds ? "'s7', " : ""}'token-7', ${number ? 7 : "'u7'"}, 2524608000000)`,
  ]
  return {
    tables: [user, account, session, ...(token ? [token] : [])],
    schema,
    async create({ rows }) {
      for (const statement of statements) await rows(statement)
    },
    async signIn({ rows }) {
      for (const statement of person) await rows(statement)
    },
  }
}

export const layouts = {
  drizzle: layout({ names: ["user", "account", "session", "verificationToken"], rowIds: false }),
  prisma: layout({
    names: ["User", "Account", "Session", "VerificationToken"],
    user: [`"createdAt" ${text(40)}`, `"updatedAt" ${text(40)}`],
  }),
  plural: layout({ names: ["users", "accounts", "sessions", "verification_tokens"] }),
  typeorm: layout({ names: ["users", "accounts", "sessions", "verification_tokens"], user: [`"role" ${text(20)}`] }),
  pg: layout({
    names: ["users", "accounts", "sessions", "verification_token"],
    ids: "integer NOT NULL PRIMARY KEY",
    reference: "integer",
  }),
  "prefix and snake case": layout({
    names: ["app_user", "app_account", "app_session", "app_verification_token"],
    snake: true,
  }),
  "snake case": layout({ names: ["users", "accounts", "sessions", "verification_tokens"], snake: true }),
  "prefix, plural": layout({ names: ["web_users", "web_accounts", "web_sessions", "web_verification_tokens"] }),
  "mixed case": layout({ names: ["AppUser", "AppAccount", "AppSession", "AppVerificationToken"] }),
  capitals: layout({ names: ["USERS", "ACCOUNTS", "SESSIONS", "VERIFICATION_TOKENS"], snake: true }),
  "without tokens": layout({ names: ["members_user", "members_account", "members_session"] }),
  next_auth: layout({ names: ["users", "accounts", "sessions", "verification_tokens"], schema: "next_auth" }),
}

/** The layouts that a lane can have. */
export const layoutsOf = (lane) =>
  Object.entries(layouts).filter(([, { schema }]) => !schema || lane.name === "postgres")
