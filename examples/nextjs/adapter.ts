import { RustAdapter } from "rust-auth-adapter"

// Opens nothing before the first call, so that `next build` needs no database. The tables are there: start.js sees to that,
// as `npx rust-auth-adapter migrate --user-agents` does where an app of your own is deployed.
export const adapter = RustAdapter<{ session: { userAgent: string | null } }>(process.env.DATABASE_URL)
