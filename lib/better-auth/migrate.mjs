// The tables that Better Auth needs: created, completed, or written down as SQL.

import { existsSync } from "node:fs"
import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import { isEssential } from "./schema.mjs"

/** Types of fields by Better Auth's names. Those that are not here are kept as JSON. */
const TYPES = { string: "text", number: "integer", boolean: "bool", date: "date", json: "json" }

/** What clean-ups look for and Better Auth does not index. */
const CLEANED_BY = new Set(["expiresAt", "lastRequest"])

/** Indexes that Better Auth's own look-ups would need. */
const LOOKED_UP_BY = { account: [["providerId", "accountId"]] }

function typeOf({ type, references, bigint, sortable }) {
  if (references?.field === "id") return "id"
  if (Array.isArray(type)) return "text"
  if (type === "number" && bigint) return "bigint"
  return type === "string" && sortable ? "key" : (TYPES[type] ?? "json")
}

/** The description of `tables`, as `getAuthTables` gives them, for the core. */
function describe(tables, options, { usePlural, emails, on }) {
  const nameOf = (key) => `${tables[key]?.modelName ?? key}${usePlural ? "s" : ""}`
  const columnOf = (key, field) => tables[key]?.fields[field]?.fieldName || field
  const keyOf = (model) =>
    tables[model] ? model : (Object.keys(tables).find((key) => tables[key].modelName === model) ?? model)
  const ids = options.advanced?.database?.generateId

  const described = Object.entries(tables)
    .filter(([, table]) => !table.disableMigrations)
    .map(([key, { fields, indexes = [] }]) => ({
      name: nameOf(key),
      key,
      named: (tables[key].modelName ?? key) !== key,
      fields: Object.entries(fields)
        .filter(([field]) => field !== "id")
        .map(([field, attributes]) => {
          const { required, index, references, defaultValue, type } = attributes
          // Several users may have one address; look-ups by it want an index all the same.
          const isShared = emails === "shared" && key === "user" && field === "email"
          return {
            name: attributes.fieldName || field,
            key: field,
            type: typeOf(attributes),
            required: required !== false,
            ...(isEssential(key, field) && { essential: true }),
            unique: attributes.unique === true && !isShared,
            indexed: index === true || CLEANED_BY.has(field) || isShared,
            ...(references && {
              references: {
                table: nameOf(keyOf(references.model)),
                field: columnOf(keyOf(references.model), references.field),
                on_delete: references.onDelete ?? "cascade",
              },
            }),
            now: type === "date" && typeof defaultValue === "function",
            ...(["boolean", "number", "string"].includes(typeof defaultValue) && { default: defaultValue }),
          }
        }),
      indexes: [
        ...indexes.map(({ fields: of, unique, name }) => ({
          columns: of.map((field) => columnOf(key, field)),
          unique: unique === true,
          ...(name && { name }),
        })),
        ...(LOOKED_UP_BY[key] ?? []).map((of) => ({ columns: of.map((field) => columnOf(key, field)) })),
      ],
    }))
  return JSON.stringify({ tables: described, ids: ids === "uuid" || ids === "serial" ? ids : "text", on })
}

const statements = (count, record) => Array.from({ length: count }, () => record().statement)

const run = (handle, description, apply) =>
  bridge.perform("migrate", statements, (bridge, id) => binding.migrate(bridge, handle, id, description, apply))

/** Makes what is missing of `tables` if it is to be applied. Returns the statements. */
export function migrateTables({ handle, ...ours }, tables, options, apply) {
  // With a storage of their own, sessions are not in the database.
  if (options.secondaryStorage && !options.session?.storeSessionInDatabase) delete tables.session
  return run(handle, describe(tables, options, ours), apply)
}

/** What `npx auth generate` writes: the SQL that completes the database as it is now. */
export async function generate({ handle, ...ours }, tables, options, file) {
  const path = file ?? "better-auth-migration.sql"
  const missing = await run(handle, describe(tables, options, ours), false)
  return { code: missing.map((statement) => `${statement};\n`).join("\n"), path, overwrite: existsSync(path) }
}
