// Passwords and tokens, used without any Auth.js package.
import { RustAdapter, type Passwords, type RustAdapterOptions } from "rust-auth-adapter"
import { credentials, type CredentialsOptions, type PasswordSignIn } from "rust-auth-adapter/credentials"
import { accountTokens } from "rust-auth-adapter/tokens"

const adapter = RustAdapter("sqlite:./app.db")
const own = RustAdapter<{ user: { role: string } }>("sqlite:./app.db")
const password = "correct horse"
const email = "ada@example.com"

export async function methods() {
  const { register, verify, set, remove }: Passwords = adapter.passwords
  const user = await register({ email, password, name: "Ada", image: null })
  const id: string = user.id
  const verified: Date | null = user.emailVerified
  const found = await verify({ email, password })
  // @ts-expect-error -- may be null
  found.id
  const done: Promise<void> = set(id, password)
  await done
  await set(id, password, { currentToken: "token" })
  await set(id, password, { currentToken: null, endSessions: false })
  const removed: boolean = await remove(id)
  const role: string = (await own.passwords.register({ email, password, role: "admin" })).role
  const theirs: string | undefined = (await own.passwords.verify({ email, password }))?.role

  // @ts-expect-error -- without a password
  await register({ email })
  // @ts-expect-error -- without an address
  await register({ password })
  // @ts-expect-error -- an address is not null here
  await register({ email: null, password })
  // @ts-expect-error
  await verify({ email })
  // @ts-expect-error
  await set(id)
  // @ts-expect-error
  await set(id, password, { currentTokens: "token" })
  // @ts-expect-error
  await set(id, password, { endSessions: "no" })
  // @ts-expect-error
  await own.passwords.register({ email, password, role: 5 })
  // @ts-expect-error -- it is the adapter's
  adapter.passwords = own.passwords
  return { verified, done, removed, role, theirs }
}

export const options: RustAdapterOptions[] = [
  { passwords: { memoryKiB: 65_536, iterations: 3, parallelism: 1, queue: 10, pepper: "a secret of ours" } },
  { passwords: { pepper: { current: "the second secret", older: "the first secret" } } },
  // @ts-expect-error
  { passwords: { memory: 65_536 } },
  // @ts-expect-error -- what replaces it is missing
  { passwords: { pepper: { older: "the first secret" } } },
]

export const encrypted: RustAdapterOptions[] = [
  {
    encryption: {
      keys: [
        { id: "2026", key: "…" },
        { id: "2025", key: new Uint8Array(32) },
      ],
    },
  },
  { encryption: { keys: [{ id: "2026", key: new Uint8Array(32) }], plain: "refused" } },
  // @ts-expect-error -- a key has a name
  { encryption: { keys: [{ key: "…" }] } },
  // @ts-expect-error
  { encryption: { keys: [], plain: true } },
]

const limited: CredentialsOptions = {
  ip: (request) => request.headers.get("x-real-ip") ?? undefined,
  rateLimit: { windowMs: 1, perAccountAndAddress: 1, perAddress: 1, freePerAccount: 1, longestDelayMs: 1 },
  onLimited: async ({ retryAfterMs }) => console.log(retryAfterMs satisfies number),
  session: { maxAge: 1, updateAge: 1, strategy: "database", generateSessionToken: () => "token" },
  cookieName: "session",
}
const signIn: PasswordSignIn = credentials(adapter, limited)
credentials(own)
credentials(adapter, { rateLimit: false })
export const authorize: (given: { email?: unknown }, request: Request) => Promise<unknown> = signIn.authorize
export const guarded = signIn.guard(
  async ({ name }) => ({ id: String(name) }),
  ({ name }) => name,
)
export const { jwt, session, callbacks, events } = signIn

// @ts-expect-error -- a spread copy has no passwords
credentials({ ...(adapter as { createSession: typeof adapter.createSession }) })
// @ts-expect-error
credentials(adapter, { rateLimits: false })
// @ts-expect-error -- a limit, or none
credentials(adapter, { rateLimit: true })
// @ts-expect-error
credentials(adapter, { rateLimit: { perAddress: "10" } })
// @ts-expect-error -- it opens sessions in the database
credentials(adapter, { session: { strategy: "jwt" } })
// @ts-expect-error -- an address is a text
credentials(adapter, { ip: () => 7 })
// @ts-expect-error
signIn.guard()
// @ts-expect-error
signIn.authorize = signIn.guard(() => null)

export async function tokens() {
  const keep: Promise<void> = accountTokens(adapter)({ account: { provider: "google" }, isNewUser: false })
  await keep
  const token: string | null = await adapter.getAccessToken(
    "user",
    "google",
    async ({ refresh_token }) => ({ access_token: refresh_token ?? "", expires_in: 3600, scope: null }),
    { leewaySeconds: 30, leaseSeconds: 60 },
  )
  // @ts-expect-error -- without a token
  await adapter.getAccessToken("user", "google", async () => ({ expires_in: 3600 }))
  // @ts-expect-error
  await adapter.getAccessToken("user", "google")
  // @ts-expect-error -- seconds, as a number
  await adapter.getAccessToken("user", "google", async () => ({ access_token: "", expires_at: "1" }))
  // @ts-expect-error
  accountTokens({})
  return token
}
