// An application of Auth.js on the tables of an adapter of its own, and Better Auth on the same tables.
import { betterAuth } from "better-auth"
import { genericOAuth, magicLink } from "better-auth/plugins"
import { after, before, describe } from "node:test"
import { databases } from "../../databases.js"
import { App } from "../../flows/app.js"
import { Browser } from "../../flows/browser.js"
import { authCore } from "../../flows/frameworks.js"
import { OAuthServer } from "../../flows/oauth-server.js"
import { RustAdapter } from "../../../index.js"
import { allPeers } from "../../swap-in/all-peers.js"
import { ours } from "../adapter.js"
import { base, origin } from "../base.js"
import { bounds } from "./bounds.js"
import { quickPasswords } from "../stage.js"
import { Visitor } from "../flows/visitor.js"

const more = await ours()
const { rustAdapter, migrate } = more
export { betterAuth, migrate, origin, more }

/** Auth.js on our own tables, as the swap-in peers are on theirs. */
const own = {
  name: "our own tables",
  lanes: ["sqlite", "postgres", "mysql"],
  authenticators: true,
  async open({ url }) {
    const adapter = RustAdapter(url, { migrate: true })
    await adapter.getUser("nobody")
    return { adapter, close: () => adapter.close() }
  },
}

/** The layouts, each with what makes its tables and Auth.js's adapter on them. */
export const layouts = [own, ...(await allPeers())].filter(({ name }) => bounds.layouts?.includes(name) ?? true)

/**
 * `define(stage)` holds the tests for each layout and database. While they run, `stage` has: `peer`, `lane`, `database`; `adapter`, Auth.js's
 * own; `app()`, an application of Auth.js; `auth(more)`, a Better Auth on the same tables, which are completed; `server`, an OAuth provider.
 * `options`: Better Auth's; `adapterOptions`: those of its adapter.
 */
export function onEveryLayout(title, define, { peers = layouts, options = {}, adapterOptions = {} } = {}) {
  for (const peer of peers) {
    for (const lane of databases.filter(({ name }) => peer.lanes.includes(name))) {
      describe(`${title}: ${peer.name} on ${lane.name}`, () => {
        const stage = { peer, lane }
        before(async () => {
          // Some layouts have no room for long tokens.
          stage.server = await OAuthServer.open({ long: false })
          stage.database = await lane.create()
          stage.opened = await peer.open(stage.database)
          stage.adapter = stage.opened.adapter
          stage.open = rustAdapter(stage.database.url, { tables: "authjs", ...adapterOptions })
          stage.links = []
        })
        after(async () => {
          await stage.open?.close()
          await stage.opened?.close()
          await stage.database?.close()
          await stage.server?.close()
        })
        const email = {
          id: "email",
          type: "email",
          maxAge: 3600,
          sendVerificationRequest: async ({ url }) => void stage.links.push(url),
        }
        stage.app = (config) =>
          new App(authCore, {
            adapter: stage.adapter,
            providers: [stage.server.provider({ account: authjsTokens }), email],
            ...config,
          })
        stage.options = (more) => ({ ...base, ...betterAuthOptions(stage), ...options, ...more, database: stage.open })
        stage.auth = (more) => betterAuth(stage.options(more))
        define(stage)
      })
    }
  }
}

// Short enough for every layout's columns, and with everything that is stored.
const authjsTokens = ({ expires_in, token_type, scope }) => ({
  access_token: "access-of-authjs",
  refresh_token: "refresh-of-authjs",
  expires_at: Math.floor(Date.now() / 1000) + expires_in,
  token_type,
  scope,
})

const betterAuthOptions = ({ server, links }) => ({
  emailAndPassword: { enabled: true, password: quickPasswords },
  account: { accountLinking: { enabled: true, trustedProviders: ["fake"] } },
  plugins: [
    genericOAuth({
      config: ["fake", "other"].map((providerId) => ({
        providerId,
        authorizationUrl: `${server.url}/authorize`,
        tokenUrl: `${server.url}/token`,
        clientId: "the-client",
        clientSecret: "the-client-secret",
        authentication: "basic",
        scopes: ["user", "email"],
        pkce: true,
        accountSubject: ({ profile }) => profile.id,
        redirectURI: `${origin}/api/auth/callback/${providerId}`,
        getUserInfo: async ({ accessToken }) =>
          (await fetch(`${server.url}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } })).json(),
      })),
    }),
    magicLink({ sendMagicLink: async ({ url }) => void links.push(url) }),
  ],
})

/** Signs a person in by Auth.js, at the OAuth provider; gives the browser. */
export async function signInByAuthjs(stage, profile, app = stage.app()) {
  const browser = new Browser(app)
  const begun = await browser.submit("signin/fake", { callbackUrl: "/welcome" })
  await browser.open(await stage.server.agree(begun.headers.get("location"), profile))
  if (app.errors.length > 0)
    throw new AggregateError(app.errors, `Auth.js failed: ${app.errors.map(String).join("; ")}`)
  return browser
}

/** The same by a link in a letter. */
export async function signInByLetter(stage, email, app = stage.app()) {
  const browser = new Browser(app)
  await browser.submit("signin/email", { email, callbackUrl: "/welcome" })
  await browser.open(stage.links.pop())
  if (app.errors.length > 0)
    throw new AggregateError(app.errors, `Auth.js failed: ${app.errors.map(String).join("; ")}`)
  return browser
}

/** Signs a person in by Better Auth at the OAuth provider, or links an account of theirs; gives the callback's answer. */
export async function signInByBetterAuth(stage, visitor, profile, providerId = "fake", links = false) {
  const { begin, link, name, callback } = OAUTH[bounds.oauth]
  const where = { callbackURL: "/welcome", errorCallbackURL: "/error" }
  const { url } = await visitor.must(links ? link : begin, { [name]: providerId, ...where })
  const back = new URL(await stage.server.agree(url, profile))
  return visitor.ask(`${callback}/${providerId}${back.search}`)
}

/** Where providers of an application's own sign in: since 1.7 as all others do. */
const OAUTH = {
  social: { begin: "/sign-in/social", link: "/link-social", name: "provider", callback: "/callback" },
  apart: { begin: "/sign-in/oauth2", link: "/oauth2/link", name: "providerId", callback: "/oauth2/callback" },
}

export { Visitor }
