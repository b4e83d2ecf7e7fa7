// Database servers refuse to run as root. Root starts them as the user "nobody"; any other user as itself.
import { chownSync, readFileSync } from "node:fs"

export const isRoot = process.getuid?.() === 0

/** The `uid` and `gid` options of `child_process` for servers; empty when we are not root. */
export const identity = isRoot ? nobody() : {}

/** Lets servers own `path`. */
export function giveToServers(path) {
  if (isRoot) chownSync(path, identity.uid, identity.gid)
}

function nobody() {
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith("nobody:"))
  if (!entry) throw new Error('database servers cannot run as root, and there is no user "nobody" to run them as')
  const [, , uid, gid] = entry.split(":").map(Number)
  return { uid, gid }
}
