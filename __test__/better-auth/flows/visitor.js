// A person's browser, as far as Better Auth can tell: it keeps cookies and speaks JSON to `auth.handler`.
import { origin } from "../base.js"

export class Visitor {
  cookies = new Map()

  constructor(auth, { address = "203.0.113.7" } = {}) {
    this.auth = auth
    this.address = address
  }

  /** GET without a body, POST with one. `path` is below the auth endpoint, or a whole address. */
  async ask(path, body, headers = {}) {
    const url = new URL(path.startsWith("http") ? path : `${origin}/api/auth${path}`)
    const response = await this.auth.handler(
      new Request(url, {
        method: body ? "POST" : "GET",
        body: body && JSON.stringify(body),
        headers: {
          origin,
          "x-forwarded-for": this.address,
          "user-agent": "Visitor/1.0",
          ...(body && { "content-type": "application/json" }),
          ...(this.cookies.size && { cookie: [...this.cookies].map((pair) => pair.join("=")).join("; ") }),
          ...headers,
        },
      }),
    )
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split("; ")
      const name = pair.slice(0, pair.indexOf("="))
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.cookies.delete(name)
      else this.cookies.set(name, pair.slice(name.length + 1))
    }
    const text = await response.text()
    const isJson = text && response.headers.get("content-type")?.includes("json")
    return {
      status: response.status,
      location: response.headers.get("location"),
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  }

  /** As `ask`, for what has to go well; gives the body. */
  async must(...request) {
    const { status, body } = await this.ask(...request)
    if (status !== 200) throw new Error(`${request[0]} answered ${status}: ${JSON.stringify(body)}`)
    return body
  }

  session() {
    return this.must("/get-session")
  }

  async signUp(name, more) {
    this.email = `${name}@example.com`
    this.password = "correct horse battery"
    return this.must("/sign-up/email", { name, email: this.email, password: this.password, ...more })
  }

  signIn(password = this.password, email = this.email) {
    return this.ask("/sign-in/email", { email, password })
  }
}
