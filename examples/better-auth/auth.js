import { betterAuth } from "better-auth"

/** The Better Auth of this app. `mailbox` gets its letters; in production, send them. */
export function createAuth({ database, origin, secret, mailbox }) {
  return betterAuth({
    database,
    baseURL: origin,
    secret,
    // Writes down every five minutes that a session is used, for the page of devices.
    session: { updateAge: 5 * 60 },
    emailAndPassword: {
      enabled: true,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, token }) => {
        mailbox.unshift({
          to: user.email,
          subject: "Choose a new password",
          date: new Date(),
          link: `${origin}/reset?${new URLSearchParams({ token })}`,
        })
      },
    },
    // Counted in the database, so that it holds for several servers.
    rateLimit: { enabled: true, storage: "database", customRules: { "/sign-in/email": { window: 60, max: 20 } } },
    telemetry: { enabled: false },
  })
}
