// What is written: fresh keys each time, the same instants.
import { randomBytes, randomUUID } from "node:crypto"

const email = () => `${randomUUID()}@example.com`

export const makeUser = (more) => ({
  id: randomUUID(),
  name: "Zoë Ångström",
  email: email(),
  image: "https://example.com/a.png",
  emailVerified: new Date("2029-01-02T03:04:05.678Z"),
  ...more,
})

/** Not longer than the 255 characters that some peers' columns hold. */
export const makeAccount = ({ id }, { tokens = true } = {}) => ({
  userId: id,
  type: "oauth",
  provider: "github",
  providerAccountId: randomUUID(),
  ...(tokens && {
    access_token: "gho_access",
    refresh_token: "ghr_refresh",
    expires_at: 1_893_456_000,
    token_type: "bearer",
    scope: "user email",
    id_token: `${"e".repeat(200)}.y.z`,
    session_state: "open",
  }),
})

export const makeSession = ({ id }) => ({
  sessionToken: randomUUID(),
  userId: id,
  expires: new Date("2030-06-07T08:09:10.000Z"),
})

export const makeToken = () => ({
  identifier: email(),
  token: randomBytes(32).toString("hex"),
  expires: new Date("2030-06-07T08:09:10.000Z"),
})

export const makeAuthenticator = ({ id }, more) => ({
  credentialID: randomBytes(32).toString("base64"),
  userId: id,
  providerAccountId: randomUUID(),
  credentialPublicKey: randomBytes(77).toString("base64"),
  counter: 7,
  credentialDeviceType: "multiDevice",
  credentialBackedUp: false,
  transports: "internal,hybrid",
  ...more,
})
