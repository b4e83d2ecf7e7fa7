// The tables each contestant works on: its own documented layout, or ours.
import { readFileSync } from "node:fs"

const iso = (date) => date.toISOString()
const milliseconds = (date) => date.getTime()

/** `userId`: how the user's id is stored; `sqliteDate`: how a date is, where SQLite leaves the choice. */
export const layouts = {
  own: { user: "user", session: "session", account: "account", userId: "text", sqliteDate: milliseconds },
  drizzle: { user: "user", session: "session", account: "account", userId: "text", sqliteDate: milliseconds },
  prisma: {
    user: "User",
    session: "Session",
    account: "Account",
    userId: "text",
    sqliteDate: (date) => iso(date).replace("Z", "+00:00"),
  },
  kysely: { user: "User", session: "Session", account: "Account", userId: "uuid", sqliteDate: iso },
  pg: { user: "users", session: "sessions", account: "accounts", userId: "serial" },
}

/** The statements that create a layout's tables; ours the adapter creates itself. */
export const tablesOf = (layout, database) =>
  readFileSync(new URL(`layouts/${layout}.${database}.sql`, import.meta.url), "utf8")
