import { RustAdapter } from "rust-auth-adapter"

// Opens nothing before the first call, so that `next build` needs no database. The tables are there: start.js sees to that,
// as `npx rust-auth-adapter migrate` does where an app of your own is deployed.
export const adapter = RustAdapter(process.env.DATABASE_URL)
