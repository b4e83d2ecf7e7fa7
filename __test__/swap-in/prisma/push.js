// `prisma migrate diff --from-empty --script` with the build of Prisma's schema engine that needs no download: its `db push` cannot read
// PostgreSQL's catalog through the pg driver.
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils"
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"

const wasm = createRequire(import.meta.url)
  .resolve("@prisma/schema-engine-wasm/schema_engine_bg")
  .replace(/\.js$/, ".wasm")
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { "./schema_engine_bg.js": engine })
engine.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()

/** Makes the tables of `schema` in `database`, which the Prisma driver adapter `driver` is for. */
export async function push(schema, driver, database) {
  // MySQL is beyond this build of the engine, and so are the tables of Prisma 8.
  const written = new URL(`${schema}.sql`, import.meta.url)
  const script = existsSync(written) ? readFileSync(written, "utf8") : await diffFromEmpty(schema, driver)
  for (const statement of script.split(/;$/m).filter((text) => text.trim())) await database.rows(statement)
}

async function diffFromEmpty(schema, driver) {
  const path = `${schema}.prisma`
  const content = readFileSync(new URL(path, import.meta.url), "utf8")
  // The engine does not close what it opens.
  const connections = []
  const connect = async () => {
    const connection = await driver.connect()
    connections.push(connection)
    return connection
  }
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: driver.provider,
    adapterName: driver.adapterName,
    connect,
    connectToShadowDb: connect,
  })
  const migration = await engine.SchemaEngine.new({ datamodels: [[path, content]] }, () => {}, factory)
  const { stdout: script } = await migration.diff({
    from: { tag: "empty" },
    to: { tag: "schemaDatamodel", files: [{ path, content }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  migration.free()
  for (const connection of connections) await connection.dispose()
  return script
}
