// `npx rust-auth-adapter better-auth migrate --config auth.ts`, and `check` likewise.

import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import binding from "../native/binding.js"

const USAGE = `Usage: rust-auth-adapter better-auth migrate --config <file> [--dry-run]
       rust-auth-adapter better-auth check --config <file> [--snapshot <file>]
       rust-auth-adapter better-auth secure --config <file> [--rotate] [--renamed <old>=<new>] [--batch-size <rows>]
       each with [--env-file <file>] [--json]

migrate creates the tables that a Better Auth configuration needs, and adds columns and indexes to those that are there.
Nothing is dropped or altered; with --dry-run, the statements are only shown. check shows which tables are used and how, and changes nothing; with --snapshot it writes what is known
of them into a file, for the option of that name. secure encrypts the tokens of accounts that are stored as they are, by the first key of the option encryption; with --rotate also those of other keys; --renamed is for a provider
that has got another name in the table, by its stored names. The file exports what betterAuth() returns, as \`auth\` or by default. Before, the variables of .env.local and .env are set that
the shell has not, or those of --env-file instead. With --json, results and errors are JSON.`

/**
 * Returns the exit code. 0: done. 1: the database or the configuration is at fault. 2: the command line is.
 * Of `check`, 0: all is well. 1: there are warnings. 2: the tables cannot be used, or not be reached.
 */
export async function run(args) {
  let parsed
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        config: { type: "string" },
        "env-file": { type: "string", multiple: true },
        json: { type: "boolean" },
        "dry-run": { type: "boolean" },
        rotate: { type: "boolean" },
        renamed: { type: "string", multiple: true },
        "batch-size": { type: "string" },
        snapshot: { type: "string" },
        help: { type: "boolean" },
      },
    })
  } catch (error) {
    return misused(args, `${error.message}\n\n${USAGE}`)
  }
  const { values, positionals } = parsed
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const perform = Object.hasOwn(COMMANDS, positionals.join(" ")) && COMMANDS[positionals[0]]
  const checks = perform === COMMANDS.check
  const allowed = ["config", "env-file", "json", ...(OPTIONS[positionals[0]] ?? [])]
  const isWrong = Object.entries(values).some(
    ([name, value]) => !allowed.includes(name) || FORMS[name]?.(value) === false,
  )
  if (!perform || !values.config || isWrong) return misused(args, USAGE)
  try {
    adopt(values["env-file"] ?? [])
    const { default: fallback, auth = fallback } = await load(values.config)
    const options = auth?.options
    if (!options) throw new Error(`${values.config} exports no \`auth\` that betterAuth() returned`)
    const code = await perform(options, values)
    await options.database.close()
    return code
  } catch (error) {
    tell(error, values.json)
    return checks ? 2 : 1
  }
}

/** The command line cannot be meant. */
function misused(args, message) {
  if (args.includes("--json")) console.log(JSON.stringify({ error: { code: "ERR_USAGE", message } }))
  else console.error(message)
  return 2
}

/** Sets what the files of the environment say, where the shell says nothing of it. */
function adopt(files) {
  const said = binding.environment(files)
  for (let at = 0; at < said.length; at += 2) process.env[said[at]] ??= said[at + 1]
}

/** As the commands of the core tell it. */
function tell({ code, message, cause }, json) {
  const why = cause && (cause.message ?? String(cause))
  if (json) {
    console.log(JSON.stringify({ error: { code: code ?? "ERR_CONFIG", message, cause: why } }))
    return
  }
  console.error(binding.painted("failed", `${code ? `${code}: ` : ""}${message}`))
  if (why) console.error(`  cause: ${why}`)
}

/** What each command takes besides the configuration. */
const OPTIONS = { migrate: ["dry-run"], check: ["snapshot"], secure: ["rotate", "renamed", "batch-size"] }

/** A provider's earlier name and the one of now. */
const renaming = (text) => {
  const [, then, now] = /^([^=]+)=(.+)$/.exec(text) ?? []
  return then && then !== now ? [then, now] : undefined
}

const MAX_BATCH = 10_000

