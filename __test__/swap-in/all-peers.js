// Every peer there is: a file in peers/ exports one, or several.
import { readdirSync } from "node:fs"

export async function allPeers() {
  const files = readdirSync(new URL("peers", import.meta.url)).sort()
  const modules = await Promise.all(files.map((file) => import(`./peers/${file}`)))
  return modules.flatMap(({ default: peers }) => peers ?? [])
}
