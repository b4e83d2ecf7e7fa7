import { createAdapterFactory } from "better-auth/adapters"
import { getAuthTables } from "better-auth/db"
import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import errors from "../error.js"
import logging from "../observing/log.js"
import subject from "../observing/subject.js"
import reading from "../reading.js"
import telling from "../stats.js"
import { readsCalls } from "./calls.mjs"
import { open } from "./connections.mjs"
import { methods, schemaOf } from "./requests.mjs"
import { generate, migrateTables } from "./migrate.mjs"
import { direct } from "./lookups.mjs"
import { withAccounts } from "./authjs-passkeys.mjs"
import { authjsTables } from "./authjs-tables.mjs"
import { finishing, only } from "./results.mjs"
import { describe } from "./schema.mjs"

const { perform } = bridge
const { Observed, Subject } = subject
const { configuring, misconfigured, options: optionsOf } = reading
const { RustAdapterError } = errors

/** How often a transaction is done again that the database undid in favour of another one, and the longest moment before that. */
const LONGEST_PAUSE_MS = 128
const TRANSACTION_TIMEOUT_MS = 30_000

/**
 * A database for `betterAuth`: everything that it stores, at `url`. No I/O happens before the first call.
 */
export function rustAdapter(url, options = {}) {
  const { usePlural, debugLogs, transaction, joins, timeout, on, passkeys, native, connection, log } = configuring(() =>
    configured(url, options),
  )
  const observed = new Observed(connection.handle, log)

  const common = {
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
    // The core's records have Better Auth's names and types already.
    disableTransformOutput: true,
  }

  const database = (authOptions) => {
    const given = withJoins(authOptions)
    // Auth.js's tables have ids of their own sort, which the core knows.
    const config = {
      ...common,
      disableIdGeneration: on !== undefined && !authOptions.advanced?.database?.generateId,
      // A column may have a default that makes them; for others, the core does.
      supportsUUIDs: on === undefined && isPostgres(url),
    }
    const apart = !(joins && wantsJoins(authOptions))
    // The same for all adapters that are made of these options, of which each transaction has one.
    let schema
    let finishOf
    const lookups = new Map()
    const isInstrumented = authOptions.experimental?.instrumentation?.enabled !== false
    const observing = { observed, subjects: new Map(), isInstrumented }
    const make = (transactionOf, target) => {
      const heard = {}
      let names
      const adapter = createAdapterFactory({
        config: { ...config, transaction: transactionOf },
        adapter(factory) {
          names = factory
          schema ??= schemaOf(describe(factory.schema, factory.options, factory.getModelName, on))
          finishOf ??= finishing(factory.schema)
          return {
            ...methods({ target, schema, names, finishOf, apart, heard }),
            createSchema: ({ tables, file }) =>
              generate(
                { handle: connection.handle, usePlural, emails: native.emails, on },
                tables,
                factory.options,
                file,
              ),
            options: {
              ...native,
              encryption: undefined,
              usePlural,
              transaction,
              joins,
              ...(on && { tables: "authjs" }),
            },
          }
        },
      })(given)
      const { create, findOne } = adapter
      adapter.create = (call) =>
        call.select?.length > 0 ? create(call).then((row) => selected(row, call.select)) : create(call)
      const isText = ({ model, where: [{ field }] }) => {
        const { type, references } = names.getFieldAttributes({ model, field })
        return type === "string" && !(references?.field === "id" && given.advanced.database.generateId === "serial")
      }
      if (!debugLogs) adapter.findOne = direct(findOne, { known: lookups, heard, target, isText })
      return readsCalls(passkeys ? withAccounts(adapter, passkeys) : adapter, numberIdsOf(names, given))
    }
    const within = (work) =>
      inTransaction({ handle: connection.handle, observed }, timeout, (begun) =>
        work(make(false, { handle: connection.handle, transaction: begun, observing })),
      )
    return make(transaction === false ? false : within, { ...connection, routed: new Map(), observing })
  }
  const { handle, close } = connection
  /** The schema of an application, as the core knows it. */
  const schemaFor = (authOptions) => {
    let schema
    createAdapterFactory({
      config: common,
      adapter(factory) {
        schema = schemaOf(describe(factory.schema, factory.options, factory.getModelName, on))
        return {}
      },
    })(withJoins(authOptions))
    return schema
  }
  return Object.defineProperty(Object.assign(database, { close, stats: () => telling.statsOf(handle) }), SELF, {
    value: { handle, usePlural, emails: native.emails, on, schemaFor },
  })
}

function configured(url, options) {
  const read = optionsOf(options)
  if (read.replicas !== undefined) {
    throw misconfigured(
      "the option replicas is not there for Better Auth, which does not say of a look-up whether a write follows from it",
    )
  }
  if (read.sessionTokens !== undefined) {
    throw misconfigured(
      "the option sessionTokens is not there for Better Auth, whose own /list-sessions and /revoke-session work with the token " +
        "that is stored: from a hash they could neither tell the current session nor end one",
    )
  }
  const { usePlural = false, debugLogs = false, transaction = true, joins = true, tables, authjs, log, ...rest } = read
  const { on, passkeys, ...named } = authjsTables(tables, authjs)
  const native = { ...rest, ...named }
  const timeout = transaction?.timeoutMs ?? TRANSACTION_TIMEOUT_MS
  return {
    usePlural,
    debugLogs,
    transaction,
    joins,
    timeout,
    on,
    passkeys,
    native,
    log: logging.readLog(log),
    connection: open(url, native, transaction !== false),
  }
}

