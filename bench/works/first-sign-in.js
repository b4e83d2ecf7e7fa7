// A person's first sign-in with OAuth, as Auth.js writes it: createUser, linkAccount, createSession.
import { randomUUID } from "node:crypto"
import { inThirtyDays } from "../data.js"
import { mustEqual } from "./equal.js"

async function signIn(subject) {
  const user = await subject.createUser({
    id: randomUUID(),
    name: "Fill Murray",
    email: `${randomUUID()}@example.com`,
    emailVerified: null,
    image: "https://example.com/fill.png",
  })
  const account = {
    userId: user.id,
    type: "oauth",
    provider: "github",
    providerAccountId: randomUUID(),
    access_token: "gho_16C7e42F292c6912E7710c838347Ae178B4a",
    token_type: "bearer",
    scope: "read:user,user:email",
  }
  await subject.linkAccount(account)
  // As with Auth.js, sessions end in the order in which they begin.
  const expires = inThirtyDays()
  const session = await subject.createSession({ sessionToken: randomUUID(), userId: user.id, expires })
  return { user, account, session }
}

export const firstSignIn = {
  title: "First sign-in (createUser, linkAccount, createSession)",
  callers: [1, 16, 128],

  async check(subject) {
    const { user, account, session } = await signIn(subject)
    const stored = await subject.getSessionAndUser(session.sessionToken)
    mustEqual("the user of a first sign-in", stored.user, {
      id: user.id,
      name: "Fill Murray",
      email: user.email,
      emailVerified: null,
      image: "https://example.com/fill.png",
    })
    const { sessionToken, userId, expires } = stored.session
    mustEqual(
      "the session of a first sign-in",
      { sessionToken, userId, expires },
      {
        sessionToken: session.sessionToken,
        userId: user.id,
        expires: session.expires,
      },
    )
    const { provider, providerAccountId } = account
    mustEqual("the user of the account", await subject.getUserByAccount({ provider, providerAccountId }), stored.user)
  },

  start: (subject) => ({ call: () => signIn(subject) }),
}
