// How many connections to its database a server sees, the asking one left out.
import { otherConnections } from "../databases/mysql.js"

const others = {
  postgres: (rows) =>
    rows("SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"),
  mysql: otherConnections,
}

/** The server's ids of the connections to the lane's database. */
export const connectionIds = async ({ name, rows }) => (await others[name](rows)).map(({ id }) => id)

export const connectionCount = async (lane) => (await connectionIds(lane)).length
