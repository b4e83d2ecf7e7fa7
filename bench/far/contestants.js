// Who takes part on which route.
import { contestants as all } from "../contestants/index.js"
import { routes } from "./routes.js"

const child = "far/child.js"
const driver = (name, module) => ({ name, database: "postgres", module, layout: "own", kind: "driver", child })

/** Those of an application on Node, and `pg` on one connection too, where queries do not wait for each other's answers. */
export function contestantsOf(route) {
  const { database, names } = routes[route]
  const known = all
    .filter((each) => each.database === database && each.kind !== "limit" && !each.runtime)
    .map((each) => ({ ...each, child }))
  if (database !== "postgres") return known
  // A name belongs to the client that gave it, where the pooler does not map names.
  const unnamed = names ? "" : "?names=no"
  return [
    ...known.map((each) => (each.name === "pg" ? { ...each, module: `pg.js${unnamed}` } : each)),
    driver("pg, pipelined", `pg-pipelined.js${unnamed}`),
  ]
}
