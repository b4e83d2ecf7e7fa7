// An Express app that one signs in to by magic link, OpenID Connect or passkey; whom it knows is in the database.
import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Auth } from "@auth/core"
import { ExpressAuth } from "@auth/express"
import express from "express"
import { RustAdapter } from "rust-auth-adapter"
import { startIdentityProvider } from "../local/identity-provider.js"
import { close, listen } from "../local/listen.js"
import { startMailbox } from "../local/mailbox.js"
import { reach } from "../local/reach.js"
import { authConfig } from "./auth.js"
import { accountPage, mailboxPage, sentPage, signInPage } from "./pages.js"

const database = process.env.DATABASE_URL || new URL("example.db", import.meta.url).href
const adapter = RustAdapter(database, { migrate: true })
// The first call creates the tables.
await reach(() => adapter.getUser("nobody"))

const app = express()
const server = createServer(app)
// Passkeys are bound to a host name, and an address like 127.0.0.1 is none.
const origin = `http://localhost:${await listen(server, Number(process.env.PORT || 3000))}`

const mailbox = await startMailbox()
const identity = await startIdentityProvider({ redirectUri: `${origin}/auth/callback/local` })
const config = authConfig({
  adapter,
  mailbox,
  identity,
  // Sessions are in the database and survive a new secret; links that were mailed before it do not.
  secret: process.env.AUTH_SECRET || randomBytes(32).toString("base64url"),
})

app.disable("x-powered-by")
app.use((req, res, next) => {
  if (req.headers.host !== new URL(origin).host) return res.redirect(origin + req.originalUrl)
  next()
})
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))))
app.use("/simplewebauthn", express.static(fileURLToPath(new URL(".", import.meta.resolve("@simplewebauthn/browser")))))
app.use("/auth", ExpressAuth(config))

app.use((req, res, next) => {
  res.set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'none'")
  res.set("Cache-Control", "no-store") // the pages say who is signed in
  next()
})
app.get("/", async (req, res) => {
  const session = await askAuth("session", req, res)
  // Asked last: of two new CSRF cookies the browser keeps the second.
  const { csrfToken } = await askAuth("csrf", req, res)
  const { error } = req.query
  const mails = mailbox.mails.length
  if (!session) return res.send(signInPage({ csrfToken, error, mails }))

  const { user } = session
  const account = await adapter.getAccount(user.email, "local")
  const passkeys = await adapter.listAuthenticatorsByUserId(user.id)
  res.send(accountPage({ session, account, passkeys, csrfToken, error, mails }))
})
app.get("/sent", (req, res) => res.send(sentPage({ mails: mailbox.mails.length })))
app.get("/mailbox", (req, res) => res.send(mailboxPage({ mails: mailbox.mails })))

/** The answer of `GET /auth/<action>`, and its cookies, without a round trip through the browser. */
async function askAuth(action, req, res) {
  const request = new Request(`${origin}/auth/${action}`, { headers: { cookie: req.headers.cookie ?? "" } })
  const answer = await Auth(request, config)
  res.append("Set-Cookie", answer.headers.getSetCookie())
  return answer.json()
}

let stopping
async function stop() {
  await Promise.all([close(server), identity.close(), mailbox.close()])
  await adapter.close()
  // npm's copy of the signal may still be on its way, and would kill a process that has just taken its handlers down.
  await sleep(200)
}
// A terminal's Ctrl-C can arrive twice, once more by way of npm.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (stopping ??= stop()))

console.log(`Express example: ${origin} (Ctrl-C stops it)`)
