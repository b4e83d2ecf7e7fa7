// The contract holds through a real PgBouncer 1.24 in transaction mode, which maps the names of prepared statements.
import { after } from "node:test"
import { contract } from "../contract/suite.js"
import { databases } from "../databases.js"
import { startPgBouncer } from "../servers/pgbouncer.js"

const [postgres] = databases.filter(({ name }) => name === "postgres")

if (postgres) {
  const pooler = await startPgBouncer(process.env.TEST_POSTGRES_URL, { maps: true })
  after(() => pooler.stop())

  contract(
    {
      ...postgres,
      create: async (options) => {
        const database = await postgres.create(options)
        return { ...database, direct: database.url, url: `${pooler.through(database.url)}?pgbouncer=true` }
      },
    },
    "PostgreSQL behind PgBouncer 1.24, ?pgbouncer=true",
  )
}
