// How many connections to its database a server sees, the asking one left out.
const counts = {
  postgres: "SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  mysql: "SELECT id AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}

/** The server's ids of the connections to the lane's database. */
export const connectionIds = async ({ name, rows }) => (await rows(counts[name])).map(({ id }) => id)

export const connectionCount = async (lane) => (await connectionIds(lane)).length
