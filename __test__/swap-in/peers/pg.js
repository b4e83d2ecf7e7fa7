// @auth/pg-adapter on the tables of its documentation.
import PostgresAdapter from "@auth/pg-adapter"
import pg from "pg"

const tables = `
  CREATE TABLE verification_token (identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token));
  CREATE TABLE accounts (id SERIAL, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL,
    "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT, scope TEXT,
    session_state TEXT, token_type TEXT, PRIMARY KEY (id));
  CREATE TABLE sessions (id SERIAL, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL, PRIMARY KEY (id));
  CREATE TABLE users (id SERIAL, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT, PRIMARY KEY (id));`

const textIds = ({ id, userId, ...row }) => ({
  ...row,
  ...(id !== undefined && { id: String(id) }),
  ...(userId !== undefined && { userId: String(userId) }),
})
const countedIds = "the counted ids are numbers to pg's adapter, although Auth.js's types say text; ours gives text"

const peer = (name, more) => ({
  name,
  lanes: ["postgres"],
  ...more,
  async open({ url }) {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    pool.on("error", () => {})
    await pool.query(tables)
    return {
      adapter: PostgresAdapter(pool),
      async getAccount(...key) {
        const {
          rows: [row],
        } = await pool.query(`SELECT * FROM accounts WHERE "providerAccountId" = $1 AND provider = $2`, key)
        return row && { ...row, expires_at: row.expires_at && Number(row.expires_at) } // pg gives a bigint as text
      },
      close: () => pool.end(),
    }
  },
})

export default [
  peer("pg", {
    differences: ["user", "session", "account"].map((of) => ({ of, reason: countedIds, normalize: textIds })),
  }),
  // For an application that compares ids with numbers.
  peer("pg, ids as numbers", { options: { postgres: { ids: "number" } } }),
]
