import { PrismaAdapter } from "@auth/prisma-adapter"
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3"
import generated from "../prisma/generated/sqlite/index.js"

export function open(url) {
  const adapter = new PrismaBetterSqlite3({ url: url.replace("sqlite:", "file:") })
  const client = new generated.PrismaClient({ adapter })
  return { ...PrismaAdapter(client), close: () => client.$disconnect() }
}
