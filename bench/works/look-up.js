// getSessionAndUser of a random session that exists: what an application asks on every request.
import { mustEqual } from "./equal.js"

export const lookUp = {
  title: "Look-up of a random session",
  callers: [1, 8, 32, 128],

  async check(subject, data) {
    const numbers = Array.from({ length: 64 }, data.random)
    const answers = await Promise.all(numbers.map((number) => subject.getSessionAndUser(data.tokens[number])))
    answers.forEach((answer, index) => {
      const expected = data.expected(numbers[index])
      mustEqual("a session and its user", answer, subject.documented?.(expected, numbers[index]) ?? expected)
    })
    mustEqual("a session that does not exist", await subject.getSessionAndUser("no such session"), null)
  },

  start: (subject, data) => ({
    call: async () => {
      const token = data.tokens[data.random()]
      const { session } = await subject.getSessionAndUser(token)
      if (session.sessionToken !== token) throw new Error("another user's session")
    },
  }),
}
