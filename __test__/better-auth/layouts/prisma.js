// The layout that Better Auth generates for Prisma, made by Prisma's schema engine; and Better Auth's adapter for Prisma on it.
import { prismaAdapter } from "better-auth/adapters/prisma"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { driverOf } from "../../swap-in/peers/prisma.js"
import { prismaClient } from "../../swap-in/prisma/client.js"
import { push } from "../../swap-in/prisma/push.js"
import { prismaSchema } from "./generators.js"

const providers = { sqlite: "sqlite", postgres: "postgresql", mysql: "mysql" }
const folder = new URL("../../swap-in/prisma/generated/", import.meta.url)

export async function open(lane, database, options) {
  const provider = providers[lane.name]
  const name = `better-auth.${lane.name}`
  const schema = (await prismaSchema(provider, options))
    .replace(/^(\s*provider = "prisma-client-js")$/m, '$1\n  output   = "./client"')
    .replace(/^\s*url .*\n/m, "") // Prisma 7 takes it elsewhere
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${name}.prisma`, folder)
  if (!existsSync(file) || readFileSync(file, "utf8") !== schema) writeFileSync(file, schema)
  if (provider === "mysql") copyFileSync(new URL("prisma.mysql.sql", import.meta.url), new URL(`${name}.sql`, folder))

  const [, driver] = driverOf(database)
  await push(`generated/${name}`, driver, database)
  const PrismaClient = await prismaClient(`generated/${name}`)
  const client = new PrismaClient({ adapter: driver })
  return { database: prismaAdapter(client, { provider, transaction: true }), close: () => client.$disconnect() }
}
