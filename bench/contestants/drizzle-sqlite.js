import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { drizzle } from "drizzle-orm/better-sqlite3"
import { openFile } from "./better-sqlite3-file.js"

export function open(url) {
  const file = openFile(url)
  return { ...DrizzleAdapter(drizzle(file)), close: () => file.close() }
}
