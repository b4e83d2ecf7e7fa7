// The contract through a real PgBouncer in transaction mode, of which the URL tells.
import { after } from "node:test"
import { contract } from "../contract/suite.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"

/** `options`: of `startPgBouncer`. Nothing where the run has no PostgreSQL. */
export async function contractBehind(name, options) {
  const [postgres] = databases.filter(({ name }) => name === "postgres")
  if (!postgres) return
  const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL, options)
  after(() => pooler.stop())
  const create = async (wanted) => {
    const database = await postgres.create(wanted)
    return { ...database, direct: database.url, url: `${pooler.through(database.url)}?pgbouncer=true` }
  }
  contract({ ...postgres, create }, `PostgreSQL behind ${name}, ?pgbouncer=true`)
}
