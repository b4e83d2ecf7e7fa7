// Rows as Auth.js hands them to an adapter, each unlike any other, and how the database shows them.
import { createHash, randomBytes, randomUUID } from "node:crypto"

/** Children first. */
export const tables = ["authenticator", "account", "session", "verificationToken", "user"]

export const inDays = (days) => new Date(Date.now() + days * 86_400_000)

export const newUser = (given) => ({
  id: randomUUID(),
  name: "Fill Murray",
  email: `${randomUUID()}@example.com`,
  emailVerified: new Date("2024-02-29T12:34:56.789Z"),
  image: "https://example.com/fill.png?size=200&v=1",
  ...given,
})

/** What the OAuth callback of Auth.js 5 links: `undefined` has been stripped, `expires_at` counts seconds. */
export const newAccount = (userId, given) => ({
  userId,
  type: "oauth",
  provider: "github",
  providerAccountId: randomUUID(),
  refresh_token: randomBytes(24).toString("hex"),
  access_token: randomBytes(24).toString("hex"),
  expires_at: 1_790_000_000,
  token_type: "bearer",
  scope: "openid email profile",
  id_token: randomBytes(24).toString("hex"),
  session_state: "8b0c2f3e",
  ...given,
})

/** The columns that Auth.js leaves out where a provider has no value for them. */
export const noTokens = {
  refresh_token: null,
  access_token: null,
  expires_at: null,
  token_type: null,
  scope: null,
  id_token: null,
  session_state: null,
}

export const newSession = (userId, given) => ({ sessionToken: randomUUID(), userId, expires: inDays(30), ...given })

export const newVerificationToken = (given) => ({
  identifier: `${randomUUID()}@example.com`,
  token: randomBytes(32).toString("hex"),
  expires: inDays(1),
  ...given,
})

export const newAuthenticator = (userId, given) => {
  const credentialID = randomBytes(32).toString("base64")
  return {
    credentialID,
    userId,
    providerAccountId: credentialID,
    credentialPublicKey: randomBytes(77).toString("base64"),
    counter: 0,
    credentialDeviceType: "multiDevice",
    credentialBackedUp: true,
    transports: "internal,hybrid",
    ...given,
  }
}

/** What is stored in the place of a session token that is hashed. */
export const hashOf = (token) => `sha256:${createHash("sha256").update(token).digest("base64url")}`

/** What an adapter with this option `sessionTokens` stores for a token. */
export const storedToken = (mode, token) => (mode === "hashed" || mode === "hashed-only" ? hashOf(token) : token)

/** A record as `database.stored()` shows it: dates as epoch milliseconds. */
export const asStored = (record) =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, value instanceof Date ? value.valueOf() : value]),
  )
