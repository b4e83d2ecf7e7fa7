import { generateKeyPairSync, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import Provider from "oidc-provider"
import MemoryAdapter from "oidc-provider/lib/adapters/memory_adapter.js"
import { close, listen } from "./listen.js"

// Sign-ins under way may be forgotten when the example stops.
class InMemory extends MemoryAdapter {}

const style = readFileSync(new URL("identity-provider.css", import.meta.url))

/**
 * An OpenID Connect provider for development, standing in for GitHub or Google: authorization code flow with PKCE,
 * and a sign-in page that believes whatever one types.
 */
export async function startIdentityProvider({ redirectUri }) {
  const server = createServer()
  // Another host name than the app's "localhost": as with a real provider, neither sees the other's cookies.
  const issuer = `http://127.0.0.1:${await listen(server)}`
  const client = { client_id: "example", client_secret: randomBytes(32).toString("base64url") }
  const names = new Map()

  const provider = new Provider(issuer, {
    adapter: InMemory,
    clients: [{ ...client, redirect_uris: [redirectUri] }],
    pkce: { required: () => true },
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    conformIdTokenClaims: false, // the profile is in the id_token, where Auth.js reads it
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: sub, name: names.get(sub) }),
    }),
    // The only client is our own app: typing one's name is consent enough.
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope("openid profile email")
      await grant.save()
      return grant
    },
  })
  provider.on("server_error", (ctx, error) => console.error(error))

  async function interact(req, res) {
    const { params } = await provider.interactionDetails(req, res)
    if (req.method !== "POST") {
      res.setHeader("content-type", "text/html; charset=utf-8")
      return res.end(signInPage({ hint: params.login_hint }))
    }
    const typed = new URLSearchParams(await text(req))
    if (typed.has("cancel")) {
      const refusal = { error: "access_denied", error_description: "The person cancelled." }
      return await provider.interactionFinished(req, res, refusal)
    }
    const email = (typed.get("email") ?? "").trim().toLowerCase()
    names.set(email, typed.get("name")?.trim() || undefined)
    await provider.interactionFinished(req, res, { login: { accountId: email } })
  }

  const protocol = provider.callback()
  server.on("request", (req, res) => {
    if (req.url === "/style.css") return res.setHeader("content-type", "text/css").end(style)
    if (!req.url.startsWith("/interaction/")) return protocol(req, res)
    interact(req, res).catch((error) => {
      res.statusCode = error.statusCode ?? 500
      res.end("This sign-in is over. Begin again at the app.")
    })
  })

  return { issuer, clientId: client.client_id, clientSecret: client.client_secret, close: () => close(server) }
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  return { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const attribute = (value = "") => value.replace(/[&<>"]/g, (character) => entities[character])

function signInPage({ hint }) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Local identity provider</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <main>
      <h1>Local identity provider</h1>
      <p>Stands in for GitHub, Google and the like. Be whoever you want: there is no password.</p>
      <form method="post">
        <label>E-mail
          <input type="email" name="email" value="${attribute(hint)}" autocomplete="email" required
            ${hint ? "" : "autofocus"}>
        </label>
        <label>Name
          <input name="name" autocomplete="name" maxlength="100" ${hint ? "autofocus" : ""}>
        </label>
        <button>Continue</button>
        <button name="cancel" class="secondary" formnovalidate>Cancel</button>
      </form>
    </main>
  </body>
</html>
`
}
