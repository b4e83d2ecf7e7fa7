// Prisma's clients, generated from the schemas here: again when a schema or Prisma changed.
import { existsSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { mustRun } from "../../__test__/run/command.js"

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const age = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

export async function generateClients() {
  for (const database of ["postgres", "mysql", "sqlite"]) {
    const schema = file(`${database}.prisma`)
    const client = age(file(`generated/${database}/index.js`))
    if (client > age(schema) && client > age(file("../node_modules/.package-lock.json"))) continue
    await mustRun(file("../node_modules/.bin/prisma"), ["generate", "--schema", schema], {
      folder: "bench",
      env: { CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    })
  }
}
