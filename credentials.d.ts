import type { RustAdapter } from "./index.js"

/** How many sign-ins may be tried. Whole numbers, at least 1; times in milliseconds. */
export interface SignInLimits {
  /** An attempt counts for so long. Default 900,000. */
  windowMs?: number
  /** Attempts of one account from one address in that time; further ones are refused. Default 10. */
  perAccountAndAddress?: number
  /** Attempts from one address in that time; further ones are refused. Default 100. */
  perAddress?: number
  /**
   * Attempts of one account from all addresses in that time, after which each further one waits longer, and one goes on in the time of
   * each delay. Addresses from which the account was signed in to in the last 30 days are not slowed. Default 10.
   */
  freePerAccount?: number
  /** The longest that one waits. Default 5,000. */
  longestDelayMs?: number
}

/** What a sign-in's request is: a `Request` in v5, an object with plain headers in v4. */
// biome-ignore lint/suspicious/noExplicitAny: the two libraries have no type in common.
type SignInRequest = any

// biome-ignore lint/suspicious/noExplicitAny: these are Auth.js's own, handed through.
type Passed = any

export interface CredentialsOptions {
  /** The address of a sign-in, from a header that your own proxy sets. Without it, attempts are counted by account only. */
  ip?: (request: SignInRequest) => string | undefined | Promise<string | undefined>
  /** `false` for no limit. */
  rateLimit?: SignInLimits | false
  /** Called instead of the comparison. May throw. */
  onLimited?: (limited: { retryAfterMs: number; request: SignInRequest }) => void | Promise<void>
  /** The configuration's `session`, which is passed on. NextAuth v4 needs its `maxAge` here. */
  session?: {
    maxAge?: number
    updateAge?: number
    strategy?: "database"
    generateSessionToken?: () => string | Promise<string>
  }
  /** The configuration's, passed on. */
  callbacks?: Passed
  /** The configuration's, passed on. */
  events?: Passed
  /** The configuration's, passed on, but for `encode` and `decode`. */
  jwt?: Passed
  /** The name of the session's cookie, if it is not Auth.js's own. */
  cookieName?: string
}

/** For the provider's `authorize`. */
export type Authorize = (given: Partial<Record<string, unknown>> | undefined, request: SignInRequest) => Promise<Passed>

/** What is spread into the configuration. `authorize` and `guard` are not enumerable: take them from this object. */
export interface CredentialsConfiguration {
  jwt: { encode: (given: Passed) => Promise<string>; decode: (given: Passed) => Promise<null> }
  callbacks?: Passed
  events?: Passed
  session?: Passed
}

export interface PasswordSignIn extends CredentialsConfiguration {
  /** `adapter.passwords.verify` within the limits; ends the browser's previous session. */
  readonly authorize: Authorize
  /** The same with a comparison of the application's own. `nameOf` is what an account is counted by; default: `email`, or `username`. */
  guard(
    authorize: (given: Passed, request: SignInRequest) => Passed,
    nameOf?: (given: Passed) => string | undefined,
  ): Authorize
}

/**
 * What a configuration of Auth.js v5 or NextAuth v4 needs so that a sign-in with a password opens a database session:
 * `NextAuth({ adapter, ...credentials(adapter), providers })`. `adapter` is what `RustAdapter()` returned.
 *
 * @throws {RustAdapterError} `ERR_CONFIG` for an unknown option, one of the wrong type, or another object than an adapter.
 */
export function credentials(
  adapter: Pick<RustAdapter, "createSession" | "passwords">,
  options?: CredentialsOptions,
): PasswordSignIn
