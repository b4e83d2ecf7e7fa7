// The adapter's own types, used without any Auth.js package.
import { RustAdapter, RustAdapterError, type RustAdapterOptions } from "rust-auth-adapter"

// Every way to call it.
RustAdapter(undefined)
RustAdapter(undefined as string | undefined, undefined)
RustAdapter("sqlite:./app.db", {})
RustAdapter({ url: "sqlite:./app.db", migrate: true })
const options: RustAdapterOptions = {
  migrate: true,
  pool: { max: 5, acquireTimeoutMs: 1, connectTimeoutMs: 1, idleTimeoutMs: 1, maxLifetimeMs: 1, operationTimeoutMs: 1 },
  pooler: "transaction",
}
const returned: RustAdapter = RustAdapter("postgres://localhost/app", options)
RustAdapter("postgres://localhost/app", { pooler: "none" })
RustAdapter("postgres://localhost/app", {
  replicas: ["postgres://two/app", new URL("postgres://three/app")],
  maxStalenessMs: 500,
})

// Every way to get it wrong.
// @ts-expect-error
RustAdapter(5)
// @ts-expect-error
RustAdapter("postgres://localhost/app", { migrat: true })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { migrate: "yes" })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { pool: { maximum: 5 } })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { pool: { max: "5" } })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { pooler: "session" })
// @ts-expect-error
RustAdapter({ url: "postgres://localhost/app", migrat: true })
// @ts-expect-error
RustAdapter("postgres://localhost/app", { replicas: "postgres://two/app", maxStalenessMs: 500 })
// @ts-expect-error -- it is a function, not a class
new RustAdapter("postgres://localhost/app")

// What the methods take and give, for code that calls them directly.
export async function direct() {
  const { close } = returned
  const user = await returned.createUser({ email: "ada@example.com" })
  const id: string = user.id
  const verified: Date | null = user.emailVerified
  const found = await returned.getUser(id)
  // @ts-expect-error -- may be null
  found.id
  const both = await returned.getSessionAndUser("token")
  const expires: Date | undefined = both?.session.expires
  const email: string | null | undefined = both?.user.email
  const unlinked = await returned.unlinkAccount({ provider: "github", providerAccountId: "1" })
  const type: string | undefined = unlinked?.type
  const deleted = await returned.deleteSession("token")
  const token: string | undefined = deleted?.sessionToken
  const backedUp: boolean[] = (await returned.listAuthenticatorsByUserId(id)).map((each) => each.credentialBackedUp)
  const account = await returned.getAccount("1", "github")
  const expiresAt: number | null | undefined = account?.expires_at
  // @ts-expect-error -- a stored field is null where there is nothing, never absent
  const _accessToken: string | undefined = account?.access_token
  // @ts-expect-error
  await returned.getUser()
  // @ts-expect-error
  await returned.createSession({ sessionToken: "token", userId: id, expires: "2030-01-01" })
  // Columns that the session table has besides.
  await returned.createSession({ sessionToken: "token", userId: id, expires: new Date(), userAgent: "Firefox" })
  await returned.updateSession({ sessionToken: "token", ip: null })
  // @ts-expect-error
  await returned.updateSession({ userAgent: "Firefox" })
  const own = RustAdapter<{ session: { userAgent: string | null } }>("postgres://localhost/app")
  const agent: string | null = (
    await own.createSession({ sessionToken: "token", userId: id, expires: new Date(), userAgent: "Firefox" })
  ).userAgent
  await own.createSession({ sessionToken: "token", userId: id, expires: new Date() })
  // @ts-expect-error -- its type is known
  await own.updateSession({ sessionToken: "token", userAgent: 5 })
  // @ts-expect-error
  await returned.updateUser({ name: "without an id" })
  // @ts-expect-error
  await returned.getUserById(id)
  const [listed] = await returned.listSessions(id, { currentToken: deleted?.sessionToken })
  const device: { id: string; userId: string; expires: Date; current: boolean } | undefined = listed
  // @ts-expect-error -- a list shows no tokens
  listed?.sessionToken
  const revoked: boolean = await returned.revokeSession(id, "0123")
  const others: number = await returned.revokeOtherSessions(id, "token")
  const all: number = await returned.revokeAllSessions(id)
  // @ts-expect-error -- other than what?
  await returned.revokeOtherSessions(id)
  const pruned: { sessions: number; verificationTokens: number } = await returned.pruneExpired({
    batchSize: 100,
    now: new Date(),
    onProgress: ({ sessions }) => console.log(sessions satisfies number),
  })
  await returned.pruneExpired()
  // @ts-expect-error
  await returned.pruneExpired({ batchSise: 1 })
  const [linked] = await returned.listAccounts(id)
  const provider: string | undefined = linked?.provider
  // @ts-expect-error -- a list shows no tokens
  linked?.access_token
  const closed: Promise<void> = close()
  await closed
  return {
    verified,
    expires,
    email,
    type,
    token,
    agent,
    backedUp,
    expiresAt,
    device,
    revoked,
    others,
    all,
    provider,
    pruned,
  }
}

export function codes(error: unknown) {
  if (!(error instanceof RustAdapterError)) return
  const { code, cause, message } = error
  // @ts-expect-error -- no such code
  if (code === "ERR_UNIQ") return
  return code === "ERR_UNIQUE" ? String(cause) : message
}

// Columns that the project's own tables have besides.
const extended = RustAdapter<{ user: { role: string }; session: { ip: string | null } }>("file:./dev.db")
const found = await extended.getSessionAndUser("token")
if (found) {
  const role: string = found.user.role
  const name: string | null = found.user.name
  const ip: string | null = found.session.ip
  // @ts-expect-error: neither the user nor the row type has it
  found.user.colour
  void [role, name, ip]
}
await extended.createUser({ email: "a@example.com", role: "admin" })
// @ts-expect-error: a role is a string
await extended.createUser({ email: "a@example.com", role: 5 })
for (const { id, ip, current } of await extended.listSessions("user"))
  void [id satisfies string, ip satisfies string | null, current]
