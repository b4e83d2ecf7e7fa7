import Nodemailer from "@auth/core/providers/nodemailer"
import Passkey from "@auth/core/providers/passkey"

/** The Auth.js configuration. `mailbox` and `identity` are the local servers; in production, name your own here. */
export function authConfig({ adapter, mailbox, identity, secret }) {
  return {
    adapter,
    secret,
    basePath: "/auth",
    trustHost: true, // app.js turns away every other host name
    session: { strategy: "database" },
    experimental: { enableWebAuthn: true },
    pages: { signIn: "/", error: "/", signOut: "/", verifyRequest: "/sent" },

    providers: [
      Nodemailer({ name: "E-mail", server: mailbox.smtp, from: "Express example <no-reply@example.com>" }),
      {
        id: "local",
        name: "Local identity provider",
        type: "oidc",
        issuer: identity.issuer,
        clientId: identity.clientId,
        clientSecret: identity.clientSecret,
        checks: ["pkce", "state", "nonce"],
        authorization: { params: { scope: "openid profile email", prompt: "login" } },
      },
      Passkey({
        // A passkey proves nothing about an e-mail address, so it cannot open an account under one:
        // people sign in another way first and add passkeys to their account.
        getUserInfo: async () => null,
      }),
    ],

    callbacks: {
      // With database sessions, what is returned here is what `/auth/session` tells the browser: no session token.
      session: ({ session, user }) => ({
        expires: session.expires,
        user: {
          id: user.id,
          name: user.name,
          email: user.email,
          emailVerified: user.emailVerified,
        },
      }),
    },

    logger: {
      // Said at every request otherwise.
      warn: (code) => code === "experimental-webauthn" || console.warn(`[auth] ${code}`),
    },
  }
}
