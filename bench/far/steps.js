// Every method of Auth.js's contract, each with what the one before it made, in the order of a sign-in and of what follows it.
import { randomUUID } from "node:crypto"

const later = (data) => new Date(data.expires.getTime() + 1000)

export const steps = {
  createUser: async (subject, made) =>
    (made.user = await subject.createUser({
      id: randomUUID(),
      name: "Fill Murray",
      email: `${randomUUID()}@example.com`,
      emailVerified: null,
      image: "https://example.com/fill.png",
    })),
  async linkAccount(subject, made) {
    made.account = { userId: made.user.id, type: "oauth", provider: "github", providerAccountId: randomUUID() }
    await subject.linkAccount({
      ...made.account,
      access_token: "gho_16C7e42F",
      token_type: "bearer",
      scope: "read:user",
    })
    return made.account
  },
  createSession: async (subject, made, data) =>
    (made.session = await subject.createSession({
      sessionToken: randomUUID(),
      userId: made.user.id,
      expires: data.expires,
    })),
  getSessionAndUser: (subject, { session }) => subject.getSessionAndUser(session.sessionToken),
  getUser: (subject, { user }) => subject.getUser(user.id),
  getUserByEmail: (subject, { user }) => subject.getUserByEmail(user.email),
  getUserByAccount: (subject, { account: { provider, providerAccountId } }) =>
    subject.getUserByAccount({ provider, providerAccountId }),
  updateUser: (subject, { user }) => subject.updateUser({ id: user.id, name: "Bill Murray" }),
  updateSession: (subject, { session }, data) =>
    subject.updateSession({ sessionToken: session.sessionToken, expires: later(data) }),
  createVerificationToken: async (subject, made, data) =>
    (made.token = await subject.createVerificationToken({
      identifier: made.user.email,
      token: randomUUID(),
      expires: data.expires,
    })),
  useVerificationToken: (subject, { token: { identifier, token } }) =>
    subject.useVerificationToken({ identifier, token }),
  deleteSession: (subject, { session }) => subject.deleteSession(session.sessionToken),
  unlinkAccount: (subject, { account: { provider, providerAccountId } }) =>
    subject.unlinkAccount({ provider, providerAccountId }),
  deleteUser: (subject, { user }) => subject.deleteUser(user.id),
}

/** Whether an answer is expected: what adapters answer of a deletion, and of a session that they update, differs. */
export const answers = (name) => !/^(delete|unlink|updateSession)/.test(name)
