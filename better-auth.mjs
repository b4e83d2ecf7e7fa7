import { createAdapterFactory } from "better-auth/adapters"
import { getAuthTables } from "better-auth/db"
import binding from "./binding.js"
import crossing from "./crossing.js"
import errors from "./error.js"
import { open } from "./better-auth/connections.mjs"
import { methods, schemaOf } from "./better-auth/requests.mjs"
import { generate, migrateTables } from "./better-auth/migrate.mjs"
import { describe, isJson } from "./better-auth/schema.mjs"

const { perform } = crossing
const { RustAdapterError } = errors

/** How often a transaction is done again that the database undid in favour of another one. */
const MAX_CONFLICTS = 5
const TRANSACTION_TIMEOUT_MS = 30_000

/**
 * A database for `betterAuth`: everything that it stores, at `url`. No I/O happens before the first call.
 */
export function rustAdapter(url, options = {}) {
  const { usePlural = false, debugLogs = false, transaction = true, joins = true, ...native } = options
  const timeout = transaction?.timeoutMs ?? TRANSACTION_TIMEOUT_MS
  const connection = open(url, native, transaction !== false)

  const config = {
    adapterId: "rust-auth-adapter",
    adapterName: "Rust Auth Adapter",
    usePlural,
    debugLogs,
    // The core knows each column's type, and converts by it.
    supportsBooleans: true,
    supportsDates: true,
    supportsJSON: true,
    supportsArrays: true,
    supportsNumericIds: true,
    // Ids are made here, so that every database can do with them.
    supportsUUIDs: false,
  }

  const database = (authOptions) => {
    const given = joins ? withJoins(authOptions) : authOptions
    const fields = Object.values(getAuthTables(given)).flatMap((table) => Object.values(table.fields))
    // It would be called for each field of each record.
    const output = fields.some(isJson) && { customTransformOutput: reviveJson }
    // The same for all adapters that are made of these options, of which each transaction has one.
    let known
    const make = (transactionOf, target) =>
      createAdapterFactory({
        config: { ...config, ...output, transaction: transactionOf },
        adapter: ({ schema, options, getFieldName, getModelName }) => ({
          ...methods(target, (known ??= schemaOf(describe(schema, options, getModelName))), getFieldName),
          createSchema: ({ tables, file }) => generate({ handle: connection.handle, usePlural }, tables, options, file),
          options: { ...native, usePlural, transaction, joins },
        }),
      })(given)
    const within = (work) => inTransaction(connection.handle, timeout, (begun) =>
      work(make(false, { handle: connection.handle, transaction: begun })))
    return make(transaction === false ? false : within, connection)
  }
  const { handle, close } = connection
  return Object.defineProperty(Object.assign(database, { close }), SELF, { value: { handle, usePlural } })
}

/** What an adapter knows of itself. */
const SELF = Symbol.for("rust-auth-adapter.self")

/**
 * Creates the tables that these options of `betterAuth` need, and adds columns and indexes to those that are there. Nothing
 * is ever dropped or altered. Returns the statements that were run.
 */
export async function migrate(options) {
  const self = options.database?.[SELF]
  if (!self) throw new RustAdapterError("ERR_CONFIG", "the option database must be what rustAdapter returns")
  return migrateTables(self, getAuthTables(options), options)
}

const reviveJson = ({ data, fieldAttributes }) => (typeof data === "string" && isJson(fieldAttributes) ? parsed(data) : data)

/** JSON in JSON, as Prisma stores it. */
function parsed(text) {
  try {
    const value = JSON.parse(text)
    return typeof value === "object" ? value : text
  } catch {
    return text
  }
}

/** Better Auth asks for joined records in one call only if it is told to; an application that has chosen stays with it. */
function withJoins(options) {
  const chosen = options.advanced?.database?.joins ?? options.experimental?.joins
  if (chosen === false) return options
  return {
    ...options,
    advanced: { ...options.advanced, database: { ...options.advanced?.database, joins: true } },
    experimental: { ...options.experimental, joins: true },
  }
}

/** Does `work` in a transaction, again if the database undid it and says that it may be done again. */
async function inTransaction(handle, timeout, work) {
  for (let conflicts = 0; ; conflicts++) {
    const begun = begin(handle, timeout)
    const end = (commit) =>
      perform(commit ? "commit" : "rollback", (count, record) => count > 0 && Boolean(record()), (crossing, id, atOnce) =>
        binding.end(crossing, begun, id, commit, atOnce))
    let result
    try {
      result = await work(begun)
    } catch (error) {
      const undone = await end(false)
      if (undone && mayRepeat() && conflicts < MAX_CONFLICTS) continue
      throw error
    }
    await end(true)
    return result
  }
}

function begin(handle, timeout) {
  try {
    return binding.begin(handle, timeout)
  } catch (error) {
    throw new RustAdapterError("ERR_CONFIG", error.message)
  }
}

/** Before 1.7.8, what was to happen after a transaction happened once for each attempt at it, also for those undone. */
function mayRepeat() {
  const [major, minor, patch] = (globalThis[Symbol.for("better-auth:global")]?.version ?? "0.0.0").split(".").map((part) => parseInt(part, 10))
  return major > 1 || (major === 1 && (minor > 7 || (minor === 7 && patch >= 8)))
}
