// An Express app with accounts, passwords and devices by Better Auth; whom it knows is in the database.
import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { fromNodeHeaders, toNodeHandler } from "better-auth/node"
import express from "express"
import { migrate, rustAdapter } from "rust-auth-adapter/better-auth"
import { close, listen } from "../local/listen.js"
import { reach } from "../local/reach.js"
import { createAuth } from "./auth.js"
import { accountPage, forgotPage, mailboxPage, resetPage, signInPage } from "./pages.js"

const app = express()
const server = createServer(app)
const origin = `http://localhost:${await listen(server, Number(process.env.PORT || 3000))}`

const database = rustAdapter(process.env.DATABASE_URL || new URL("example.db", import.meta.url).href)
const mailbox = [] // newest first
const auth = createAuth({
  database,
  origin,
  mailbox,
  // Cookies are signed with it: whoever is signed in stays so only while it is the same.
  secret: process.env.BETTER_AUTH_SECRET || randomBytes(32).toString("base64url"),
})
// Creates the tables, or adds what they lack.
await reach(() => migrate(auth.options))

app.disable("x-powered-by")
app.use((req, res, next) => {
  if (req.headers.host !== new URL(origin).host) return res.redirect(origin + req.originalUrl)
  res.set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'none'")
  res.set("Cache-Control", "no-store") // the pages say who is signed in
  next()
})
for (const file of ["style.css", "time.js"])
  app.use(`/${file}`, express.static(fileURLToPath(new URL(`../express/public/${file}`, import.meta.url))))
app.all("/api/auth/*splat", toNodeHandler(auth))

app.get("/", async (req, res) => {
  const headers = fromNodeHeaders(req.headers)
  const current = await auth.api.getSession({ headers })
  const view = { notice: req.query.notice, error: req.query.error, mails: mailbox.length }
  if (!current) return res.send(signInPage(view))
  res.send(accountPage({ ...view, ...current, sessions: await auth.api.listSessions({ headers }) }))
})
app.get("/forgot", (req, res) => res.send(forgotPage({ mails: mailbox.length })))
app.get("/reset", (req, res) =>
  res.send(resetPage({ token: req.query.token, error: req.query.error, mails: mailbox.length })),
)
app.get("/mailbox", (req, res) => res.send(mailboxPage({ mailbox })))

/** Each form, what it asks of Better Auth, and where it leads. */
const forms = {
  "/sign-up": { path: "/sign-up/email", fields: ["name", "email", "password"] },
  "/sign-in": { path: "/sign-in/email", fields: ["email", "password"] },
  "/sign-out": { path: "/sign-out", fields: [] },
  "/revoke": { path: "/revoke-session", fields: ["token"], notice: "revoked" },
  "/revoke-others": { path: "/revoke-other-sessions", fields: [], notice: "alone" },
  "/rename": { path: "/update-user", fields: ["name"], notice: "renamed" },
  "/forgot": { path: "/request-password-reset", fields: ["email"], notice: "sent" },
  "/reset": {
    path: "/reset-password",
    fields: ["newPassword", "token"],
    notice: "reset",
    back: ({ token }) => `/reset?${new URLSearchParams({ token })}&`,
  },
}
for (const [route, { path, fields, notice, back = () => "/?" }] of Object.entries(forms)) {
  app.post(route, express.urlencoded(), async (req, res) => {
    const body = Object.fromEntries(fields.map((field) => [field, String(req.body?.[field] ?? "")]))
    // As from the browser itself: Better Auth checks where it comes from, and how often.
    const headers = fromNodeHeaders(req.headers)
    headers.set("content-type", "application/json")
    headers.set("x-forwarded-for", req.socket.remoteAddress)
    headers.delete("content-length")
    const answer = await auth.handler(
      new Request(`${origin}/api/auth${path}`, { method: "POST", headers, body: JSON.stringify(body) }),
    )
    res.append("Set-Cookie", answer.headers.getSetCookie())
    if (answer.ok) return res.redirect(303, notice ? `/?notice=${notice}` : "/")
    const { code } = await answer.json().catch(() => ({}))
    res.redirect(303, `${back(body)}${new URLSearchParams({ error: code ?? String(answer.status) })}`)
  })
}

let stopping
async function stop() {
  await close(server)
  await database.close()
  // npm's copy of the signal may still be on its way, and would kill a process that has just taken its handlers down.
  await sleep(200)
}
// A terminal's Ctrl-C can arrive twice, once more by way of npm.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (stopping ??= stop()))

console.log(`Better Auth example: ${origin} (Ctrl-C stops it)`)
