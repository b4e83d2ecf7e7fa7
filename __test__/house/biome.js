// `npm run format` and `npm run lint`: Biome, as biome.jsonc sets it up, in the version of this folder's lockfile.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL(".", import.meta.url))
const root = fileURLToPath(new URL("../..", import.meta.url))
const biome = `${folder}node_modules/@biomejs/biome/bin/biome`

const run = (program, args, cwd) =>
  spawnSync(program, args, { cwd, stdio: "inherit", shell: program === "npm" }).status ?? 1

if (!existsSync(biome)) {
  const installed = run("npm", ["ci"], folder)
  if (installed !== 0) process.exit(installed)
}
process.exit(run(process.execPath, [biome, ...process.argv.slice(2)], root))
