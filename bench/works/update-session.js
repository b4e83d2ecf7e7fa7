// updateSession: moves the end of a random session, as Auth.js does once a day for each.
import { mustEqual } from "./equal.js"

/** Some other second, so that the row really changes. */
const moved = (data) => new Date(data.expires.getTime() + (1 + (data.random() % 3600)) * 1000)

export const updateSession = {
  title: "updateSession",
  callers: [1, 16, 128],

  async check(subject, data) {
    const sessionToken = data.tokens[data.random()]
    for (const expires of [moved(data), data.expires]) {
      await subject.updateSession({ sessionToken, expires })
      const { session } = await subject.getSessionAndUser(sessionToken)
      mustEqual("the moved end of a session", session.expires, expires)
    }
  },

  start: (subject, data) => ({
    call: () => subject.updateSession({ sessionToken: data.tokens[data.random()], expires: moved(data) }),
  }),
}
