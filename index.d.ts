/// <reference lib="esnext.disposable" />
/**
 * Authentication data for Node.js: the Auth.js adapter with a Rust core.
 *
 * The types are structural: what `RustAdapter` returns can be given to `@auth/core`, to `next-auth` v5 and to
 * `next-auth` v4, whichever copy of their types a project holds.
 */

/** A user as stored. Every key is present; what is not known is `null`. */
export interface User {
  id: string
  name: string | null
  /** Unique, compared exactly. `null` for providers that tell none, although Auth.js types it as a string. */
  email: string | null
  emailVerified: Date | null
  image: string | null
}

/** A link between a user and an identity at a provider, as stored. */
export interface Account {
  userId: string
  /** `"oauth"`, `"oidc"`, `"webauthn"`, … as given. */
  type: "oauth" | "oidc" | "email" | "webauthn"
  provider: string
  /** Always a string, also for providers that count. */
  providerAccountId: string
  /**
   * The tokens may be stored encrypted: see the option `encryption`. Reading the property of one that cannot be decrypted throws
   * `ERR_DECRYPT`; the property is then not enumerable.
   */
  refresh_token: string | null
  access_token: string | null
  /** Seconds since the epoch. (An integer beyond those that numbers hold exactly is a string of its digits, in any field.) */
  expires_at: number | null
  token_type: string | null
  scope: string | null
  id_token: string | null
  session_state: string | null
}

/** A signed-in browser. */
export interface Session {
  sessionToken: string
  userId: string
  expires: Date
}

/** What a magic link carries. */
export interface VerificationToken {
  identifier: string
  token: string
  expires: Date
}

/** A passkey. */
export interface Authenticator {
  /** Base64. */
  credentialID: string
  userId: string
  providerAccountId: string
  /** Base64. */
  credentialPublicKey: string
  counter: number
  credentialDeviceType: string
  credentialBackedUp: boolean
  /** Comma-separated. */
  transports: string | null
}

/** A session as its user may see it: what the table has, but for the token. */
export type ListedSession = Omit<Session, "sessionToken"> & {
  /**
   * Names the session to `revokeSession`, and stays the same for as long as it lasts. It is a hash: by it, a reader
   * can neither sign in nor find the token.
   */
  id: string
  /** Whether it is the one whose token was given. */
  current: boolean
}

/** An account as its user may see it: what the table has, but for tokens and other secrets. */
export type ListedAccount = Omit<Account, "refresh_token" | "access_token" | "id_token" | "session_state">

/** How many rows were deleted. */
export interface Pruned {
  sessions: number
  verificationTokens: number
}

export interface PruneOptions {
  /** Rows in one step: 1 to 10,000. Default: what suits the database (100 on PostgreSQL, 500 elsewhere). */
  batchSize?: number
  /** What expired before this moment goes. Default: the present. */
  now?: Date
  /** Called after each step that deleted something, and awaited. To throw is to stop. */
  onProgress?: (deleted: Pruned) => void | Promise<void>
}

/** What names an account. A number is taken for its decimal form. */
export interface AccountKey {
  provider: string
  providerAccountId: string
}

/** What a provider or library hands over: the known fields, and others, which are dropped. */
type Given<T> = { [K in keyof T]?: T[K] | null | undefined } & object

/** Columns that a project's own tables have besides: `RustAdapter<{ user: { role: string } }>(url)`. */
export interface ExtraFields {
  user?: object
  account?: object
  session?: object
  authenticator?: object
}

type Row<Base, Extra, Table extends keyof ExtraFields> = Base &
  (Extra extends Record<Table, infer Fields extends object> ? Fields : unknown)

/** The extra columns of a session table that a project has declared: given or not. Others are taken as they come. */
type ExtraOfSession<Extra> = Extra extends { session: infer Fields extends object } ? Partial<Fields> : unknown
type NewSession<Extra> = Session & ExtraOfSession<Extra>
type SessionChange<Extra> = Partial<Session> & Pick<Session, "sessionToken"> & ExtraOfSession<Extra>

