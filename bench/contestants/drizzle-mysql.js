import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { drizzle } from "drizzle-orm/mysql2"
import mysql from "mysql2/promise"

export function open(url) {
  const pool = mysql.createPool({ uri: url, connectionLimit: 10, timezone: "Z" })
  return { ...DrizzleAdapter(drizzle(pool)), close: () => pool.end() }
}
