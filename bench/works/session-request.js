// The whole request that a browser makes: `GET /auth/session` through @auth/core.
import { mustEqual } from "./equal.js"

async function open(subject) {
  // Only here: no contestant's memory is to hold what it does not use.
  const { Auth } = await import("@auth/core")
  const { close, documented, ...adapter } = subject
  const config = {
    adapter,
    providers: [],
    basePath: "/auth",
    trustHost: true,
    secret: "a secret of the benchmark",
    session: { strategy: "database" },
  }
  return (token) =>
    Auth(
      new Request("http://localhost/auth/session", {
        headers: { cookie: `authjs.session-token=${token}` },
      }),
      config,
    )
}

export const sessionRequest = {
  title: "The whole /session request through @auth/core",
  callers: [32],
  /** Only adapters: Auth.js cannot ask a bare driver. */
  adapters: true,

  async check(subject, data) {
    const request = await open(subject)
    const number = data.random()
    const {
      session,
      user: { name, email, image },
    } = data.expected(number)
    const response = await request(session.sessionToken)
    const { expires, ...answer } = await response.json()
    mustEqual("the answer to /session", answer, { user: { name, email, image } })
    if (!(Date.parse(expires) >= session.expires.getTime())) throw new Error(`/session says that it expires ${expires}`)
  },

  async start(subject, data) {
    const request = await open(subject)
    return {
      call: async () => {
        const response = await request(data.tokens[data.random()])
        if ((await response.text()) === "null") throw new Error("/session has no user")
      },
    }
  },
}
