// The two libraries that call an adapter, each behind `answer(request, config)`, and where they differ on purpose.
import { Auth } from "@auth/core"
import Credentials from "@auth/core/providers/credentials"
import Nodemailer from "@auth/core/providers/nodemailer"
import Passkey from "@auth/core/providers/passkey"
import nextAuthCredentials from "next-auth-v4/providers/credentials"
import nextAuthEmail from "next-auth-v4/providers/email"
import { readFileSync } from "node:fs"
import { pagesHandler, serverSession } from "./pages-handler.js"

export const origin = "http://localhost:3000"
const basePath = "/api/auth"
export const authUrl = `${origin}${basePath}`

// next-auth v4 knows its own address from here only.
process.env.NEXTAUTH_URL = authUrl

const installed = (folder) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${folder}/package.json`, import.meta.url))).version

export const authCore = {
  name: `@auth/core ${installed("@auth/core")}`,
  sessionCookie: "authjs.session-token",
  answer: (request, config) => Auth(request, { basePath, trustHost: true, ...config }),
  emailProvider: (options) => Nodemailer({ id: "email", ...options }),
  credentialsProvider: (options) => Credentials(options),
  /** Options of a provider that speaks OpenID Connect, and the `account.type` that it leaves. */
  oidcProvider: (options) => ({ type: "oidc", ...options }),
  oidcAccountType: "oidc",
  /** Whether `callbacks.session` gets the stored session rather than what the page will see. */
  sessionInCallback: true,
  notLinkedPath: "/api/auth/signin",
  /** The `error` that a person sees when the adapter refuses `createUser`, or `linkAccount`. */
  createUserError: { oauth: "Configuration", email: "Configuration" },
  linkAccountError: "Configuration",
}

export const nextAuth4 = {
  name: `next-auth ${installed("next-auth-v4")}`,
  sessionCookie: "next-auth.session-token",
  answer: (request, config) => pagesHandler(request, basePath, config),
  emailProvider: (options) => nextAuthEmail.default(options),
  credentialsProvider: (options) => nextAuthCredentials.default(options),
  oidcProvider: ({ issuer, ...options }) => ({
    type: "oauth",
    wellKnown: `${issuer}/.well-known/openid-configuration`,
    idToken: true,
    issuer,
    ...options,
  }),
  oidcAccountType: "oauth",
  sessionInCallback: false,
  serverSession,
  notLinkedPath: "/api/auth/error",
  createUserError: { oauth: "OAuthCreateAccount", email: "EmailCreateAccount" },
  linkAccountError: "Callback",
}

/** Passkeys, which next-auth v4 does not have. */
export const passkeyProvider = () => Passkey({})

export const frameworks = [authCore, nextAuth4]
