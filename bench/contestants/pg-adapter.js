import PostgresAdapter from "@auth/pg-adapter"
import pg from "pg"

export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  return { ...PostgresAdapter(pool), close: () => pool.end(), documented }
}

/** Its layout counts users and sessions, and its sessions show their number. */
function documented({ session, user }, number) {
  return { session: { ...session, id: number + 1, userId: number + 1 }, user: { ...user, id: number + 1 } }
}