/**
 * All methods of the Auth.js adapter contract, for v5 (`@auth/core`, `next-auth@5`) and v4 (`next-auth@4`).
 *
 * The methods are own enumerable properties and do not use `this`, so that the object may be spread and its methods
 * called detached. Each rejects with a {@link RustAdapterError}. A look-up by something that cannot have been stored
 * (`undefined`, a string with NUL, an object) finds nothing and does not throw.
 *
 * A direct call gets the types above, which say what is stored. The type parameters are for Auth.js, whose types have
 * other opinions of `null` and fields that an application added. Where a method has a second signature, it wants `void`.
 */
export interface RustAdapter<Extra extends ExtraFields = {}> {
  /** Stores a user, under the given `id` or a new one (a UUID in our tables). Rejects with `ERR_UNIQUE` if the e-mail address is taken. */
  createUser<U = Row<User, Extra, "user">>(user: Given<Row<User, Extra, "user">>): Promise<U>
  getUser<U = Row<User, Extra, "user">>(id: string): Promise<U | null>
  getUserByEmail<U = Row<User, Extra, "user">>(email: string): Promise<U | null>
  getUserByAccount<U = Row<User, Extra, "user">>(account: AccountKey): Promise<U | null>
  /** Changes what is given: `undefined` leaves a field, `null` empties it. Rejects with `ERR_NOT_FOUND` without a row. */
  updateUser<U = Row<User, Extra, "user">>(user: Given<Row<User, Extra, "user">> & Pick<User, "id">): Promise<U>
  /** Deletes the user with all sessions, accounts and authenticators, in one transaction. */
  deleteUser(id: string): Promise<User | null>
  deleteUser(id: string): Promise<void>
  /** Links an account. Once more for the same user is no error; for another one it is `ERR_UNIQUE`. */
  linkAccount(account: Given<Row<Account, Extra, "account">> & AccountKey & Pick<Account, "userId">): Promise<Account>
  linkAccount(account: Given<Row<Account, Extra, "account">> & AccountKey & Pick<Account, "userId">): Promise<void>
  unlinkAccount(account: AccountKey): Promise<Account | null>
  unlinkAccount(account: AccountKey): Promise<void>
  getAccount<A = Row<Account, Extra, "account">>(providerAccountId: string, provider: string): Promise<A | null>
  /** Stores a session, with the columns that your session table has besides. */
  createSession<S = Row<Session, Extra, "session">, G extends NewSession<Extra> = NewSession<Extra>>(
    session: G,
  ): Promise<S>
  /** The session, expired or not, with its user. `null` also if the user is gone. */
  getSessionAndUser<S = Row<Session, Extra, "session">, U = Row<User, Extra, "user">>(
    sessionToken: string,
  ): Promise<{ session: S; user: U } | null>
  /** Changes what is given of the session with this token, columns of your own included. `null` if there is none. */
  updateSession<S = Row<Session, Extra, "session">, G extends SessionChange<Extra> = SessionChange<Extra>>(
    session: G,
  ): Promise<S | null>
  deleteSession(sessionToken: string): Promise<Session | null>
  deleteSession(sessionToken: string): Promise<void>
  createVerificationToken(token: VerificationToken): Promise<VerificationToken>
  /** Takes the token out: of all who try, at the same time or later, one gets it. */
  useVerificationToken(token: Pick<VerificationToken, "identifier" | "token">): Promise<VerificationToken | null>
  createAuthenticator<A = Row<Authenticator, Extra, "authenticator">>(
    authenticator: Given<Authenticator> & Pick<Authenticator, "credentialID" | "userId">,
  ): Promise<A>
  getAuthenticator<A = Row<Authenticator, Extra, "authenticator">>(credentialID: string): Promise<A | null>
  listAuthenticatorsByUserId<A = Row<Authenticator, Extra, "authenticator">>(userId: string): Promise<A[]>
  /** Rejects with `ERR_NOT_FOUND` without a row. */
  updateAuthenticatorCounter<A = Row<Authenticator, Extra, "authenticator">>(
    credentialID: string,
    newCounter: number,
  ): Promise<A>

