// The database vendors' own clients, newer than Debian 12's: each in a folder of its own (a chroot), which is kept between runs.
import { execFile } from "node:child_process"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { isRoot } from "./identity.js"
import { installedSystem } from "./system.js"

const CLIENTS = {
  psql: { folder: "psql-trixie", suite: "trixie", debianPackage: "postgresql-client" },
  mysql: { folder: "mysql-client-sid", suite: "sid", debianPackage: "mysql-client-core" },
}

/**
 * The client `name`. Files that it shall read have to be in `folder`; `inside(path)` is what it calls them. `run(args, env)` tells
 * what it printed, or rejects with what it complained of.
 */
export function client(name) {
  if (!isRoot) throw new Error(`${name} is installed into a chroot, which only root can make: run as root`)
  const { folder, ...what } = CLIENTS[name]
  const system = installedSystem(folder, { ...what, program: `/usr/bin/${name}` })
  // Without such a file, there is no "localhost" in there.
  copyFileSync("/etc/hosts", join(system, "etc/hosts"))
  return {
    folder: join(system, "tmp"),
    inside: (path) => path.slice(system.length),
    run: async (args, env = {}) => {
      const options = { env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C", ...env }, timeout: 20_000 }
      const { stdout } = await promisify(execFile)("/usr/sbin/chroot", [system, `/usr/bin/${name}`, ...args], options)
      return stdout.trim()
    },
  }
}
