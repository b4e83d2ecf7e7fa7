// The adapter under test: ours. BETTER_AUTH_ADAPTER=kysely runs the same tests on Better Auth's own adapter, for reference: what fails
// there is a wrong test, or one of its known faults.
import { installedFor } from "./installed.js"
import { openKysely } from "./tables.js"

export const reference = process.env.BETTER_AUTH_ADAPTER === "kysely"

/** Opens it for one of a lane's databases: `database` is what `betterAuth` takes. */
export const openAdapter = reference ? openKysely : openRust

async function openRust({ url }, options) {
  const { rustAdapter } = await ours()
  const database = rustAdapter(url, options)
  return { database, close: () => database.close() }
}

/** Everything that `rust-auth-adapter/better-auth` exports. */
export const ours = () => installedFor(import.meta.url)
