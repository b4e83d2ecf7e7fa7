import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { drizzle } from "drizzle-orm/node-postgres"
import pg from "pg"

export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  return { ...DrizzleAdapter(drizzle(pool)), close: () => pool.end() }
}
