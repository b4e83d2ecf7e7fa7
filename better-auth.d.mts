import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth"
import type { DBAdapter, DBAdapterDebugLogOption } from "better-auth/adapters"
import type { AdapterStats, PasswordOptions, RustAdapterOptions } from "./index.js"

/** The options of `RustAdapter` that are about the connection, and those that Better Auth's own adapters have. */
export interface BetterAuthAdapterOptions
  extends Pick<
    RustAdapterOptions,
    | "log"
    | "pool"
    | "pooler"
    | "schema"
    | "snapshot"
    | "syncReads"
    | "journalMode"
    | "dates"
    | "timeZone"
    | "emails"
    | "encryption"
  > {
  /**
   * `"authjs"`: Better Auth works on Auth.js's tables, as they are. `migrate` adds the columns that it needs, all of which may be null.
   */
  tables?: "authjs"
  /** With `tables: "authjs"`: what the names of Auth.js's tables and columns do not say. */
  authjs?: Pick<RustAdapterOptions, "tables" | "columns"> & {
    /** Auth.js's names of providers with Better Auth's, where these differ. Default: `{ "microsoft-entra-id": "microsoft" }`. */
    providers?: Record<string, string>
    /** Auth.js's name of its provider of passkeys, `"passkey"` most of the time: passkeys that Better Auth registers sign in by Auth.js too. */
    passkeys?: string
  }
  /** Tables are named in the plural: `users` rather than `user`. Not needed to find tables that are there. */
  usePlural?: boolean
  /** Logs the adapter's calls, as Better Auth's own adapters do. */
  debugLogs?: DBAdapterDebugLogOption
  /**
   * Whether Better Auth's transactions are the database's. One that has not ended after `timeoutMs` (30 seconds) is rolled
   * back. Default: true.
   */
  transaction?: boolean | { timeoutMs: number }
  /** Whether one statement reads a record and the one it belongs to, such as a session and its user, or one each. Default: true. */
  joins?: boolean
}

/** What `betterAuth` takes for its `database`. */
export interface RustDatabase {
  (options: BetterAuthOptions): DBAdapter<BetterAuthOptions>
  /** Waits for the calls under way and closes the connections to this database. */
  close(): Promise<void>
  /** What has been counted since the first call. Throws `ERR_CLOSED` after `close`. */
  stats(): AdapterStats
}

/** A database for Better Auth at `url`. No I/O happens before the first call. */
export declare function rustAdapter(url: string | URL | undefined, options?: BetterAuthAdapterOptions): RustDatabase

/**
 * Creates the tables that these options of `betterAuth` need, whose `database` is one of this package's, and adds columns
 * and indexes to those that are there. Nothing is ever dropped or altered. Refused (`ERR_SCHEMA`) beside tables for authentication
 * that are there already and that these options do not name. Returns the statements that were run; with `dryRun`, those that would be, and
 * nothing is changed.
 */
export declare function migrate(options: BetterAuthOptions, how?: { dryRun?: boolean }): Promise<string[]>

/** What is to be said of the tables that stand for an application's. */
export interface TablesCheck {
  /** For people to read. */
  text: string
  /** The same, as JSON: `{ dialect, tables, warnings, recommendations }`. */
  json: string
  /** How many warnings there are. */
  warnings: number
  /** Whether all tables can be used. */
  usable: boolean
}

/**
 * Looks at the tables that stand for those which these options of `betterAuth` need, and changes nothing of them. `snapshot`: the file that
 * a snapshot of them is written into, for the option of that name.
 */
export declare function check(options: BetterAuthOptions, how?: { snapshot?: string }): Promise<TablesCheck>

/** Which tokens are encrypted besides those that are stored as they are. */
export interface SecureOptions {
  /** Those that another key than the first one has encrypted. */
  rotate?: boolean
  /** The earlier and the present name of each provider that has got another one in the table. */
  renamed?: [earlier: string, present: string][]
  /** How many rows in one step, from 1 to 10,000. Default: 200. */
  batch?: number
}

/** What has been done, for people to read and as JSON: `{ accountTokens, unreadable }`. */
export interface Secured {
  text: string
  json: string
}

/**
 * Encrypts the tokens of accounts that are stored as they are, by the first key of the option `encryption`, a few rows at a time, while the
 * application runs: what `npx rust-auth-adapter better-auth secure` does.
 */
export declare function secure(options: BetterAuthOptions, wanted?: SecureOptions): Promise<Secured>

/** What `emailAndPassword.password` of `betterAuth` takes. */
export interface PasswordHashing {
  /** A PHC string of argon2id. Rejects with `ERR_INVALID_ARGUMENT` for what can be no password. */
  hash(password: string): Promise<string>
  /**
   * Whether the hash is the password's: argon2, scrypt, bcrypt, and Better Auth's own form. Rejects with `ERR_INVALID_ARGUMENT` for a
   * text that can be no password, as `hash` does, and with `ERR_CONFIG` where the hash was made with a pepper that the option does not name.
   */
  verify(given: { hash: string; password: string }): Promise<boolean>
}

/** Argon2id with OWASP's parameters, on threads of the core: `emailAndPassword: { enabled: true, password }`. */
export declare const password: PasswordHashing

/** The same with other options. */
export declare function passwordHashing(options?: PasswordOptions): PasswordHashing

/** How sessions of Auth.js's go on. */
export interface ContinueAuthjsSessionsOptions {
  /** Auth.js's secret, or several, of which any may have encrypted a JWT. Without it, only sessions of the database go on. */
  secret?: string | string[]
  /** Auth.js is not there any more: its cookie is removed once Better Auth's is set. Default: false. */
  finish?: boolean
  /** What Auth.js's `cookies.sessionToken` sets: its name, and `domain` and `path` of its options. */
  cookie?: { name?: string; domain?: string; path?: string }
}

/** A plugin for `betterAuth`: who is signed in with Auth.js stays signed in. Throws `ERR_CONFIG` for options that are wrong. */
export declare function continueAuthjsSessions(options?: ContinueAuthjsSessionsOptions): BetterAuthPlugin
