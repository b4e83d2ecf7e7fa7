import { PrismaAdapter } from "@auth/prisma-adapter"
import { PrismaMariaDb } from "@prisma/adapter-mariadb"
import generated from "../prisma/generated/mysql/index.js"

export function open(url) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url)
  const adapter = new PrismaMariaDb({
    host,
    port: Number(port),
    user,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    connectionLimit: 10,
  })
  const client = new generated.PrismaClient({ adapter })
  return { ...PrismaAdapter(client), close: () => client.$disconnect() }
}