  /**
   * The user's sessions that have not expired, the newest first; one whose expiry cannot be read is left out. The methods from here on are the application's own and
   * not part of Auth.js's contract: they are not enumerable, so take them from this object and not from a spread copy.
   * What they cannot mean (a missing user id, for one) they reject with `ERR_INVALID_ARGUMENT`.
   *
   * @param options `currentToken`: the token of the session that asks, which is then marked as `current`.
   */
  listSessions<S = Row<ListedSession, Extra, "session">>(
    userId: string,
    options?: { currentToken?: string | null },
  ): Promise<S[]>
  /** Signs out the one of the user's sessions that was listed under `id`. Whether there was such a one. */
  revokeSession(userId: string, id: string): Promise<boolean>
  /** Signs the user out everywhere but in the session with this token. How many rows were deleted, expired ones included. */
  revokeOtherSessions(userId: string, currentToken: string): Promise<number>
  /** Signs the user out everywhere. How many rows were deleted, expired ones included. */
  revokeAllSessions(userId: string): Promise<number>
  /**
   * Deletes sessions and verification tokens that have expired, in small steps with rests in between, so that no other
   * call has to wait. Resolves to the numbers of rows.
   */
  pruneExpired(options?: PruneOptions): Promise<Pruned>
  /** The user's accounts, without tokens. */
  listAccounts<A = Row<ListedAccount, Extra, "account">>(userId: string): Promise<A[]>

  /**
   * The user's access token at a provider: the stored one, or, if that has expired, what `refresh` gets from the provider. Of all callers in all
   * processes one calls it; the others wait for what it stores. If it rejects, all callers that wait in this process do, and nothing has changed.
   * `null` without such an account. docs/tokens.md says what a process loses that ends in between. Not enumerable.
   */
  getAccessToken(
    userId: string,
    provider: string,
    refresh: (account: Account) => Promise<RefreshedTokens>,
    options?: {
      /** A token that expires sooner counts as expired. Default 30. */
      leewaySeconds?: number
      /** So long others wait for the one who refreshes. Default 60; longer than any answer of the provider takes. */
      leaseSeconds?: number
    },
  ): Promise<string | null>

  /** Passwords: hashed by the core's own threads, kept beside the user, and in no answer of the adapter. Not enumerable. */
  readonly passwords: Passwords<Extra>

  /**
   * What has been counted of this database since the first call, by all adapters of this process that share its pool. Takes some microseconds, and
   * asks the database nothing. Throws `ERR_CLOSED` after `close`. Not enumerable.
   */
  stats(): AdapterStats

