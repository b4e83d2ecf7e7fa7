import { headers } from "next/headers"
import NextAuth from "next-auth"
import type { Provider } from "next-auth/providers"
import Credentials from "next-auth/providers/credentials"
import GitHub from "next-auth/providers/github"
import Nodemailer from "next-auth/providers/nodemailer"
import Passkey from "next-auth/providers/passkey"
import { credentials } from "rust-auth-adapter/credentials"
import { adapter } from "./adapter"

declare module "next-auth" {
  interface Session {
    user: { id: string; name: string | null; email: string | null }
  }
}

/** How long a session lasts after its last use, in seconds. */
const sessionAge = 30 * 24 * 60 * 60

/** When a session was used, to five minutes: Auth.js moves its end that often. */
export const lastUse = (session: { expires: Date }) => new Date(session.expires.getTime() - sessionAge * 1000)

/** Auth.js makes a session without saying for which browser. The first request that comes with it tells. */
async function rememberBrowser({ sessionToken, userAgent }: { sessionToken: string; userAgent?: string | null }) {
  if (userAgent !== null) return // It is known, or the table has no column for it.
  await adapter.updateSession({ sessionToken, userAgent: (await headers()).get("user-agent")?.slice(0, 500) ?? "" })
}

/** What people sign in with besides a link by mail and a passkey: each is offered when the environment names its client. */
const oauth: Provider[] = [
  ...(process.env.AUTH_GITHUB_ID ? [GitHub] : []),
  ...(process.env.AUTH_LOCAL_ID
    ? [
        {
          id: "local",
          name: "OpenID Connect",
          type: "oidc" as const,
          issuer: process.env.AUTH_LOCAL_ISSUER,
          clientId: process.env.AUTH_LOCAL_ID,
          clientSecret: process.env.AUTH_LOCAL_SECRET,
          checks: ["pkce" as const, "state" as const, "nonce" as const],
          authorization: { params: { scope: "openid profile email", prompt: "login" } },
        },
      ]
    : []),
]

/** A sign-in with a password opens a session in the database, too. Behind a proxy of your own, give it `ip`. */
const passwordSignIn = credentials(adapter)

/** Their names, for the pages. */
export const identityProviders = oauth.map((provider) => {
  const { id, name } = typeof provider === "function" ? provider() : provider
  return { id, name }
})

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter,
  ...passwordSignIn,
  session: { strategy: "database", maxAge: sessionAge, updateAge: 5 * 60 },
  experimental: { enableWebAuthn: true },
  pages: { signIn: "/signin", error: "/signin", signOut: "/account", verifyRequest: "/signin/sent" },

  providers: [
    Nodemailer({
      server: process.env.EMAIL_SERVER || "smtp://localhost:25",
      from: process.env.EMAIL_FROM || "Next.js example <no-reply@example.com>",
    }),
    ...oauth,
    Credentials({
      credentials: { email: { type: "email" }, password: { type: "password" } },
      authorize: passwordSignIn.authorize,
    }),
    Passkey({
      // A passkey proves nothing about an e-mail address, so it cannot open an account under one:
      // people sign in another way first and add passkeys to their account.
      getUserInfo: async () => null,
    }),
  ],

  callbacks: {
    // A person who registered with a password may have given an address of somebody else's. Until it is verified, no account and no
    // passkey comes to it, which would stay when the owner comes.
    async signIn({ account }) {
      const session = account && ["oauth", "oidc", "webauthn"].includes(account.type) ? await auth() : null
      if (!session?.user?.id) return true
      const [user, accounts] = await Promise.all([
        adapter.getUser(session.user.id),
        adapter.listAccounts(session.user.id),
      ])
      return Boolean(user?.emailVerified) || accounts.length > 0
    },
    // With database sessions, what is returned here is also what the browser may see: no session token.
    session: async ({ session, user }) => {
      await rememberBrowser(session)
      return { expires: session.expires, user: { id: user.id, name: user.name ?? null, email: user.email } }
    },
  },

  logger: {
    // Said at every request otherwise.
    warn: (code) => (code === "experimental-webauthn" ? undefined : console.warn(`[auth] ${code}`)),
  },
})