/** Whether the value of an option can be meant. */
const FORMS = {
  renamed: (values) => values.every((value) => renaming(value) !== undefined),
  snapshot: (value) => value !== "",
  "batch-size": (value) => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= MAX_BATCH,
}

/** A name as the core writes it, also with its schema's. */
const NAME = '(?:"[^"]+"|`[^`]+`|\\.)+'

/** Which tables statements have made, and which others they have added to. */
function tablesOf(statements) {
  const named = (pattern) => {
    const found = statements.map((statement) => new RegExp(pattern).exec(statement)?.[1]).filter(Boolean)
    return [...new Set(found.map((name) => name.replaceAll(/["`]/g, "")))]
  }
  const made = named(`^CREATE TABLE (${NAME})`)
  const changed = named(`^(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX ${NAME} ON) (${NAME})`)
  return { made, added: changed.filter((table) => !made.includes(table)) }
}

const sentenceOf = ({ made, added }) =>
  [made.length > 0 && `made ${made.join(", ")}`, added.length > 0 && `added to ${added.join(", ")}`]
    .filter(Boolean)
    .join("; ")

/** Each returns the exit code. */
const COMMANDS = {
  async migrate(options, { json, "dry-run": dryRun = false }) {
    const { migrate } = await import("./index.mjs")
    const statements = await migrate(options, { dryRun })
    const tables = tablesOf(statements)
    if (json) {
      console.log(JSON.stringify({ statements, ...tables }))
      return 0
    }
    for (const statement of statements) console.log(`${statement};`)
    if (statements.length === 0)
      console.log(binding.painted("done", "the tables are up to date: nothing was to be done"))
    // Standard output is for the SQL, which a reader may keep.
    else if (!dryRun) console.error(binding.painted("told", sentenceOf(tables)))
    return 0
  },
  async check(options, { json, snapshot }) {
    const { check } = await import("./index.mjs")
    const report = await check(options, { snapshot })
    if (snapshot !== undefined && json) report.json = JSON.stringify({ ...JSON.parse(report.json), snapshot }, null, 2)
    else if (snapshot !== undefined) console.log(binding.painted("done", `wrote the snapshot ${snapshot}`))
    process.stdout.write(json ? `${report.json}\n` : binding.painted("report", report.text))
    if (!report.usable) return 2
    return report.warnings > 0 ? 1 : 0
  },
  async secure(options, { json, rotate = false, renamed = [], "batch-size": batch }) {
    const { secure } = await import("./index.mjs")
    const wanted = { rotate, renamed: renamed.map(renaming), batch: batch && Number(batch) }
    const done = await secure(options, wanted)
    const kind = JSON.parse(done.json).unreadable > 0 ? "partly" : "done"
    console.log(json ? done.json : binding.painted(kind, done.text))
    return 0
  },
}

async function load(file) {
  const path = resolve(file)
  if (!existsSync(path)) throw new Error(`there is no ${file}`)
  try {
    return await read(path)
  } catch (cause) {
    throw new Error(`${file} cannot be loaded`, { cause })
  }
}

/**
 * What Node.js does not read or find and a bundler does: TypeScript before 22.18 and its enums, JSX, imports without an extension, of a folder,
 * and by the `paths` of tsconfig.json.
 */
const BUNDLED = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_MODULE_NOT_FOUND",
])

/** By Node.js itself, or else by the application's `jiti`, if it has one. */
async function read(path) {
  try {
    return await import(pathToFileURL(path))
  } catch (error) {
    if (!BUNDLED.has(error?.code)) throw error
    const createJiti = jitiOf(path)
    // The nearest tsconfig.json: jiti before 2.7 does not read it.
    if (createJiti) return createJiti(path, { jsx: true, tsconfigPaths: true }).import(path)
    if (error.code === "ERR_UNKNOWN_FILE_EXTENSION" && !process.features.typescript) {
      throw new Error("this Node.js reads no TypeScript: use 22.18 or later, or install jiti 2", { cause: error })
    }
    throw new Error(`${error.message}; with jiti 2 installed, what a bundler finds is found here, too`, {
      cause: error,
    })
  }
}

function jitiOf(path) {
  try {
    return createRequire(path)("jiti").createJiti
  } catch {
    return undefined
  }
}
