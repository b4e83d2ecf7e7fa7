// Databases whose transactions have another isolation level unless the session says otherwise.
import { after } from "node:test"
import * as mysql from "../databases/mysql.js"
import { databases, enabled } from "../databases.js"
import { startMariaDb11 } from "../servers/mariadb11.js"
import { startMariaDb } from "../servers/mariadb.js"
import { startPgBouncer } from "../servers/pgbouncer.js"

const postgresLevels = ["repeatable read", "serializable"]
const mysqlLevels = ["READ-UNCOMMITTED", "READ-COMMITTED", "SERIALIZABLE"]

/**
 * Lanes as in `../databases.js`, of all databases or of the one that is `wanted`, each with its `title`. The servers that they need
 * stop when the tests have ended.
 */
export async function isolated(wanted) {
  const lanes = []
  const [postgres] = databases.filter(({ name }) => name === "postgres")
  if (postgres && wanted !== "mysql") {
    const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL)
    after(() => pooler.stop())
    for (const level of postgresLevels) {
      const create = async () => {
        const database = await postgres.create()
        await database.rows(
          `ALTER DATABASE "${new URL(database.url).pathname.slice(1)}" SET default_transaction_isolation = '${level}'`,
        )
        return database
      }
      lanes.push({ ...postgres, create, title: `PostgreSQL, ${level}` })
      lanes.push({
        ...postgres,
        options: { pooler: "transaction" },
        title: `PostgreSQL behind PgBouncer, ${level}`,
        create: async () => {
          const database = await create()
          return { ...database, url: pooler.through(database.url) }
        },
      })
    }
  }
  if (enabled("mysql") && wanted !== "postgres") {
    for (const level of mysqlLevels) {
      const server = await startMariaDb({ args: [`--transaction-isolation=${level}`] })
      after(() => server.stop())
      lanes.push({ name: "mysql", ...(await mysql.open(server.url)), title: `MariaDB 10, ${level}` })
    }
    // Since 11.6, a row that has changed under a snapshot is an error.
    for (const level of ["REPEATABLE-READ", "SERIALIZABLE"]) {
      const server = await startMariaDb11({ args: [`--transaction-isolation=${level}`] })
      after(() => server.stop())
      lanes.push({ name: "mysql", ...(await mysql.open(server.url)), title: `MariaDB 11, ${level}` })
    }
  }
  return lanes
}
