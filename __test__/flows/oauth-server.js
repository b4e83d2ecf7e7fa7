// An OAuth 2 provider that is not OpenID Connect: authorization code with PKCE, client authentication, and a token
// response as chatty as the real ones.
import { createHash, randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"

const clientId = "the-client"
const clientSecret = "the-client-secret"

/** Seen in the wild at Keycloak, GitHub, Azure, Kakao, Slack and Salesforce (whose `id` is a URL). */
export const foreignTokenFields = {
  refresh_expires_in: 1800,
  refresh_token_expires_in: 15_897_600,
  "not-before-policy": 0,
  ext_expires_in: 3599,
  ok: true,
  id: "https://login.example.com/id/00D/005",
  team: { id: "T0001", name: "A team", members: [{ id: "U1" }, { id: "U2" }] },
  authed_user: null,
}

export class OAuthServer {
  #server
  #grants = new Map()
  #renewals = new Map()
  /** The last token response, as sent. */
  lastTokens
  /** The access and refresh tokens of all token responses. */
  issued = []

  /** Whether tokens are as long as Azure's and Keycloak's, which carry groups and roles: longer than the columns of most schemas. */
  #long

  static async open({ long = true } = {}) {
    const provider = new OAuthServer()
    provider.#long = long
    provider.#server = createServer((request, response) => provider.#answer(request, response))
    provider.#server.listen(0, "127.0.0.1")
    await once(provider.#server, "listening")
    return provider
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  /** An entry of Auth.js's `providers`. */
  provider(options) {
    return {
      id: "fake",
      name: "Fake",
      type: "oauth",
      issuer: this.url,
      authorization: { url: `${this.url}/authorize`, params: { scope: "user email" } },
      token: `${this.url}/token`,
      userinfo: `${this.url}/userinfo`,
      clientId,
      clientSecret,
      checks: ["pkce", "state"],
      profile: ({ id, name, email, image, ...more }) => ({ id, name, email, image, ...more }),
      ...options,
    }
  }

  /** The person behind `profile` agrees to what `browser` was sent here for; gives the address to return to. */
  async agree(authorizationUrl, profile) {
    const cookie = `profile=${encodeURIComponent(JSON.stringify(profile))}`
    const response = await fetch(authorizationUrl, { headers: { cookie }, redirect: "manual" })
    if (response.status !== 302) throw new Error(`authorize answered ${response.status}: ${await response.text()}`)
    return response.headers.get("location")
  }

  async close() {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url)
    const send = (status, body) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
    switch (url.pathname) {
      case "/authorize":
        return response.writeHead(302, { location: this.#authorize(url.searchParams, request.headers.cookie) }).end()
      case "/token": {
        const chunks = []
        for await (const chunk of request) chunks.push(chunk)
        const tokens = this.#token(new URLSearchParams(Buffer.concat(chunks).toString()), request.headers.authorization)
        return tokens ? send(200, tokens) : send(400, { error: "invalid_grant" })
      }
      case "/userinfo": {
        const profile = this.#grants.get(request.headers.authorization?.replace(/^bearer /i, ""))
        return profile ? send(200, profile) : send(401, { error: "invalid_token" })
      }
      default:
        return send(404, {})
    }
  }

  #authorize(query, cookie) {
    const code = randomUUID()
    const profile = JSON.parse(decodeURIComponent(cookie.slice("profile=".length)))
    this.#grants.set(code, { profile, challenge: query.get("code_challenge"), redirectUri: query.get("redirect_uri") })
    const back = new URL(query.get("redirect_uri"))
    back.search = new URLSearchParams({ code, state: query.get("state") })
    return back.href
  }

  #token(form, authorization) {
    const client = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`
    if (form.get("grant_type") === "refresh_token") {
      const profile = authorization === client && this.#renewals.get(form.get("refresh_token"))
      return profile ? this.#issue(profile) : undefined
    }
    const code = form.get("code")
    const grant = this.#grants.get(code)
    this.#grants.delete(code)
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url")
    const right =
      grant &&
      authorization === client &&
      challenge === grant.challenge &&
      form.get("redirect_uri") === grant.redirectUri
    return right ? this.#issue(grant.profile) : undefined
  }

  #issue(profile) {
    const accessToken = `access-${randomUUID()}.${"a".repeat(this.#long ? 4_000 : 40)}`
    const refreshToken = `refresh-${randomUUID()}.${"r".repeat(this.#long ? 16_000 : 40)}`
    this.#grants.set(accessToken, profile)
    this.#renewals.set(refreshToken, profile)
    this.issued.push(accessToken, refreshToken)
    this.lastTokens = {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: "bearer",
      expires_in: 3600,
      scope: "user email",
      session_state: `state-${randomUUID()}`,
      ...foreignTokenFields,
    }
    return this.lastTokens
  }
}
