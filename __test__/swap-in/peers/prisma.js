// @auth/prisma-adapter with Prisma 7, on the documented schema of each database, on ones that applications use, and on the tables of Prisma 8.
import { PrismaAdapter } from "@auth/prisma-adapter"
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3"
import { PrismaMariaDb } from "@prisma/adapter-mariadb"
import { PrismaPg } from "@prisma/adapter-pg"
import { prismaClient } from "../prisma/client.js"
import { push } from "../prisma/push.js"

/** The lane, and Prisma's driver adapter for its database. `inUtc`: of sessions in UTC. In others Prisma 7 takes a `timestamptz` for another instant. */
export function driverOf({ url, path }, { inUtc = false } = {}) {
  if (path) return ["sqlite", new PrismaBetterSqlite3({ url: `file:${path}` })]
  if (url.startsWith("postgres"))
    return [
      "postgres",
      new PrismaPg(
        { connectionString: url, max: 4, options: inUtc ? "-c timezone=UTC" : undefined },
        { onPoolError() {} },
      ),
    ]
  const { hostname: host, port, username: user, password, pathname } = new URL(url)
  return [
    "mysql",
    new PrismaMariaDb({
      host,
      port: Number(port),
      user,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      connectionLimit: 4,
    }),
  ]
}

const peer = (name, schema, lanes, { inUtc, ...more } = {}) => ({
  name,
  lanes,
  async open(database) {
    const [lane, driver] = driverOf(database, { inUtc })
    await push(`${schema}.${lane}`, driver, database)
    const PrismaClient = await prismaClient(`${schema}.${lane}`)
    const client = new PrismaClient({ adapter: driver })
    return { adapter: PrismaAdapter(client), close: () => client.$disconnect() }
  },
  ...more,
})

const passkeys = { authenticators: true }
export default [
  peer("prisma", "documented", ["sqlite", "postgres"], passkeys),
  peer("prisma", "documented", ["mysql"], { ...passkeys, oneAccountPerUser: true, keepsChildren: true }),
  peer("prisma, snake_case", "snake-case", ["sqlite", "postgres", "mysql"]),
  peer("prisma, uuid", "uuid", ["postgres"], passkeys),
  peer("prisma 8's tables", "prisma-8", ["postgres"], { inUtc: true }),
]
