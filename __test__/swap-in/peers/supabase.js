// Supabase's tables in schema `next_auth`, as its guide's SQL makes them. Supabase's adapter speaks to PostgREST, which is
// not here: the other side is the same adapter's statements through `pg`, with its habit of leaving nulls out of what it returns.
import pg from "pg"

const tables = `
  CREATE SCHEMA next_auth;
  CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;
  CREATE TABLE next_auth.users (id uuid NOT NULL DEFAULT uuid_generate_v4(), name text, email text, "emailVerified" timestamp with time zone,
    image text, CONSTRAINT users_pkey PRIMARY KEY (id), CONSTRAINT email_unique UNIQUE (email));
  CREATE TABLE next_auth.sessions (id uuid NOT NULL DEFAULT uuid_generate_v4(), expires timestamp with time zone NOT NULL,
    "sessionToken" text NOT NULL, "userId" uuid, CONSTRAINT sessions_pkey PRIMARY KEY (id), CONSTRAINT sessionToken_unique UNIQUE ("sessionToken"),
    CONSTRAINT "sessions_userId_fkey" FOREIGN KEY ("userId") REFERENCES next_auth.users (id) MATCH SIMPLE ON UPDATE NO ACTION ON DELETE CASCADE);
  CREATE TABLE next_auth.accounts (id uuid NOT NULL DEFAULT uuid_generate_v4(), type text NOT NULL, provider text NOT NULL,
    "providerAccountId" text NOT NULL, refresh_token text, access_token text, expires_at bigint, token_type text, scope text, id_token text,
    session_state text, oauth_token_secret text, oauth_token text, "userId" uuid, CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT provider_unique UNIQUE (provider, "providerAccountId"),
    CONSTRAINT "accounts_userId_fkey" FOREIGN KEY ("userId") REFERENCES next_auth.users (id) MATCH SIMPLE ON UPDATE NO ACTION ON DELETE CASCADE);
  CREATE TABLE next_auth.verification_tokens (identifier text, token text, expires timestamp with time zone NOT NULL,
    CONSTRAINT verification_tokens_pkey PRIMARY KEY (token), CONSTRAINT token_unique UNIQUE (token),
    CONSTRAINT token_identifier_unique UNIQUE (token, identifier));`

const withoutNulls = (row) => row && Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

function adapterOf(pool) {
  const rows = async (statement, ...values) => (await pool.query(statement, values)).rows.map(withoutNulls)
  const one = async (...query) => (await rows(...query))[0] ?? null
  const columns = (row) => Object.keys(row).map((name) => pg.escapeIdentifier(name))
  const places = (row) => Object.keys(row).map((_, index) => `$${index + 1}`)
  const defined = (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
  const insert = (table, given) => {
    const row = defined(given)
    return one(
      `INSERT INTO next_auth.${table} (${columns(row)}) VALUES (${places(row)}) RETURNING *`,
      ...Object.values(row),
    )
  }
  const update = (table, key, given) => {
    const row = defined(given)
    const set = columns(row).map((name, index) => `${name} = ${places(row)[index]}`)
    return one(
      `UPDATE next_auth.${table} SET ${set} WHERE "${key}" = $${set.length + 1} RETURNING *`,
      ...Object.values(row),
      row[key],
    )
  }
  const userWhere = (condition, ...values) => one(`SELECT users.* FROM next_auth.users ${condition}`, ...values)
  return {
    createUser: (user) => insert("users", user),
    getUser: (id) => userWhere("WHERE id = $1", id),
    getUserByEmail: (email) => userWhere("WHERE email = $1", email),
    getUserByAccount: ({ provider, providerAccountId }) =>
      userWhere(
        `JOIN next_auth.accounts ON accounts."userId" = users.id WHERE provider = $1 AND "providerAccountId" = $2`,
        provider,
        providerAccountId,
      ),
    updateUser: (user) => update("users", "id", user),
    deleteUser: async (id) => {
      await rows("DELETE FROM next_auth.users WHERE id = $1", id)
    },
    linkAccount: async (account) => {
      await insert("accounts", account)
    },
    getAccount: (...key) =>
      one(`SELECT * FROM next_auth.accounts WHERE "providerAccountId" = $1 AND provider = $2`, ...key),
    unlinkAccount: async ({ provider, providerAccountId }) => {
      await rows(
        `DELETE FROM next_auth.accounts WHERE provider = $1 AND "providerAccountId" = $2`,
        provider,
        providerAccountId,
      )
    },
    createSession: (session) => insert("sessions", session),
    async getSessionAndUser(sessionToken) {
      const session = await one(`SELECT * FROM next_auth.sessions WHERE "sessionToken" = $1`, sessionToken)
      return session && { session, user: await userWhere("WHERE id = $1", session.userId) }
    },
    updateSession: (session) => update("sessions", "sessionToken", session),
    deleteSession: async (sessionToken) => {
      await rows(`DELETE FROM next_auth.sessions WHERE "sessionToken" = $1`, sessionToken)
    },
    createVerificationToken: async (token) => (await insert("verification_tokens", token), token),
    useVerificationToken: ({ identifier, token }) =>
      one(
        "DELETE FROM next_auth.verification_tokens WHERE identifier = $1 AND token = $2 RETURNING *",
        identifier,
        token,
      ),
  }
}

/** PostgREST gives a bigint as a number. */
const types = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
}

export default {
  name: "supabase",
  lanes: ["postgres"],
  differences: ["user", "session", "account"].map((of) => ({
    of,
    reason: "Supabase's adapter leaves out fields that are null; ours gives them as null",
    normalize: withoutNulls,
  })),
  async open({ url }) {
    const pool = new pg.Pool({ connectionString: url, max: 4, types })
    pool.on("error", () => {})
    await pool.query(tables)
    return { adapter: adapterOf(pool), close: () => pool.end() }
  },
}
