// Who takes part on which route.
import { contestants as all } from "../contestants/index.js"
import { routes } from "./routes.js"

const child = "far/child.js"
/** Those of whose modules there is a form without names. */
const DRIVERS = ["pg.js", "pg-pipelined.js"]

/** Those of an application on Node. */
export function contestantsOf(route) {
  const { database, names } = routes[route]
  const known = all.filter((each) => each.database === database && each.kind !== "limit" && !each.runtime)
  // A name belongs to the client that gave it, where the pooler does not map names.
  const unnamed = (module) => (!names && DRIVERS.includes(module) ? `${module}?names=no` : module)
  return known.map((each) => ({ ...each, module: unnamed(each.module), child }))
}