  /**
   * Waits for the calls under way, then lets go of the pool, whose connections close with its last adapter. Later calls
   * reject with `ERR_CLOSED`. Not enumerable. Not needed for the process to end: an idle adapter does not keep it alive.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Durations in milliseconds. `totalMs` and `maxMs` are exact, the others up to 3 % too much. */
export interface Durations {
  totalMs: number
  maxMs: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** The calls of one method, from the call into the core to the answer on JavaScript's thread. */
export interface CallStats extends Durations {
  count: number
  /** How many of them have failed, by code. */
  errors: { [code in RustAdapterErrorCode]?: number }
}

/** The connections of a pool. */
export interface ConnectionStats {
  /** The most there may be at a time. */
  max: number
  /** How many there are now, and how many of these are idle. */
  open: number
  idle: number
  /** Calls that wait for one now. */
  waiting: number
  /** How many have been opened, and how many could not be. */
  opened: number
  failed: number
  /** How many have been given up: lost, left in an unknown state, or without a sign of life. */
  broken: number
  /** How many calls got none in time. */
  timedOut: number
  /** How long statements waited until they had one, free or newly opened. */
  waited: Durations & { count: number }
}

/** Statements that several calls may share, and how many calls were in one. */
export interface BatchSizes {
  statements: number
  calls: number
  max: number
  p50: number
  p95: number
}

/** What the pool and the shared statements of one server have done. */
interface ServerStats {
  connections: ConnectionStats
  /** Look-ups of servers, and writes of which several travelled together. SQLite has none. */
  batches: { lookups: BatchSizes; writes: BatchSizes }
  /** What is known of a pooler in between. `null` before the first connection. */
  pooler:
    | "none"
    | "transaction"
    | "transaction, with names of prepared statements"
    | "transaction, names of prepared statements not tried yet"
    | null
}

/** What `stats` returns. Of a URL that cannot be used, there are calls and routes only. */
export type AdapterStats = {
  /**
   * By the core's names: Auth.js's methods, ours, Better Auth's (`create`, `findOne`, …), and the steps of ours: `pruneSessions` and
   * `pruneVerificationTokens` of `pruneExpired`, `findAccounts` and `swapAccount` of `getAccessToken`, and the like.
   */
  calls: { [method: string]: CallStats }
  /** How many calls each has served: SQLite on the calling thread, a shared query, a replica (asked first), SQLite's writer thread, the pool, a transaction. */
  routes: {
    callingThread: number
    batched: number
    replica: number
    writerThread: number
    pool: number
    transaction: number
  }
  replicas: (ServerStats & { place: { address?: string; port?: string; namespace?: string } })[]
} & (
  | (ServerStats & {
      learnt: {
        dialect: "postgres" | "mysql" | "mariadb" | "sqlite" | null
        /** What the database calls each table, by the name of the table or model. */
        tables: { [table: string]: string }
        looks: number
        /** When the last look at the tables ended, and when the last one that found them new or changed. */
        lookedAt: Date | null
        learntAt: Date | null
      }
      /** Expired rows that have been deleted, by the option `prune` and by `pruneExpired`. */
      pruned: {
        sessions: number
        verificationTokens: number
        steps: number
        lastStepAt: Date | null
        /** Of the option `prune`: how many rounds have ended, when the last one did, and the code of its error if it failed. */
        sweeps: number
        lastSweepAt: Date | null
        lastError: RustAdapterErrorCode | null
      }
    })
  | { connections: null; batches: null; pooler: null; learnt: null; pruned: null }
)

/** What a provider's token endpoint answers. */
export interface RefreshedTokens {
  access_token: string
  /** Seconds since the epoch. */
  expires_at?: number | null
  /** Seconds from now. */
  expires_in?: number
  /** What is not given stays as it is stored. */
  refresh_token?: string | null
  token_type?: string | null
  scope?: string | null
  id_token?: string | null
}

/** What a new user with a password has besides. */
export type Registration<Extra extends ExtraFields = {}> = Given<Omit<Row<User, Extra, "user">, "email">> & {
  /** Stored in lower case, as Auth.js writes addresses. */
  email: string
  /** 1 to 4,096 bytes of UTF-8, any characters but lone surrogates. Hashed in Unicode's form NFKC. */
  password: string
}

/** docs/credentials.md tells how passwords are kept, and what is refused. */
export interface Passwords<Extra extends ExtraFields = {}> {
  /**
   * Stores a user with a password. Rejects with `ERR_UNIQUE` if the address is taken, whose user stays as they are, and with
   * `ERR_INVALID_ARGUMENT` if the address or the password can be none. Takes the same time in either case.
   */
  register<U = Row<User, Extra, "user">>(user: Registration<Extra>): Promise<U>
  /**
   * The user who has this address and this password, else `null`. An address without a user takes the time of one with a user. A hash of
   * another form (bcrypt, scrypt, Better Auth's) or of weaker parameters is made anew when it is the password's.
   */
  verify<U = Row<User, Extra, "user">>(given: { email: string; password: string }): Promise<U | null>
  /**
   * Gives a user another password and ends the user's sessions: all but the one with `currentToken`, or none with
   * `endSessions: false`. Rejects with `ERR_NOT_FOUND` without a user, if the session with `currentToken` is not there any more, and if
   * meanwhile the password was removed or the address verified for the first time. Nothing is stored then.
   */
  set(
    userId: string,
    password: string,
    options?: { currentToken?: string | null; endSessions?: boolean | null },
  ): Promise<void>
  /** Takes a user's password away. Whether there was one. Sessions stay. */
  remove(userId: string): Promise<boolean>
}

/** How new hashes are made. Weaker choices than OWASP's are refused (`ERR_CONFIG`). */
export interface PasswordOptions {
  /** Memory of argon2id, in KiB. Default 19,456. */
  memoryKiB?: number
  /** Iterations of argon2id. Default 2. */
  iterations?: number
  /** Lanes of argon2id. Default 1. */
  parallelism?: number
  /**
   * A secret of at least 16 characters that goes into each new hash and is not in the database. To replace it, give the new one as
   * `current` and the one before as `older`: hashes change as their users sign in.
   */
  pepper?: string | { current: string; older?: string }
  /** How many hashes may wait for a thread before `ERR_BUSY`. Default 100. */
  queue?: number
}

/** How `access_token`, `refresh_token` and `id_token` of accounts are encrypted: by XChaCha20-Poly1305, each for its own row and column. */
export interface EncryptionOptions {
  /**
   * 1 to 20 keys. The first one encrypts, all of them decrypt. `id`: 1 to 32 letters, digits, hyphens or underscores, which each
   * stored token names. `key`: 32 bytes, or their base64 or hex, as `npx rust-auth-adapter key` prints them.
   */
  keys: { id: string; key: string | Uint8Array }[]
  /**
   * Whether tokens that are stored as they are can be read. `"refused"`, once `npx rust-auth-adapter secure` has converted all of
   * them: an attacker who can write to the database can then plant none. Default: `"accepted"`.
   */
  plain?: "accepted" | "refused"
}

export interface RustAdapterOptions {
  /**
   * Create or upgrade the adapter's own tables on first use; refused (`ERR_SCHEMA`) beside tables for authentication that are
   * there already. An empty SQLite database gets them without asking.
   */
  migrate?: boolean
  pool?: PoolOptions
  /**
   * URLs of servers that follow this database, and answer look-ups of users, accounts and authenticators while they are fresh enough. No row
   * is asked again of the primary, and so is what this adapter has written a moment ago. PostgreSQL, MySQL and MariaDB;
   * a failure is a warning of the process, `RUST_ADAPTER_REPLICA_UNUSED`.
   */
  replicas?: readonly (string | URL)[]
  /** Needed with `replicas`: their answers have all that was committed so many milliseconds before the call. */
  maxStalenessMs?: number
  /** Whether they answer `getSessionAndUser` and `listSessions` too. Default `false`. */
  sessionsFromReplicas?: boolean
  /**
   * Whether hashes are stored in the place of session tokens, so that a stolen copy of the table opens no session. Without it, tokens are
   * stored as they are, and hashes are not found. Each step has to reach all processes before the next:
   * `"accept-hashed"` stores tokens as they are and finds hashes too; `"hashed"` stores hashes and finds both;
   * `"hashed-only"` finds hashes alone (after `npx rust-auth-adapter secure`). Callers get the token itself in every mode.
   * Not for Better Auth (`ERR_CONFIG`). docs/sessions.md tells what is stored and which tokens are refused (`ERR_INVALID_VALUE`).
   */
  sessionTokens?: "accept-hashed" | "hashed" | "hashed-only"
  /** How passwords are hashed. */
  passwords?: PasswordOptions
  /** The keys that the tokens of accounts are encrypted with. Default: the tokens are stored as they are. */
  encryption?: EncryptionOptions
  /** Tells of calls that fail or are slow: a function, or an object with a level. Nothing is told without it. */
  log?: Log | LogOptions
  /**
   * Delete expired sessions and verification tokens in the background, so often. Once per pool, however many adapters
   * share it; never keeps the process alive. A failure is a warning of the process, `RUST_ADAPTER_PRUNE_FAILED`.
   */
  prune?: { everyMs: number }
  /**
   * A file that `npx rust-auth-adapter check --snapshot <file>` has written: the first look-up of a process takes a turn less to the
   * database. One that does not hold any more is not used, with a warning of the process, `RUST_ADAPTER_SNAPSHOT_UNUSED`. A relative
   * path is one from the working directory. Does not go with `migrate`.
   */
  snapshot?: string | URL
  /** The PostgreSQL schema that holds the tables; overrules the URL's `?schema=`. */
  schema?: string
  /**
   * Which table of the database is which, where the names do not tell. `schema.table` works too, in the search path or not. Of
   * several sets of tables, one that is named brings the rest of its set.
   */
  tables?: Partial<Record<TableName, string>>
  /** Which column of the database holds which field, where the names do not tell: `{ user: { emailVerified: "verified_at" } }`. */
  columns?: Partial<Record<TableName, Record<string, string>>>
  /** How ids that are integers in the database come back. Default `"string"`. */
  ids?: "string" | "number"
  /**
   * What holds of e-mail addresses where the database keeps no unique key on them. `"unique"`, the default: a second user with an
   * address is refused, after a look under a lock. `"shared"`: several users may have one, as where each provider makes a user of its
   * own; `getUserByEmail` then answers the one with the smallest id. A unique key of the database's refuses all the same.
   */
  emails?: "unique" | "shared"
  /**
   * How dates are written to columns that have no date type (SQLite; integers and texts elsewhere). Without it, in the unit that
   * the column's default counts in, else as its rows have it, as other date columns have it, or as its declaration suggests. All
   * forms are read; of a number, the magnitude tells the unit.
   */
  dates?:
    | "milliseconds"
    | "seconds"
    | "milliseconds-text"
    | "iso"
    | "iso-offset"
    | "spaced"
    | "spaced-seconds"
    | "spaced-milliseconds"
    | "spaced-microseconds"
  /**
   * Whose clock MySQL's date columns show. Default `"UTC"`. `"server"` for what Drizzle wrote to TIMESTAMP columns on a server
   * that is not in UTC; `"local"` (this process's zone) or an offset like `"+05:30"` for what Kysely or mysql2 wrote to
   * DATETIME columns in that zone.
   */
  timeZone?: "UTC" | "server" | "local" | (string & {})
  /**
   * Whether a pooler in between lends server connections for one transaction at a time (PgBouncer's and Supabase's
   * transaction mode). Each operation then is one transaction without named statements, until it is known that the pooler maps
   * them (PgBouncer from 1.21 on, by `max_prepared_statements`): from then on each is one message. Recognised without this option
   * from `?pgbouncer=true`, `?statement_cache_size=0`, the ports 6543 and 6432, a host whose name contains `pooler` (but for Supabase's at
   * the port 5432), the poolers of Prisma, Fly and DigitalOcean, and from a server that refuses or passes over the settings of a session of our own. `"none"`: the session is ours (PgBouncer's session mode).
   */
  pooler?: "transaction" | "none"
  /**
   * SQLite: answer look-ups on the calling thread, which takes microseconds, and write by a thread of its own, where
   * nothing has to be waited for; otherwise, and with `false`, both go through the pool. What takes
   * longer than some two milliseconds is left to the pool. Of several callers who ask in a row, each is answered in the next
   * turn of the event loop; for a write, a caller who is alone waits up to 120 microseconds before the event loop goes on.
   * Default `true`.
   */
  syncReads?: boolean
  /**
   * SQLite: what becomes of the file's journal mode. By default a new or empty file gets a write-ahead log, and any other stays as
   * it is. `"wal"` turns it into WAL, for good and for every program that opens it; `"keep"` leaves a new file as SQLite makes it, too.
   */
  journalMode?: "wal" | "keep"
}

/** How grave something is: `debug` is every call, `warn` a slow one, `error` one that has failed. */
export type LogLevel = "debug" | "info" | "warn" | "error"

/** Hears of a call. Neither the message nor the details hold a value. */
export type Log = (level: LogLevel, message: string, details: LoggedCall) => void

export interface LogOptions {
  /** The least that is told. Default `"warn"`. */
  level?: LogLevel
  /** Default: the console. */
  log?: Log
  /** A call that takes longer than so many milliseconds is slow. Default 1,000. */
  slowCallMs?: number
  /** Nothing is told. Default `false`. */
  disabled?: boolean
}

/** A call that has ended, as the option `log` and the diagnostics channel `rust-auth-adapter:call` tell it. */
export interface LoggedCall {
  /** By the core's name, as in `stats().calls`. */
  method: string
  /** `"postgresql"`, `"mysql"`, `"mariadb"` or `"sqlite"`. */
  system?: string
  /** What the database calls the table. */
  table?: string
  durationMs: number
  /** Known of calls that the calling thread has not answered at once. */
  waitedForConnectionMs?: number
  /** For writes before this one: their thread or turn on SQLite; on servers, the one of the same form that went ahead. */
  waitedForWriterMs?: number
  /** Of an error. */
  code?: RustAdapterErrorCode
  /** Of a slow call: what it waited for most of all. */
  reason?: "connection" | "writer" | "server"
}

export type TableName = "user" | "account" | "session" | "verificationToken" | "authenticator" | "userPassword"

/** Numbers are whole and at least 1. Options win over the same settings in the URL. */
export interface PoolOptions {
  /** Most connections at a time. Default 10, for SQLite 4; a database in memory has one. */
  max?: number
  /** How long a call waits for a free connection before `ERR_TIMEOUT`. Default 10,000. */
  acquireTimeoutMs?: number
  /** How long opening a connection may take before `ERR_CONNECT`. Default 5,000. */
  connectTimeoutMs?: number
  /** How long an unused connection stays open. Default 60,000. */
  idleTimeoutMs?: number
  /** How old a connection may become before it is replaced. Default 1,800,000. */
  maxLifetimeMs?: number
  /** How long a call may take in all before `ERR_TIMEOUT`. Default 15,000. */
  operationTimeoutMs?: number
}

/**
 * The adapter for the database at `url`.
 *
 * Nothing is read or opened before the first call, and a missing or unusable URL is reported by that call, so that
 * `next build` can run without one. All adapters of a process with the same URL and options share one pool.
 *
 * @param url `postgres://`, `postgresql://`, `mysql://`, `mariadb://`, `sqlite:`, `file:` or `:memory:`. A server's URL may list
 * several hosts, `postgres://user:password@db1:5432,db2:5432/app`: the one that writes is used.
 * @throws {RustAdapterError} `ERR_CONFIG` for an unknown option or one of the wrong type.
 */
export function RustAdapter<Extra extends ExtraFields = {}>(
  url: string | URL | undefined,
  options?: RustAdapterOptions,
): RustAdapter<Extra>
export function RustAdapter<Extra extends ExtraFields = {}>(
  options: RustAdapterOptions & { url: string | URL | undefined },
): RustAdapter<Extra>

export type RustAdapterErrorCode =
  | "ERR_CONFIG"
  | "ERR_CONNECT"
  | "ERR_TIMEOUT"
  | "ERR_SCHEMA"
  | "ERR_UNIQUE"
  | "ERR_FOREIGN_KEY"
  | "ERR_NOT_NULL"
  | "ERR_NOT_FOUND"
  | "ERR_NOT_STORED"
  | "ERR_INVALID_ARGUMENT"
  | "ERR_INVALID_VALUE"
  | "ERR_DECODE"
  | "ERR_DECRYPT"
  | "ERR_MISMATCH"
  | "ERR_READ_ONLY"
  | "ERR_CLOSED"
  | "ERR_BUSY"
  | "ERR_DATABASE"
  | "ERR_INTERNAL"

/** Every failure of the adapter. No message holds a token, an e-mail address, a password or a statement's argument. */
export class RustAdapterError extends Error {
  readonly name: "RustAdapterError"
  readonly code: RustAdapterErrorCode
  /** The adapter method that failed. */
  readonly method?: string
  readonly table?: string
  /** Of a key of several fields: all of them, separated by commas. */
  readonly field?: string
  /** What the database calls the field, where that is another name. */
  readonly column?: string
  readonly constraint?: string
  /** The database's own SQLSTATE. */
  readonly sqlState?: string
  /** The database's own error number (MySQL, SQLite). */
  readonly errno?: string
  /** Of `ERR_CONNECT` and `ERR_TIMEOUT`: the server's host, or its socket's folder or file. */
  readonly host?: string
  /** The server's port, in digits. */
  readonly port?: string
  /** The database, where the URL names it. */
  readonly database?: string
  /** The whole path of the SQLite file. */
  readonly file?: string
  /** Of `ERR_DECRYPT`: the id of the key that the stored text names, if it names one. */
  readonly keyId?: string
  /** The parameter of the URL that is wrong. */
  readonly parameter?: string
  /**
   * A call that writes failed without an answer: it may have been done all the same. docs/errors.md says for which calls the
   * adapter finds out by itself.
   */
  readonly mayHaveTakenEffect?: true
  /** An `Error` with what the database or the network said; or what the caller's own code threw while its argument was read. */
  readonly cause?: unknown
}
