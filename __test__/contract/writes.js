// Each writing method of the adapter, with what it is about.
import { newAccount, newAuthenticator, newSession, newUser, newVerificationToken } from "./rows.js"

/**
 * `make(lane)` stores, by another adapter, what the method is about, and resolves to what `call` is given. `settled`: whether its own key
 * tells, after a lost answer, what became of it. `goesAway`: a second call finds nothing.
 */
export const writes = {
  createUser: { settled: true, make: () => newUser(), call: (adapter, user) => adapter.createUser(user) },
  linkAccount: {
    settled: true,
    make: async (lane) => newAccount((await lane.createUser(newUser())).id),
    call: (adapter, account) => adapter.linkAccount(account),
  },
  createSession: {
    settled: true,
    make: async (lane) => newSession((await lane.createUser(newUser())).id),
    call: (adapter, session) => adapter.createSession(session),
  },
  updateSession: {
    settled: true,
    make: async (lane) => {
      const session = await lane.createSession(newSession((await lane.createUser(newUser())).id))
      return { sessionToken: session.sessionToken, expires: new Date(Date.now() + 5e8) }
    },
    call: (adapter, change) => adapter.updateSession(change),
  },
  createVerificationToken: {
    settled: true,
    make: () => newVerificationToken(),
    call: (adapter, token) => adapter.createVerificationToken(token),
  },
  createAuthenticator: {
    settled: true,
    make: async (lane) => newAuthenticator((await lane.createUser(newUser())).id),
    call: (adapter, authenticator) => adapter.createAuthenticator(authenticator),
  },
  deleteSession: {
    settled: true,
    make: async (lane) => lane.createSession(newSession((await lane.createUser(newUser())).id)),
    call: (adapter, { sessionToken }) => adapter.deleteSession(sessionToken),
    goesAway: true,
  },
  unlinkAccount: {
    settled: true,
    make: async (lane) => lane.linkAccount(newAccount((await lane.createUser(newUser())).id)),
    call: (adapter, account) => adapter.unlinkAccount(account),
    goesAway: true,
  },
  deleteUser: {
    settled: true,
    make: async (lane) => lane.createUser(newUser()),
    call: (adapter, { id }) => adapter.deleteUser(id),
    goesAway: true,
  },
  updateUser: {
    make: async (lane) => ({ id: (await lane.createUser(newUser())).id, name: "renamed" }),
    call: (adapter, change) => adapter.updateUser(change),
  },
  updateAuthenticatorCounter: {
    make: async (lane) => lane.createAuthenticator(newAuthenticator((await lane.createUser(newUser())).id)),
    call: (adapter, { credentialID, counter }) => adapter.updateAuthenticatorCounter(credentialID, counter + 1),
  },
  useVerificationToken: {
    make: async (lane) => lane.createVerificationToken(newVerificationToken()),
    call: (adapter, { identifier, token }) => adapter.useVerificationToken({ identifier, token }),
  },
}
