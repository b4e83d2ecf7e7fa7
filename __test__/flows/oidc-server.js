// A real OpenID Connect provider (the oidc-provider package), and a person who has an account there.
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import Provider from "oidc-provider"
import { authUrl } from "./frameworks.js"

const clientId = "the-client"
const clientSecret = randomBytes(24).toString("hex")
const scope = "openid email profile"

export class OidcServer {
  #server
  #provider
  #respond
  #people = new Map()

  static async open() {
    const oidc = new OidcServer()
    oidc.#server = createServer((request, response) => oidc.#answer(request, response))
    oidc.#server.listen(0, "127.0.0.1")
    await once(oidc.#server, "listening")
    oidc.issuer = `http://127.0.0.1:${oidc.#server.address().port}`
    oidc.#provider = new Provider(oidc.issuer, oidc.#configuration())
    oidc.#respond = oidc.#provider.callback()
    return oidc
  }

  /** The options of a provider entry in Auth.js, without what differs per framework. */
  provider() {
    return {
      id: "oidc",
      name: "OIDC",
      issuer: this.issuer,
      clientId,
      clientSecret,
      authorization: { params: { scope } },
      checks: ["pkce", "state", "nonce"],
      profile: ({ sub, name, email, picture }) => ({ id: sub, name, email, image: picture }),
    }
  }

  /** Signs the person in at the provider and follows it back to the application's callback address. */
  async agree(authorizationUrl, claims) {
    this.#people.set(claims.sub, claims)
    const cookies = new Map([["person", encodeURIComponent(claims.sub)]])
    let address = authorizationUrl
    while (new URL(address).origin === this.issuer) {
      const cookie = [...cookies].map((pair) => pair.join("=")).join("; ")
      const response = await fetch(address, { headers: { cookie }, redirect: "manual" })
      const location = response.headers.get("location")
      if (!location)
        throw new Error(`${new URL(address).pathname} answered ${response.status}: ${await response.text()}`)
      for (const line of response.headers.getSetCookie())
        cookies.set(...line.split("; ")[0].split(/=(.*)/s).slice(0, 2))
      address = new URL(location, address).href
    }
    return address
  }

  async close() {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }

  #configuration() {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    return {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${authUrl}/callback/oidc`],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
        },
      ],
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "the-key", alg: "RS256", use: "sig" }] },
      cookies: { keys: [randomBytes(16).toString("hex")] },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture", "groups"] },
      // Auth.js reads the ID token, so it has to hold what the scopes ask for.
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      issueRefreshToken: async () => true,
      features: { devInteractions: { enabled: false } },
      ttl: {
        AccessToken: 3600,
        AuthorizationCode: 60,
        Grant: 3600,
        IdToken: 3600,
        Interaction: 60,
        RefreshToken: 86_400,
        Session: 3600,
      },
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_context, accountId) => ({ accountId, claims: () => this.#people.get(accountId) }),
      // The person consents to everything at once.
      loadExistingGrant: async (context) => {
        const grant = new context.oidc.provider.Grant({
          clientId: context.oidc.client.clientId,
          accountId: context.oidc.session.accountId,
        })
        grant.addOIDCScope(scope)
        await grant.save()
        return grant
      },
    }
  }

  async #answer(request, response) {
    if (!request.url.startsWith("/interaction/")) return this.#respond(request, response)
    const accountId = decodeURIComponent(request.headers.cookie.match(/(?:^|; )person=([^;]*)/)[1])
    await this.#provider.interactionFinished(request, response, { login: { accountId } })
  }
}
