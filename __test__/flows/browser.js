// A person's browser, as far as Auth.js can tell: it keeps cookies, follows links and submits forms.
import { authUrl } from "./frameworks.js"

export class Browser {
  #cookies = new Map()
  #app

  constructor(app) {
    this.#app = app
  }

  /** Opens an address (relative to the auth endpoint, or absolute); redirects are answers, not followed. */
  async open(address, init = {}) {
    const headers = new Headers(init.headers)
    if (this.#cookies.size) {
      headers.set("cookie", [...this.#cookies].map(([name, { value }]) => `${name}=${value}`).join("; "))
    }
    const response = await this.#app.handle(new Request(new URL(address, `${authUrl}/`), { ...init, headers }))
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** Submits one of the sign-in page's forms, which carry the CSRF token. */
  async submit(action, fields = {}) {
    const { csrfToken } = await (await this.open("csrf")).json()
    return this.open(action, { method: "POST", body: new URLSearchParams({ csrfToken, ...fields }) })
  }

  /** Who is signed in, as the page asks for it; null if no user is. */
  async session() {
    const response = await this.open("session")
    if (response.status !== 200) throw new Error(`GET session answered ${response.status}`)
    const session = await response.json()
    return Object.keys(session ?? {}).length ? session : null
  }

  /** The session cookie `{ value, expires }` (`value` as it was sent, percent-encoded), undefined if there is none. */
  get sessionCookie() {
    return this.#cookies.get(this.#app.sessionCookie)
  }

  setSessionCookie(value) {
    this.#cookies.set(this.#app.sessionCookie, { value })
  }

  setCookie(name, value) {
    this.#cookies.set(name, { value })
  }

  #keep(line) {
    const [pair, ...attributes] = line.split("; ")
    const name = pair.slice(0, pair.indexOf("="))
    const attribute = Object.fromEntries(
      attributes.map((text) => {
        const [key, value = ""] = text.split(/=(.*)/s)
        return [key.toLowerCase(), value]
      }),
    )
    const expires =
      "max-age" in attribute
        ? Date.now() + Number(attribute["max-age"]) * 1000
        : "expires" in attribute
          ? Date.parse(attribute.expires)
          : undefined
    if (expires <= Date.now()) this.#cookies.delete(name)
    else this.#cookies.set(name, { value: pair.slice(name.length + 1), expires })
  }
}
