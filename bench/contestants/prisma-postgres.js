import { PrismaAdapter } from "@auth/prisma-adapter"
import { PrismaPg } from "@prisma/adapter-pg"
import generated from "../prisma/generated/postgres/index.js"

export function open(url) {
  const client = new generated.PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }) })
  return { ...PrismaAdapter(client), close: () => client.$disconnect() }
}
