// The local PostgreSQL of `prisma dev`: PGlite again, an older one, which needs Node.js 22. Each database is a server of its own.
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { open as openLocal } from "./pglite.js"

/** The Node.js that is installed for it, where this one is older. */
function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath
  const root = createRequire(import.meta.url).resolve("../engines/package.json")
  const path = join(root, "..", `node_modules/node-${process.platform}-${process.arch}/bin/node`)
  if (!existsSync(path)) throw new Error("prisma dev needs Node.js 22 or later, and this is " + process.version)
  return path
}

export const open = () => openLocal("prisma-dev", { execPath: findNode() })
