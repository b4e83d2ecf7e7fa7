// Prisma's clients, generated from the schemas here: again when a schema or Prisma changed. Nothing is downloaded.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { mustRun } from "../../run/command.js"

const require = createRequire(import.meta.url)
const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const age = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

export async function prismaClient(schema) {
  // The client goes where a project has it, beside its schema.
  const folder = file(`generated/${schema}`)
  const client = `${folder}/client/index.js`
  const written = Math.max(age(file(`${schema}.prisma`)), age(file("../node_modules/.package-lock.json")))
  const isFresh = () => age(client) > written
  if (!isFresh()) {
    // Several processes may find that it is missing. Each makes one of its own, and the first that is done puts it in place.
    const own = `${folder}.${process.pid}`
    mkdirSync(own, { recursive: true })
    copyFileSync(file(`${schema}.prisma`), `${own}/schema.prisma`)
    await mustRun(file("../node_modules/.bin/prisma"), ["generate", "--schema", `${own}/schema.prisma`], {
      folder: "__test__/swap-in",
      // Generating does not call the schema engine, but would not begin without one.
      env: { CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
    })
    if (!isFresh()) {
      if (existsSync(folder)) renameSync(folder, `${own}.old`)
      renameSync(own, folder)
    }
    for (const rest of [own, `${own}.old`]) rmSync(rest, { recursive: true, force: true })
  }
  return require(client).PrismaClient
}