/** Which fields of a model hold ids that are numbers: where the application chose these, ids and what refers to them. */
function numberIdsOf({ schema, getDefaultModelName, getDefaultFieldName }, { advanced }) {
  if (advanced.database.generateId !== "serial") return () => () => false
  return (model) => (field) => {
    try {
      const key = getDefaultModelName(model)
      const name = getDefaultFieldName({ model: key, field })
      return name === "id" || schema[key].fields[name]?.references?.field === "id"
    } catch {
      return false // There is no such model or field: the factory says so, in its own words.
    }
  }
}

/** Whether an INSERT may leave the id to the database, as Better Auth's own adapters do. */
const isPostgres = (url) => /^\s*(postgres|postgresql|prisma|prisma\+postgres):/i.test(String(url))

/** What an adapter knows of itself. */
const SELF = Symbol.for("rust-auth-adapter.self")

/**
 * Creates the tables that these options of `betterAuth` need, and adds columns and indexes to those that are there. Nothing
 * is ever dropped or altered. Returns the statements that were run, or with `dryRun` those that would be.
 */
export async function migrate(options, { dryRun = false } = {}) {
  return migrateTables(selfOf(options), getAuthTables(options), options, !dryRun)
}

/**
 * Looks at the tables that stand for those which these options of `betterAuth` need, and changes nothing of them. `snapshot`: the file
 * that what is known of them is written into, for the option of that name. Returns
 * `TablesCheck`, as better-auth.d.mts has it.
 */
export async function check(options, { snapshot } = {}) {
  const { handle, schemaFor } = selfOf(options)
  const { number } = schemaFor(options)
  const file = snapshot === undefined ? undefined : String(snapshot)
  return perform("check", only, (bridge, id) => binding.check(bridge, handle, id, number, file))
}

/**
 * Encrypts the tokens of accounts that are stored as they are by the first key of the option `encryption`, while the application runs.
 * `rotate`: also those that another key has encrypted. `renamed`: the earlier and the present name of each provider that has got another
 * one. `batch`: how many rows in one step. Returns what was done: `{ text, json }`.
 */
export async function secure(options, { rotate = false, renamed = [], batch } = {}) {
  const { handle, schemaFor } = selfOf(options)
  const { number } = schemaFor(options)
  return perform("secure", only, (bridge, id) =>
    binding.secure(bridge, handle, id, number, batch, rotate, JSON.stringify(renamed)),
  )
}

/** What the database of these options of `betterAuth` is to this package. */
function selfOf({ database }) {
  const self = database?.[SELF]
  if (!self) throw new RustAdapterError("ERR_CONFIG", "the option database must be what rustAdapter returns")
  return self
}

/** Those of a record's values that are selected. */
const selected = (row, select) => Object.fromEntries(Object.entries(row).filter(([key]) => select.includes(key)))

/** Whether records that belong together may be read by one statement; an application that has chosen stays with it. */
const wantsJoins = ({ advanced, experimental }) => (advanced?.database?.joins ?? experimental?.joins) !== false

/** Better Auth asks for joined records in one call only if it is told to. */
function withJoins(options) {
  return {
    ...options,
    advanced: { ...options.advanced, database: { ...options.advanced?.database, joins: true } },
    experimental: { ...options.experimental, joins: true },
  }
}

/** A random moment that grows: callers that met in a conflict do not meet again. */
const pause = (conflicts) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** conflicts, LONGEST_PAUSE_MS)))

/** Does `work` in a transaction, again if the database undid it and says that it may be done again. */
async function inTransaction({ handle, observed }, timeout, work) {
  for (let conflicts = 0; ; conflicts++) {
    const begun = begin(handle, timeout)
    const end = (commit) =>
      perform(
        commit ? "commit" : "rollback",
        (count, record) => (count > 0 ? record().count : 0),
        (bridge, id, atOnce) => binding.end(bridge, begun, id, commit, atOnce),
        new Subject(observed, commit ? "commit" : "rollback", () => undefined),
      )
    let result
    try {
      result = await work(begun)
      await end(true)
    } catch (error) {
      const times = await end(false)
      if (!mayRepeat() || conflicts >= times) throw error
      await pause(conflicts)
      continue
    }
    return result
  }
}

function begin(handle, timeout) {
  try {
    return binding.begin(handle, timeout)
  } catch (error) {
    throw new RustAdapterError(error.code, error.message, { method: "transaction" })
  }
}

/** Before 1.7.8, what was to happen after a transaction happened once for each attempt at it, also for those undone. */
function mayRepeat() {
  const [major, minor, patch] = (globalThis[Symbol.for("better-auth:global")]?.version ?? "0.0.0")
    .split(".")
    .map((part) => parseInt(part, 10))
  return major > 1 || (major === 1 && (minor > 7 || (minor === 7 && patch >= 8)))
}
